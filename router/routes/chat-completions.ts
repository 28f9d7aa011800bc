// POST /v1/chat/completions, the main job, told top to bottom: who asks, what for, hold, place, relay, answer.
import { Hono } from 'hono';
import type { Context } from 'hono';
import type { FinalFacts, IroriFacts } from '../../schema/chunks.ts';
import { receiptIdOf } from '../../schema/ids.ts';
import { parseChatRequest } from '../../schema/openai.ts';
import type { AppEnv } from '../app-env.ts';
import { collectAnswer, encodeCompletion } from '../relay/collect-answer.ts';
import { JobRun } from '../relay/job-run.ts';
import type { JobEvent, JobFailure } from '../relay/job-run.ts';
import type { EndRecord } from '../relay/records.ts';
import { streamAnswer } from '../relay/stream-answer.ts';
import type { Services } from '../services.ts';
import { findPlace } from './find-place.ts';
import { fitLimits } from './fit-limits.ts';
import { makeJob } from './make-job.ts';
import type { Job } from './make-job.ts';
import { readJsonBody } from './read-body.ts';
import { refuseHold, refuseJob, refuseRequest, requireCaller } from './refuse.ts';

/** A streamed answer starts with its first token, or with comments: this long after the call, or after a home has taken the job. */
const OPEN_AFTER_MS = 2000;
/** What a token of ordinary text holds: only to leave out homes whose context is clearly too short. */
const BYTES_PER_TOKEN = 4;
/** A home whose model server refuses does so at once: until then any status is possible, and the next home is named in the headers. */
const OPEN_AFTER_HEAD_MS = 400;

export const chatCompletions = new Hono<AppEnv>();

chatCompletions.post('/v1/chat/completions', async (c) => {
  const services = c.get('services');
  const caller = await requireCaller(c);
  const parsed = parseChatRequest(await readJsonBody(c.req.raw));
  if (!parsed.ok) throw refuseRequest(parsed.error);
  const served = await services.findModel(parsed.value.model, caller);
  const limits = fitLimits(parsed.value, served, services);
  const random = crypto.getRandomValues(new Uint8Array(56));
  const job = makeJob({
    caller,
    request: parsed.value,
    served,
    limits,
    place: findPlace(c.req.raw, c.env),
    random,
    now: Date.now(),
  });
  const wish = {
    ...job.offer.place,
    ownName: served.ownName,
    promptTokens: limits.promptExact ?? Math.ceil(limits.promptBound / BYTES_PER_TOKEN),
  };
  const homes = services.homes.find(served.modelKey, wish);
  homes.catch(() => undefined);
  const hold = await services.account(caller.accountId).hold(job.hold);
  if (!hold.ok) throw refuseHold(hold);
  const run = openRun(services, job, { near: homes, far: () => services.homes.findFar(served.modelKey, wish) });
  const { signal } = c.req.raw;
  if (signal.aborted) run.abort();
  signal.addEventListener('abort', () => run.abort());
  try {
    return await (job.request.stream ? answerStream(c, job, run) : answerWhole(job, run));
  } catch (error) {
    // A refusal, or a bug: either way no credit may stay held for a job that nobody will settle.
    await release(c, job, run);
    throw error;
  }
});

type Homes = ReturnType<Services['homes']['find']>;

function openRun(services: Services, job: Job, homes: { near: Homes; far: () => Homes }): JobRun {
  const { modelKey } = job.served;
  return new JobRun(job.offer, {
    nextHome: async (excluded) => {
      const isLeft = (home: { node: string; hub: string }): boolean =>
        !excluded.nodes.includes(home.node) && !excluded.hubs.includes(home.hub);
      return (await homes.near).find(isLeft) ?? (await homes.far()).find(isLeft) ?? null;
    },
    askHub: (hub, offer, signal) =>
      services.hub(hub).fetch('https://hub/job', { method: 'POST', body: JSON.stringify(offer), signal }),
    noteFree: (hub, free) => services.homes.noteFree(modelKey, hub, free),
  });
}

async function answerWhole(job: Job, run: JobRun): Promise<Response> {
  const collected = await collectAnswer(run, await run.next());
  if (!collected.ok) throw refuseJob(collected.error);
  const facts = toFinalFacts(job, run, collected.value.end);
  return new Response(encodeCompletion(job.chunk, collected.value, facts), {
    headers: { 'content-type': 'application/json; charset=utf-8', ...factHeaders(job, facts) },
  });
}

async function answerStream(c: Context<AppEnv>, job: Job, run: JobRun): Promise<Response> {
  const { first, opened } = openAnswer(run);
  const early = await Promise.race([first, opened]);
  if (early?.kind === 'failed') throw refuseJob(early.failure);
  const body = streamAnswer({
    run,
    chunk: job.chunk,
    includeUsage: job.request.includeUsage,
    first,
    toFacts: (end) => toFinalFacts(job, run, end),
    toError: (failure) => toStreamError(failure),
    onOver: (failure) => {
      // A caller who left before a home took the job leaves no settlement behind either.
      if (failure || !run.head) c.executionCtx.waitUntil(release(c, job, run));
    },
  });
  const headers = {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
    'x-accel-buffering': 'no',
  };
  return new Response(body, { headers: { ...headers, ...factHeaders(job, toFacts(job, run)) } });
}

/** Nothing was delivered and no hub settles: the credit is free again at once (it would be at the hold's expiry anyway). */
async function release(c: Context<AppEnv>, job: Job, run: JobRun): Promise<void> {
  if (run.hasToken) return;
  await c.get('services').account(job.caller.accountId).release(job.id);
}

function toStreamError(failure: JobFailure): { message: string; type: string; code: string } {
  const { message, type, code } = refuseJob(failure);
  return { message, type, code };
}

function toFacts(job: Job, run: JobRun): IroriFacts {
  return {
    job: job.id,
    node: run.head?.node ?? '',
    country: run.head?.country ?? null,
    digest: run.head?.digest ?? '',
    attempts: run.attempts,
    ttft_ms: null,
    receipt: receiptIdOf(job.id, Math.max(0, run.attempts - 1)),
  };
}

function toFinalFacts(job: Job, run: JobRun, end: EndRecord): FinalFacts {
  return { ...toFacts(job, run), ttft_ms: end.ttftMs, charge_micro: end.charge, receipt_hash: end.receiptHash };
}

function factHeaders(job: Job, facts: IroriFacts): Record<string, string> {
  return { 'x-irori-job': job.id, 'x-irori': JSON.stringify(facts) };
}

/** The first event that is not a head, and the moment from which the caller hears comments instead of nothing. */
function openAnswer(run: JobRun): { first: Promise<JobEvent>; opened: Promise<null> } {
  let open: () => void = () => undefined;
  const opened = new Promise<null>((resolve) => void (open = () => resolve(null)));
  setTimeout(open, OPEN_AFTER_MS);
  return { first: nextAfterHead(run, () => void setTimeout(open, OPEN_AFTER_HEAD_MS)), opened };
}

async function nextAfterHead(run: JobRun, onHead: () => void): Promise<JobEvent> {
  for (;;) {
    const event = await run.next();
    if (event.kind !== 'head') return event;
    onHead();
  }
}
