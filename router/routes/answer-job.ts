// A job of any kind from its hold to its answer: search, run, stream or body, and what the account is told at the end.
import type { Context } from 'hono';
import { ANSWERS } from '../../schema/answers.ts';
import type { FinalFacts, IroriFacts, StreamError, WholeAnswer } from '../../schema/chunks.ts';
import { isNeed } from '../../schema/needs.ts';
import { toHeaderText } from '../../schema/json.ts';
import { BYTES_HEADER } from '../../schema/offer.ts';
import type { AppEnv } from './app-env.ts';
import { closeJob, findSettled } from './job-closing.ts';
import { settleHeaders } from './payment-headers.ts';
import { countHomes } from './served-models.ts';
import { tellEnergy } from '../billing/tell-energy.ts';
import { tellFacts, tellFinal } from '../placement/tell-facts.ts';
import { collectAnswer, makeKeep } from '../relay/collect-answer.ts';
import { makeLog } from '../log.ts';
import { tellAvailability } from '../errors.ts';
import type { ApiError } from '../errors.ts';
import type { HoldAnswer } from '../billing/hold-answer.ts';
import type { HomeSearch } from '../placement/home-search.ts';
import { CallClock } from '../relay/call-clock.ts';
import type { JobEnd, JobEvent, JobFailure } from '../relay/job-doors.ts';
import { JobRun } from '../relay/job-run.ts';
import { streamAnswer } from '../relay/answer-stream.ts';
import { openWhole, ROUTER_FAILED } from '../relay/whole-answer.ts';
import type { WholeOptions } from '../relay/whole-answer.ts';
import type { Services } from '../services/edge.ts';
import type { ChatCompletion } from '../dialects/dialect.ts';
import { translateStream } from '../dialects/translate-stream.ts';
import type { Job } from './make-job.ts';
import { refuseHold, refuseJob } from './refuse.ts';
import { tellIgnored } from './tell-ignored.ts';
import { tellLeft } from './tell-left.ts';
import type { Spoken } from '../dialects/spoken.ts';

/** A streamed answer starts with its first token, or with comments: this long after the call, or after a home has taken the job. */
export const OPEN_AFTER_MS = 2000;
/** A home whose model server refuses does so at once: until then any status is possible, and the next home is named in the headers. */
export const OPEN_AFTER_HEAD_MS = 400;
/** An answer that is not streamed starts when it is whole, or so long after a home has taken the job, with white space. Until a home has it may be refused. */
export const OPEN_WHOLE_AFTER_HEAD_MS = 1000;
/** Who has waited so long for a home may have left meanwhile, which only a byte finds out: then the home works no longer than this for nobody. */
const LONG_SEARCH_MS = 500;
const OPEN_AFTER_LONG_SEARCH_MS = 250;

export const JSON_HEADERS = { 'content-type': 'application/json; charset=utf-8' };
/** Proxies hand on at once what comes. */
export const UNBUFFERED = { 'cache-control': 'no-cache', 'x-accel-buffering': 'no' };

const log = makeLog('edge');

/**
 * Holds, places, relays. Throws ApiError for what is refused before the first byte; no credit stays held then. The route waits for it whether or not its caller
 * does: a hold would outlive a connection that was reset, and nobody would release it.
 */
export async function answerJob(c: Context<AppEnv>, job: Job, spoken: Spoken | null = null): Promise<Response> {
  const services = c.get('services');
  const { modelKey, ownName } = job.served;
  const search = services.homes.openSearch({ ...job.offer, modelKey, ownName });
  const hold = await holdCredit(services, [job]);
  if (!hold.ok) throw refuseHold(hold);
  tellHeld(c, hold);
  const waitUntil = (work: Promise<unknown>): void => c.executionCtx.waitUntil(work);
  const clock = new CallClock();
  const run = openRun(services, {
    job,
    clock,
    isGuest: hold.isGuest === true,
    search,
    requestId: c.get('requestId'),
    waitUntil,
    keep: makeKeep((chars) => c.get('seat')?.grow(chars) !== false),
  });
  c.set('stopRenewing', keepHeld(c, job, { run, clock }));
  const { signal } = c.req.raw;
  if (signal.aborted) run.abort();
  signal.addEventListener('abort', () => run.abort());
  try {
    return await (job.wish.stream ? answerStream : answerWhole)(c, job, { run, clock, spoken });
  } catch (error) {
    // A refusal, or a bug: either way no credit may stay held for a job that nobody will settle.
    await close(c, job, run);
    throw error;
  }
}

