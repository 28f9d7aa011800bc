// Several answers to one call (`n`): a job each, with its own hold, home and receipt, told to the caller as one answer with several choices.
import type { Context } from 'hono';
import { ANSWERS } from '../../schema/answers.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import type { ApiError } from '../errors.ts';
import { makeLog } from '../log.ts';
import { streamAnswer } from '../relay/answer-stream.ts';
import { CallClock } from '../relay/call-clock.ts';
import { collectAnswer, makeKeep } from '../relay/collect-answer.ts';
import type { CollectedAnswer } from '../relay/collect-answer.ts';
import type { JobEvent, JobFailure } from '../relay/job-doors.ts';
import { mergeCompletions } from '../relay/merge-completions.ts';
import { mergeStreams } from '../relay/merge-streams.ts';
import { openWhole, ROUTER_FAILED } from '../relay/whole-answer.ts';
import {
  factHeaders,
  holdCredit,
  JSON_HEADERS,
  noteFailure,
  noteLength,
  OPEN_AFTER_HEAD_MS,
  OPEN_AFTER_MS,
  OPEN_WHOLE_AFTER_HEAD_MS,
  openAnswer,
  openRun,
  refuse,
  takeEnd,
  tellHeld,
  tellEnd,
  toFacts,
  toStreamError,
  UNBUFFERED,
} from './answer-job.ts';
import type { Running } from './answer-job.ts';
import type { AppEnv } from './app-env.ts';
import { closeJob } from './job-closing.ts';
import { settleHeaders } from './payment-headers.ts';
import type { Job } from './make-job.ts';
import { refuseHold, refuseJob } from './refuse.ts';

const log = makeLog('edge');

const OTHERS_CHARGED = "The other answers of 'n' were stopped with it; what homes had given of them is charged.";

/** One of the answers. */
interface Choice extends Running {
  readonly job: Job;
  /** The account has been told how it ended. */
  isClosed: boolean;
}

/** All answers of a call, of which there is one at least. */
interface Call {
  readonly c: Context<AppEnv>;
  readonly clock: CallClock;
  readonly choices: readonly [Choice, ...Choice[]];
  readonly stopRenewing: () => void;
  /** One has failed, or the caller has left: that the others end is no failure of theirs. */
  isStopped: boolean;
  /** Their streams are one, which stops them. */
  isMerged: boolean;
}

/**
 * Holds credit for all of them or none, and answers with all of them or an error: where one cannot be answered the others are stopped, and the caller
 * pays for what was relayed as one who leaves. Throws ApiError for what is refused before the first byte; no credit stays held then.
 */
export async function answerChoices(c: Context<AppEnv>, jobs: readonly [Job, ...Job[]]): Promise<Response> {
  const hold = await holdCredit(c.get('services'), jobs);
  if (!hold.ok) throw refuseHold(hold);
  tellHeld(c, hold);
  const call = openCall(c, jobs, hold.isGuest === true);
  const { signal } = c.req.raw;
  if (signal.aborted) stopAll(call);
  signal.addEventListener('abort', () => {
    if (!call.isMerged) stopAll(call);
  });
  try {
    return await (jobs[0].wish.stream ? streamChoices : giveChoices)(call);
  } catch (error) {
    // A refusal, or a bug: either way no home may work on, and no credit stay held, for jobs that nobody reads.
    stopAll(call);
    await Promise.all(call.choices.map((choice) => close(call, choice)));
    throw error;
  }
}

function openCall(c: Context<AppEnv>, [first, ...others]: readonly [Job, ...Job[]], isGuest: boolean): Call {
  const services = c.get('services');
  const clock = new CallClock();
  const keep = (): ((chars: number) => boolean) => makeKeep((chars) => c.get('seat')?.grow(chars) !== false);
  const open = (job: Job): Choice => {
    const { modelKey, ownName } = job.served;
    const search = services.homes.openSearch({ ...job.offer, modelKey, ownName });
    const waitUntil = (work: Promise<unknown>): void => c.executionCtx.waitUntil(work);
    const requestId = c.get('requestId');
    const run = openRun(services, { job, clock, isGuest, search, requestId, waitUntil, keep: keep() });
    return { job, run, clock, isClosed: false };
  };
  const choices: Call['choices'] = [open(first), ...others.map(open)];
  const stopRenewing = clock.every(services.timings.holdRenewMs, () => renew(c, choices));
  return { c, clock, choices, stopRenewing, isStopped: false, isMerged: false };
}

