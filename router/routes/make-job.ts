// A job before it is placed: its ids, its hold and its offer. Pure: random bytes and the time come in.
import { toHex } from '../../schema/bytes.ts';
import type { ChunkHead } from '../../schema/chunks.ts';
import type { FeeSchedule } from '../../schema/fee-schedule.ts';
import { makeId } from '../../schema/ids.ts';
import type { OpenRequest } from '../../schema/job-request.ts';
import type { Place } from '../../schema/places.ts';
import type { Wish } from '../../schema/placement.ts';
import type { ResumeWish } from '../../schema/provider.ts';
import type { ResumeClass } from '../../schema/settlement.ts';
import { MAX_FIRST_TOKEN_S } from '../../schema/timings.ts';
import type { Price } from '../../schema/prices.ts';
import type { HoldRequest } from '../billing/hold-answer.ts';
import { priceJob } from '../billing/price-job.ts';
import type { JobBase } from '../relay/job-doors.ts';
import { sha256 } from '../auth/digest.ts';
import type { Caller } from '../auth/judge-key.ts';
import type { ServedModel } from './served-models.ts';
import type { JobLimits } from './fit-limits.ts';

const encoder = new TextEncoder();

/** A job lives at most this long, enough for the longest answer at 10 tokens/s; its hold and its ticket expire with it. */
export const MAX_JOB_MS = 60 * 60_000;
/** Several answers wait so long for their turns, ms, where the caller said nothing: they stand before each other in line. */
const CHOICE_WAIT_MS = 60_000;
/** The hold outlives the job, so that its settlement always finds it. */
const HOLD_MARGIN_MS = 5 * 60_000;

export interface Job {
  readonly id: string;
  readonly caller: Caller;
  readonly wish: CallerWish;
  readonly served: ServedModel;
  readonly chunk: ChunkHead;
  readonly hold: HoldRequest;
  readonly offer: JobBase;
  /** The least faithful way in which a broken answer may go on; null where the caller wants none. */
  readonly resume: ResumeClass | null;
}

/** What a caller says of a job of any kind. */
export interface CallerWish {
  readonly model: string;
  readonly stream: boolean;
  readonly includeUsage: boolean;
  readonly seed: number | null;
  readonly resume: ResumeWish | null;
  /** Fields that nothing here reads. */
  readonly ignored?: readonly string[];
}

export interface JobInput {
  readonly caller: Caller;
  readonly request: CallerWish;
  /** What a home is asked, with the seed that the job runs with. */
  readonly ask: (seed: number) => OpenRequest;
  readonly served: ServedModel;
  readonly limits: JobLimits;
  readonly place: Place;
  readonly wish: Wish;
  /** What this key's answers from this model are expected to hold, tokens. */
  readonly expectedTokens: number;
  /** Hashes of the prompt's leading blocks. */
  readonly prefixes: readonly string[];
  /** 56 random bytes: 16 for the id, 32 for the salt, 8 for the seed. */
  readonly random: Uint8Array;
  /** Begins the id of the answer, as clients of the endpoint expect it. */
  readonly idPrefix: string;
  readonly now: number;
  /** What tells that a home belongs together with the caller. */
  readonly kin?: readonly string[];
  /** What the network takes; the usual where left out. */
  readonly fees?: FeeSchedule;
  /** Where this router tells how energy is known. */
  readonly methodUrl?: string;
  /** Of a further answer to the same call: which it is, from 1, and how the first one is told. */
  readonly choice?: { readonly index: number; readonly chunk: ChunkHead };
}

/**
 * One job for each answer that a call asks for, as many as there are random bytes for: each has its own hold, home and receipt. All have one id as answers, and
 * the first one's pays for the prompt. The k-th runs with the caller's seed + k, from 0, so that each can be run again by itself.
 */
export function makeJobs(
  input: Omit<JobInput, 'random' | 'choice'>,
  [first, ...others]: readonly [Uint8Array, ...Uint8Array[]],
): readonly [Job, ...Job[]] {
  if (others.length === 0) return [makeJob({ ...input, random: first })];
  const patient = { ...input, wish: { ...input.wish, maxWaitMs: input.wish.maxWaitMs ?? CHOICE_WAIT_MS } };
  const job = makeJob({ ...patient, random: first });
  const { chunk } = job;
  return [job, ...others.map((random, i) => makeJob({ ...patient, random, choice: { index: i + 1, chunk } }))];
}