/** Tells that the job lives, which no hub knows while a home is looked for. A part whose edge is gone is told of by its hub. */
function keepHeld(c: Context<AppEnv>, job: Job, { run, clock }: Running): () => void {
  const { account, timings } = c.get('services');
  const { accountId } = job.caller;
  return clock.every(timings.holdRenewMs, () => {
    if (run.stage === 'over') return;
    account(accountId)
      .renew([job.id])
      // The next telling says the same; a hold outlasts two that are lost.
      .catch((error: unknown) =>
        log.warn('account-away', { requestId: c.get('requestId'), jobId: job.id, accountId, error }),
      );
  });
}

/** What is left to the key and the account stands in the headers of whatever the call is answered with. */
export function tellHeld(c: Context<AppEnv>, { leaves }: HoldAnswer): void {
  if (leaves) c.set('leftHeaders', tellLeft(leaves));
}

/** Who calls its own homes is nobody's guest: where there are too many guests, it is looked whether the account has a home for the model. */
export async function holdCredit(
  { account, homes, endedJobs }: Services,
  [job, ...others]: readonly [Job, ...Job[]],
): Promise<HoldAnswer> {
  const { accountId } = job.caller;
  const { ownName, modelKey } = job.served;
  const mayBeGuest = ownName === null && job.offer.wish.pool.kind !== 'mine';
  const hold = (isGuest: boolean): Promise<HoldAnswer> => {
    const asked = { ...job.hold, mayBeGuest: isGuest, ended: endedJobs.take(accountId) };
    if (others.length === 0) return account(accountId).hold(asked);
    return account(accountId).holdAll([asked, ...others.map((one) => ({ ...one.hold, mayBeGuest: isGuest }))]);
  };
  const answer = await hold(mayBeGuest);
  if (answer.ok || answer.reason !== 'too-many' || answer.of !== 'guest') return answer;
  const rows = await homes.serving(modelKey, job.offer.place);
  return rows.some(({ owner }) => owner === accountId) ? hold(false) : answer;
}

/** What answers a job, and the timer of its call. */
export interface Running {
  readonly run: JobRun;
  readonly clock: CallClock;
}

/** With the API that its caller speaks; null for Chat Completions. */
interface Answering extends Running {
  readonly spoken: Spoken | null;
}

interface OpenedRun {
  readonly job: Job;
  readonly clock: CallClock;
  readonly isGuest: boolean;
  readonly search: HomeSearch;
  readonly requestId: string;
  /** Work that may outlive the answer. */
  readonly waitUntil: (work: Promise<unknown>) => void;
  readonly keep: (chars: number) => boolean;
}

export function openRun(
  services: Services,
  { job, clock, isGuest, search, requestId, waitUntil, keep }: OpenedRun,
): JobRun {
  const { modelKey } = job.served;
  return new JobRun({ ...job.offer, isGuest, requestId }, job.resume, {
    timings: services.timings,
    clock,
    search,
    askHub: (hub, offer, signal) =>
      services.hub(hub).fetch('https://hub/job', {
        method: 'POST',
        body: JSON.stringify(offer),
        headers: { [BYTES_HEADER]: String(offer.requestBytes ?? 0) },
        signal,
      }),
    tellPart: async (hub, part) => (await services.hub(hub).tellPart(job.id, part)) ?? findSettled(services, job, part),
    keep,
    noteCapacity: (hub, capacity) => services.homes.noteCapacity(modelKey, hub, capacity),
    noteFreed: (hub, speedClass) => services.homes.noteFreed(modelKey, hub, speedClass),
    noteRtt: (hub, ms) => services.homes.noteRtt(hub, ms),
    forgive: (hub, nodeId, jobId) =>
      waitUntil(
        services
          .hub(hub)
          .forgive(nodeId, jobId)
          .catch((error: unknown) => {
            // The home counts one fault too many until its next good answer.
            log.warn('hub-away', { requestId, jobId, hub, error });
          }),
      ),
    contradict: (hub, nodeId, jobId) =>
      waitUntil(
        services
          .hub(hub)
          .contradict(nodeId, jobId)
          .catch((error: unknown) => {
            // The home counts one refusal too few.
            log.warn('hub-away', { requestId, jobId, hub, error });
          }),
      ),
  });
}