/** Tells that the jobs live, which no hub knows while a home is looked for. */
function renew(c: Context<AppEnv>, choices: Call['choices']): void {
  const running = choices.filter(({ run }) => run.stage !== 'over').map(({ job }) => job.id);
  if (running.length === 0) return;
  const { accountId } = choices[0].job.caller;
  c.get('services')
    .account(accountId)
    .renew(running)
    // The next telling says the same; a hold outlasts two that are lost.
    .catch((error: unknown) => log.warn('account-away', { requestId: c.get('requestId'), accountId, error }));
}

function stopAll(call: Call): void {
  call.isStopped = true;
  for (const { run } of call.choices) run.abort();
}

/** With the last of them the call is over. */
async function close(call: Call, choice: Choice): Promise<void> {
  const { c, choices, stopRenewing } = call;
  if (choice.isClosed) return;
  choice.isClosed = true;
  if (choices.every(({ isClosed }) => isClosed)) {
    c.get('seat')?.leave();
    stopRenewing();
  }
  await closeJob(c, choice.job, choice.run);
}

async function streamChoices(call: Call): Promise<Response> {
  const { c, choices } = call;
  const limits = { afterHeadMs: OPEN_AFTER_HEAD_MS, latestMs: OPEN_AFTER_MS };
  const opened = choices.map((choice) => ({ choice, ...openAnswer(choice, limits) }));
  const tellFirst = async ({ choice, first }: (typeof opened)[number]): Promise<Early> => ({
    choice,
    event: await first,
  });
  const early = await Promise.race(opened.flatMap((one) => [tellFirst(one), one.opened]));
  if (early?.event.kind === 'failed') throw await refuseAll(call, early.choice, early.event.failure);
  const streams = opened.map(({ choice, first }) => streamChoice(call, choice, first));
  const bodies = streams.map(({ body }) => body);
  const { signal } = c.req.raw;
  call.isMerged = true;
  const onStop = (): void => {
    call.isStopped = true;
    for (const stream of streams) stream.leave();
  };
  const [{ job }] = choices;
  const { chunk: head } = job;
  const merged = mergeStreams(bodies, { head, kind: job.offer.request.kind, signal, onStop });
  // The platform ends what nobody reads any more: the account would not hear that the jobs are over.
  c.executionCtx.waitUntil(Promise.all([merged.done, ...streams.map(({ done }) => done)]));
  const headers = { 'content-type': 'text/event-stream; charset=utf-8', ...UNBUFFERED };
  return new Response(merged.body, { headers: { ...headers, ...headersOf(choices[0]) } });
}

/** The first event of an answer. */
interface Early {
  readonly choice: Choice;
  readonly event: JobEvent;
}

function streamChoice(call: Call, choice: Choice, first: Promise<JobEvent>): ReturnType<typeof streamAnswer> {
  const { c } = call;
  const { job, run, clock } = choice;
  return streamAnswer({
    run,
    clock,
    kind: job.offer.request.kind,
    chunk: job.chunk,
    includeUsage: job.wish.includeUsage,
    first,
    onEnd: (outputTokens) => noteLength(c, job, outputTokens),
    toFacts: (end) => tellEnd(job, run, end),
    toError: (failure) => toStreamError(c, failure, tellOthers(call, choice)),
    onOver: (failure) => finish(call, choice, failure),
  });
}