/** Puts a job together. The seed is the caller's, or drawn from the random bytes, so that every job can be run again. */
export function makeJob(input: JobInput): Job {
  const { caller, request, served, limits, place, wish, random, now, choice } = input;
  const id = makeId('job', random);
  const salt = random.slice(16, 48);
  const seed = request.seed === null ? drawSeed(random.subarray(48, 56)) : shiftSeed(request.seed, choice?.index ?? 0);
  const asked = input.ask(seed);
  const requestJson = encoder.encode(JSON.stringify(asked));
  const chunk = makeHead(input, { id, isFunctionCall: 'isFunctionCall' in asked && asked.isFunctionCall === true });
  const offer: Job['offer'] = {
    jobId: id,
    accountId: caller.accountId,
    keyId: caller.keyId,
    model: request.model,
    digests: served.digests,
    place,
    wish,
    size: {
      promptTokens: limits.promptExpected,
      leastPromptTokens: limits.promptLeast,
      outputTokens: input.expectedTokens,
    },
    prefixes: input.prefixes,
    request: asked,
    requestBytes: requestJson.length,
    requestHash: hashRequest(salt, requestJson),
    salt: toHex(salt),
    chunk,
    stream: request.stream,
    includeUsage: request.includeUsage,
    ...pickPrices(served),
    promptBound: limits.promptBound,
    promptExact: limits.promptExact,
    tokenizer: served.tokenizer,
    minBytesPerToken: served.minBytesPerToken,
    maxSilenceMs: wish.maxFirstTokenMs ?? served.maxFirstTokenMs,
    mostFirstTokenMs: wish.maxFirstTokenMs ?? MAX_FIRST_TOKEN_S * 1000,
    expiresAt: now + MAX_JOB_MS,
    ...pickTold(input),
    ...(choice && { isPromptShared: true }),
  };
  return {
    id,
    caller,
    wish: request,
    served,
    chunk,
    hold: {
      jobId: id,
      keyId: caller.keyId,
      rightsAt: caller.rightsAt,
      amount: priceHold(input),
      expiresAt: now + MAX_JOB_MS + HOLD_MARGIN_MS,
      poolId: wish.pool.kind === 'pool' ? wish.pool.id : null,
      tokens: (choice ? 0 : limits.promptExpected) + input.expectedTokens,
      tells: true,
    },
    offer,
    resume: leastOf(request.resume ?? caller.defaults?.resume ?? null),
  };
}

function pickTold({ kin = [], fees = [], methodUrl }: JobInput): Pick<JobBase, 'kin' | 'fees' | 'methodUrl'> {
  return {
    ...(kin.length > 0 && { kin }),
    ...(fees.length > 0 && { fees }),
    ...(methodUrl !== undefined && { methodUrl }),
  };
}

/** What is held: no home that asks for more than the caller wishes to pay is given the job. */
function priceHold({ served, wish, limits, choice }: JobInput): number {
  const price = {
    priceIn: Math.min(served.priceIn, wish.maxPriceIn ?? served.priceIn),
    priceOut: Math.min(served.priceOut, wish.maxPriceOut ?? served.priceOut),
  };
  const promptTokens = choice ? 0 : limits.promptBound;
  return priceJob({ price, promptTokens, maxOutputTokens: limits.maxTokens });
}

function pickPrices({
  priceIn,
  priceOut,
  leastPriceIn = priceIn,
  leastPriceOut = priceOut,
}: ServedModel): Price & { leastPriceIn: number; leastPriceOut: number } {
  return { priceIn, priceOut, leastPriceIn, leastPriceOut };
}

/** All answers to one call have one head, but for their index. */
function makeHead(
  { request, idPrefix, now, choice }: JobInput,
  { id, isFunctionCall }: { readonly id: string; readonly isFunctionCall: boolean },
): ChunkHead {
  if (choice) return { ...choice.chunk, index: choice.index };
  const head = { id: `${idPrefix}${id.slice(4)}`, created: Math.floor(now / 1000), model: request.model };
  return { ...head, ...(isFunctionCall && { isFunctionCall: true }) };
}

/** Where the caller says nothing any home that serves the model may go on: it is told which way it was. */
function leastOf(wished: ResumeWish | null): ResumeClass | null {
  return wished === 'off' ? null : (wished ?? 'same-family');
}

/** sha256(salt ‖ the request as the node gets it, without its own name for the model). Salted, since short prompts can be guessed. */
function hashRequest(salt: Uint8Array, requestJson: Uint8Array): JobBase['requestHash'] {
  return toHex(sha256(salt, requestJson));
}

/** Seeds at the end of what a number holds exactly count down. */
function shiftSeed(seed: number, by: number): number {
  return Number.isSafeInteger(seed + by) ? seed + by : seed - by;
}

/** A seed of 53 bits, so that it is the same number in JSON everywhere. */
function drawSeed(bytes: Uint8Array): number {
  return Number(BigInt(toHex(bytes)) >> 11n);
}