async function answerWhole(c: Context<AppEnv>, job: Job, running: Answering): Promise<Response> {
  const { run, spoken } = running;
  const { first, opened } = openAnswer(running, { afterHeadMs: OPEN_WHOLE_AFTER_HEAD_MS, latestMs: null });
  const collected = first.then((event) => collectAnswer(run, event));
  const early = await Promise.race([collected, opened]);
  if (!early) return openBody(c, { ...running, job, collected });
  if (!early.ok) throw await refuse(c, job, early.error);
  await close(c, job, run);
  const { whole, end } = early.value;
  const facts = takeEnd(c, job, run, end);
  return new Response(encodeWhole(job, { whole, facts, spoken }), {
    headers: { ...wholeHeaders(spoken), ...factHeaders(job, run, facts), ...(await settleHeaders(c)) },
  });
}

/** A whole answer that takes its time: what is not known yet of its facts stands in the body alone. */
function openBody(
  c: Context<AppEnv>,
  { job, run, clock, spoken, collected }: Answering & { job: Job; collected: WholeOptions['collected'] },
): Response {
  const body = openWhole({
    run,
    clock,
    collected,
    encode: ({ whole, end }) => encodeWhole(job, { whole, facts: takeEnd(c, job, run, end), spoken }),
    encodeError: (failure) => encodeFailure(c, failure, spoken),
    // Only who reads JSON tells an error from an answer.
    isFinal: (failure) => spoken?.wholeType === undefined && refuseJob(failure).isFinal,
    routerFailed: ROUTER_FAILED,
    onOver: (failure) => finish(c, { job, run, failure }),
  });
  return new Response(body, {
    headers: { ...wholeHeaders(spoken), ...UNBUFFERED, ...factHeaders(job, run, toFacts(job, run)) },
  });
}

async function answerStream(c: Context<AppEnv>, job: Job, { run, clock, spoken }: Answering): Promise<Response> {
  const { first, opened } = openAnswer({ run, clock }, { afterHeadMs: OPEN_AFTER_HEAD_MS, latestMs: OPEN_AFTER_MS });
  const early = await Promise.race([first, opened]);
  if (early?.kind === 'failed') throw await refuse(c, job, early.failure);
  const { body, done } = streamAnswer({
    run,
    clock,
    kind: job.offer.request.kind,
    chunk: job.chunk,
    includeUsage: job.wish.includeUsage,
    first,
    onEnd: (outputTokens) => noteLength(c, job, outputTokens),
    toFacts: (end) => tellEnd(job, run, end),
    toError: (failure) => toStreamError(c, failure),
    onOver: (failure) => finish(c, { job, run, failure }),
  });
  // The platform ends what nobody reads any more: the account would not hear that the job is over.
  c.executionCtx.waitUntil(done);
  const headers = { 'content-type': 'text/event-stream; charset=utf-8', ...UNBUFFERED };
  const told = spoken
    ? body.pipeThrough(translateStream(spoken.openStream(job.chunk, job.offer.size.promptTokens)))
    : body;
  return new Response(told, { headers: { ...headers, ...factHeaders(job, run, toFacts(job, run)) } });
}

/** The end of an answer whose status was sent long before. */
function finish(
  c: Context<AppEnv>,
  { job, run, failure }: { job: Job; run: JobRun; failure: JobFailure | null },
): void {
  if (failure) noteFailure(c, job, failure);
  c.executionCtx.waitUntil(close(c, job, run));
}

/** Where no hub has the last word the account hears it from here: the credit is free again (it would be at the hold's expiry anyway). */
async function close(c: Context<AppEnv>, job: Job, run: JobRun): Promise<void> {
  c.get('seat')?.leave();
  c.get('stopRenewing')?.();
  await closeJob(c, job, run);
}

export async function refuse(c: Context<AppEnv>, job: Job, failure: JobFailure): Promise<ApiError> {
  noteFailure(c, job, failure);
  return refuseJob(await withHomes(c, job, failure));
}

/** A job that the network did not answer; what the caller asked wrongly, or did not wait for, is no failure of it. */
export function noteFailure(c: Context<AppEnv>, job: Job, { kind }: JobFailure): void {
  if (c.req.raw.signal.aborted) return;
  const facts = { requestId: c.get('requestId'), jobId: job.id, accountId: job.caller.accountId, reason: kind };
  if (kind === 'failed' || kind === 'broken' || kind === 'slow') log.warn('job-failed', facts);
  else if (kind === 'no-home' || kind === 'busy') log.info('job-refused', facts);
}

/** A wish that left no home is told with how many homes it turned down. */
export async function withHomes(c: Context<AppEnv>, job: Job, failure: JobFailure): Promise<JobFailure> {
  if (failure.kind !== 'no-fit') return failure;
  const { model } = job.wish;
  return {
    ...failure,
    model,
    homes: await countHomes(c.get('services').homes, job.served, job.caller, {
      place: job.offer.place,
      without: isNeed(failure.field) ? failure.field : null,
    }),
  };
}