/** What is charged of the others stands beside what is told of the one that failed. */
function tellOthers({ choices }: Call, failed: Choice): string {
  return choices.some((choice) => choice !== failed && choice.run.attempts > 0) ? OTHERS_CHARGED : '';
}

async function refuseAll(call: Call, choice: Choice, failure: JobFailure): Promise<ApiError> {
  const error = await refuse(call.c, choice.job, failure);
  return error.with(tellOthers(call, choice));
}

/** The end of an answer whose status was sent long before. */
function finish(call: Call, choice: Choice, failure: JobFailure | null): void {
  const { c } = call;
  if (failure && !call.isStopped) noteFailure(c, choice.job, failure);
  c.executionCtx.waitUntil(close(call, choice));
}

async function giveChoices(call: Call): Promise<Response> {
  const { choices } = call;
  const limits = { afterHeadMs: OPEN_WHOLE_AFTER_HEAD_MS, latestMs: null };
  const opened = choices.map((choice) => ({ choice, ...openAnswer(choice, limits) }));
  const collected = collectAll(opened.map(({ choice, first }) => collect(choice, first)));
  const early = await Promise.race([collected, ...opened.map((one) => one.opened)]);
  if (!early) return openBody(call, collected);
  if (!early.ok) throw await refuseAll(call, early.error.choice, early.error.failure);
  await Promise.all(choices.map((choice) => close(call, choice)));
  const headers = { ...JSON_HEADERS, ...headersOf(choices[0]), ...(await settleHeaders(call.c)) };
  return new Response(encodeAll(call, early.value), { headers });
}

/** Whole answers that take their time. */
function openBody(call: Call, collected: Promise<Result<readonly CollectedAnswer[], Failed>>): Response {
  const { c, clock, choices } = call;
  const [first] = choices;
  const body = openWhole({
    run: { about: first.run.about, abort: () => stopAll(call) },
    clock,
    collected,
    encode: (all) => encodeAll(call, all),
    encodeError: ({ choice, failure }) =>
      JSON.stringify({ error: toStreamError(c, failure, tellOthers(call, choice)) }),
    isFinal: ({ failure }) => refuseJob(failure).isFinal,
    routerFailed: { choice: first, failure: ROUTER_FAILED },
    onOver: (failed) => {
      if (failed) noteFailure(c, failed.choice.job, failed.failure);
      stopAll(call);
      c.executionCtx.waitUntil(Promise.all(choices.map((choice) => close(call, choice))));
    },
  });
  return new Response(body, { headers: { ...JSON_HEADERS, ...UNBUFFERED, ...headersOf(first) } });
}

interface Failed {
  readonly choice: Choice;
  readonly failure: JobFailure;
}

async function collect(choice: Choice, first: Promise<JobEvent>): Promise<Result<CollectedAnswer, Failed>> {
  const collected = await collectAnswer(choice.run, await first);
  return collected.ok ? collected : err({ choice, failure: collected.error });
}

/** All of them, or the first failure as soon as it is known. */
async function collectAll<T, E>(all: readonly Promise<Result<T, E>>[]): Promise<Result<readonly T[], E>> {
  const failed = Promise.withResolvers<Result<never, E>>();
  const good = Promise.all(
    all.map(async (one) => {
      const result = await one;
      if (!result.ok) failed.resolve(result);
      return result;
    }),
  ).then((results) => ok(results.flatMap((result) => (result.ok ? [result.value] : []))));
  return Promise.race([failed.promise, good]);
}

function encodeAll({ c, choices }: Call, all: readonly CollectedAnswer[]): string {
  const completions = all.flatMap(({ whole, end }, i) => {
    const choice = choices[i];
    if (!choice) return [];
    const { job, run } = choice;
    return [ANSWERS[job.offer.request.kind].encodeWhole(job.chunk, whole, takeEnd(c, job, run, end))];
  });
  return mergeCompletions(completions);
}

/** Of several homes the headers name the first answer's. */
function headersOf({ job, run }: Choice): Record<string, string> {
  return factHeaders(job, run, toFacts(job, run));
}