/** `more`: what is said behind the failure's own words. */
export function toStreamError(c: Context<AppEnv>, failure: JobFailure, more = ''): StreamError {
  const error = refuseJob(failure).with(more);
  const { message, type, code, options } = error;
  const availability = tellAvailability(error, new URL(c.req.url).origin);
  return { message, type, param: options.param ?? null, code, ...(availability && { availability }) };
}

/** What is told of a failure where the status was sent long before. */
function encodeFailure(c: Context<AppEnv>, failure: JobFailure, spoken: Spoken | null): string {
  const error = toStreamError(c, failure);
  return JSON.stringify(spoken ? spoken.encodeError({ ...error, status: refuseJob(failure).status }) : { error });
}

function encodeWhole(job: Job, { whole, facts, spoken }: Told): string {
  const json = ANSWERS[job.offer.request.kind].encodeWhole(job.chunk, whole, facts);
  if (!spoken) return json;
  const told = spoken.encodeWhole(JSON.parse(json) as ChatCompletion);
  return typeof told === 'string' ? told : JSON.stringify(told);
}

function wholeHeaders(spoken: Spoken | null): Record<string, string> {
  return spoken?.wholeType === undefined ? JSON_HEADERS : { 'content-type': spoken.wholeType };
}

interface Told {
  readonly whole: WholeAnswer;
  readonly facts: FinalFacts;
  readonly spoken: Spoken | null;
}

export function toFacts(job: Job, { head, attempts, part, resumed }: JobRun): IroriFacts {
  return tellFacts({ jobId: job.id, part, attempts, head, resumed, payment: job.offer.payment });
}

export function takeEnd(c: Context<AppEnv>, job: Job, run: JobRun, end: JobEnd): FinalFacts {
  noteLength(c, job, end.outputTokens);
  return tellEnd(job, run, end);
}

export function tellEnd(job: Job, run: JobRun, end: JobEnd): FinalFacts {
  return tellFinal(toFacts(job, run), { ...end, energy: tellEnergy(end.energies ?? [], job.offer.methodUrl) });
}

export function noteLength(c: Context<AppEnv>, job: Job, outputTokens: number | null): void {
  if (outputTokens !== null) c.get('services').outputLengths.note(job.caller.keyId, job.wish.model, outputTokens);
}

export function factHeaders(job: Job, { head }: JobRun, facts: IroriFacts): Record<string, string> {
  const headers: Record<string, string> = { 'x-irori-job': job.id, 'x-irori': toHeaderText(JSON.stringify(facts)) };
  if (facts.node) headers['x-irori-node'] = facts.node;
  if (facts.country) headers['x-irori-country'] = facts.country;
  if (facts.reason) headers['x-irori-reason'] = toHeaderText(facts.reason);
  const ignored = tellIgnored([...(job.wish.ignored ?? []), ...(head?.lacking ?? [])]);
  if (ignored !== '') headers['x-irori-ignored'] = ignored;
  return headers;
}

/** The first event that is not a head, and the moment from which the caller hears what says nothing: after a home's head, or at the latest from now. */
export function openAnswer(
  { run, clock }: Running,
  { afterHeadMs, latestMs }: { afterHeadMs: number; latestMs: number | null },
): { first: Promise<JobEvent>; opened: Promise<null> } {
  const opened = Promise.withResolvers<null>();
  const startedAt = Date.now();
  const alarms: (() => void)[] = [];
  const openIn = (ms: number, open: () => void): void => void alarms.push(clock.after(ms, open));
  if (latestMs !== null) openIn(latestMs, () => opened.resolve(null));
  // A status is given away only while a home works: the search for another one may still end in a status of its own.
  const openAtHome = (): void => {
    if (run.stage === 'relaying') opened.resolve(null);
    else if (run.stage === 'searching') openIn(afterHeadMs, openAtHome);
  };
  const onHead = (): void => {
    const isLate = Date.now() - startedAt > LONG_SEARCH_MS;
    openIn(isLate ? Math.min(afterHeadMs, OPEN_AFTER_LONG_SEARCH_MS) : afterHeadMs, openAtHome);
  };
  const onFirst = (): void => alarms.forEach((callOff) => callOff());
  return { first: nextAfterHead(run, { onHead, onFirst }), opened: opened.promise };
}

async function nextAfterHead(run: JobRun, told: { onHead: () => void; onFirst: () => void }): Promise<JobEvent> {
  try {
    for (;;) {
      const event = await run.next();
      if (event.kind !== 'head') return event;
      told.onHead();
    }
  } finally {
    told.onFirst();
  }
}
