// An edge's hubs without a network: each answers an offer as it was told to, and what it was asked is remembered.
import { TIMINGS } from '../../schema/timings.ts';
import { COMMENT_LINE, makeChunkWriter } from '../../schema/chunks.ts';
import { readChunks } from '../../schema/read-chunks.ts';
import { concatBytes } from '../../schema/bytes.ts';
import { encodeLastWord } from '../../schema/records.ts';
import type { EndRecord, FailRecord, HeadRecord, PartCounts, PartTold } from '../../schema/records.ts';
import { encodeTold } from '../../schema/told-events.ts';
import { NO_WISH } from '../../schema/placement.ts';
import type { Capacity, Decision } from '../../schema/placement.ts';
import type { PartBill, ResumeClass } from '../../schema/settlement.ts';
import { HomeSearch } from '../placement/home-search.ts';
import { makeLastEvents } from '../hub/make-last-events.ts';
import { CallClock } from '../relay/call-clock.ts';
import type { JobDoors, JobEnd } from '../relay/job-doors.ts';
import { JobRun } from '../relay/job-run.ts';
import {
  CAPACITY_HEADER,
  CLASS_HEADER,
  HEAD_HEADER,
  OWNER_HEADER,
  TOLD_TYPE,
  VOICE_HEADER,
} from '../../schema/offer.ts';
import type { JobOffer, OfferRefusal } from '../../schema/offer.ts';
import { readAsCaller } from './read-as-caller.ts';

/** Units per token of a fake hub's prices: one for the prompt's, two for the answer's. */
const PRICES = { priceIn: 1e6, priceOut: 2e6 };

/** What a hub settled of a part; `bill` says what its line of the bill adds to the counts. */
export function countsOf(promptTokens: number, outputTokens: number, bill: Partial<PartBill> = {}): PartCounts {
  const line = { part: 0, isFinal: true, isLost: false, fate: 'charged' as const, interrupted: 0, resumedTokens: null };
  return {
    promptTokens,
    outputTokens,
    thinkingTokens: 0,
    bill: { ...line, ...PRICES, promptTokens, outputTokens, ...bill },
  };
}

export const END: EndRecord = { finish: 'stop', ...countsOf(3, 2), ttftMs: 12, receiptHash: '0xab' };

const { bill: _bill, ...TOLD } = END;
/** What the job's run makes of END where one home gave the answer. */
export const JOB_END: JobEnd = { ...TOLD, charge: 7 };

export const DECISION: Decision = {
  mode: 'closest',
  reason: 'closest home that keeps the promise',
  candidates: 1,
  keeping: 1,
  asks: 1,
  isForced: false,
  km: 12,
  ttftMs: 300,
  rttMs: 20,
  waitMs: 0,
  loadMs: 0,
  promptMs: 260,
  decodeMs: 20,
  tokensPerS: 50,
  active: 0,
  promptTokens: 100,
  outputTokens: 200,
  cachedTokens: 0,
  failureShare: 0.01,
};
const CAPACITY: Capacity = { free: 4, slots: 8, classes: {} };

/** What a hub does in a part, one thing after the other. */
export type FakeRecord =
  | { readonly kind: 'head'; readonly head: HeadRecord }
  | {
      readonly kind: 'data';
      readonly bytes: Uint8Array;
      readonly tokens: number;
      readonly tokenIds: readonly number[] | null;
      readonly isThinking?: boolean;
    }
  | { readonly kind: 'end'; readonly end: EndRecord }
  | { readonly kind: 'fail'; readonly fail: FailRecord };

export const headRecord = (node: string, resumed: ResumeClass | null = null, digest = 'd'): FakeRecord => ({
  kind: 'head',
  head: { node, country: 'FR', digest, decision: DECISION, resumed },
});

const writer = makeChunkWriter({ id: 'c', created: 1, model: 'm' }, true);
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** Events of thinking, a token. */
export const thinkingRecord = (bytes: Uint8Array): FakeRecord => ({
  kind: 'data',
  bytes,
  tokens: 1,
  tokenIds: null,
  isThinking: true,
});
/** Bytes as they are. `tokens` counts as one for each token id where ids are told, else one in all. */
export const rawRecord = (bytes: Uint8Array, tokenIds: readonly number[] | null = null): FakeRecord => ({
  kind: 'data',
  bytes,
  tokens: tokenIds?.length ?? 1,
  tokenIds,
});
/** The same; what is no event is the text of one. */
export const dataRecord = (bytes: Uint8Array, tokenIds: readonly number[] | null = null): FakeRecord =>
  rawRecord(decode(bytes).startsWith('data: ') ? bytes : encode(writer.content(decode(bytes))), tokenIds);
/** A line in silence. */
export const aliveRecord: FakeRecord = { kind: 'data', bytes: COMMENT_LINE, tokens: 0, tokenIds: [] };
export const endRecord = (end: Partial<EndRecord> = {}): FakeRecord => ({ kind: 'end', end: { ...END, ...end } });
export const failRecord = (fail: Partial<FailRecord> = {}): FakeRecord => ({
  kind: 'fail',
  fail: { code: 'fault', message: 'it failed', delivered: null, ...fail },
});

/** A part that a hub takes. */
export interface FakePart {
  readonly records: readonly FakeRecord[];
  readonly headers: Readonly<Record<string, string>>;
  /** It never ends. */
  readonly isHanging?: boolean;
  /** What is told of it later: its hub has lost its memory. */
  readonly later?: PartTold;
}

/** A hub that took the part and does this, then ends its body. */
export function taken(...records: FakeRecord[]): FakePart {
  return takenBy(null, ...records);
}

/** The same by a home of this owner's. */
export function takenBy(owner: string | null, ...records: FakeRecord[]): FakePart {
  return { records, headers: owner === null ? {} : { [OWNER_HEADER]: owner } };
}

/** The same by a home that answers what it is given, so that its word counts. */
export function takenByTrusted(owner: string, ...records: FakeRecord[]): FakePart {
  return { records, headers: { [OWNER_HEADER]: owner, [VOICE_HEADER]: '1' } };
}

/** The response to an ask as the hub of this part writes it, and what it tells when it is asked afterwards. */
function answerAs(
  { records, headers, isHanging }: FakePart,
  offer: JobOffer,
): { response: Response; told: PartTold | null } {
  const head = records.find((one) => one.kind === 'head')?.head;
  const data = records.filter((one) => one.kind === 'data');
  const end = records.find((one) => one.kind === 'end')?.end;
  const told = tellEnd(records, data);
  const hasIds = data.some(({ tokenIds }) => tokenIds !== null && tokenIds.length > 0);
  const isTold = hasIds && offer.isResumable && offer.stream;
  const said = readChunks(decode(concatBytes(data.map(({ bytes }) => bytes))));
  const has = { hasText: said.text !== '', hasThinking: said.thinking !== '' };
  const tail =
    !offer.stream && told ? encodeLastWord(told) : end && head ? makeLastEvents(offer, { head, end, ...has }) : null;
  const chunks = data.map(({ bytes, tokens, tokenIds, isThinking }) =>
    isTold ? encodeTold({ bytes, ...(isThinking ? { tokens: 0, tokenIds: [] } : { tokens, tokenIds }) }) : bytes,
  );
  if (tail) chunks.push(isTold ? encodeTold({ bytes: tail, tokens: 0, tokenIds: [] }) : tail);
  const body = new ReadableStream({
    type: 'bytes',
    start: (controller) => {
      for (const chunk of chunks) controller.enqueue(chunk.slice());
      if (!isHanging) controller.close();
    },
  });
  const type = { 'content-type': isTold ? TOLD_TYPE : 'text/event-stream' };
  const granted = { [CAPACITY_HEADER]: JSON.stringify(CAPACITY), [CLASS_HEADER]: '4.18.12' };
  const whose = head ? { [HEAD_HEADER]: JSON.stringify(head) } : {};
  return { response: new Response(body, { headers: { ...type, ...granted, ...whose, ...headers } }), told };
}

type FakeData = Extract<FakeRecord, { kind: 'data' }>;

function tellEnd(records: readonly FakeRecord[], data: readonly FakeData[]): PartTold | null {
  const last = records.at(-1);
  if (last?.kind === 'end') return { kind: 'end', end: last.end };
  if (last?.kind !== 'fail') return null;
  const sum = (some: readonly FakeData[]): number => some.reduce((all, { tokens }) => all + tokens, 0);
  const thinking = data.filter(({ isThinking }) => isThinking === true);
  const { text, thinking: thought } = readChunks(decode(concatBytes(data.map(({ bytes }) => bytes))));
  const has = { hasText: text !== '', hasThinking: thought !== '' };
  const counts = { outputTokens: sum(data), thinkingTokens: sum(thinking) };
  const isKnown = data.every(({ tokenIds }) => tokenIds !== null);
  const tokenIds = isKnown ? data.flatMap((one) => one.tokenIds ?? []) : null;
  return { kind: 'fail', fail: last.fail, ...counts, ...has, tokenIds };
}

/** A hub that said no. */
export function refused(refusal: Partial<OfferRefusal>): Response {
  const whole: OfferRefusal = {
    code: 'none',
    nodeId: null,
    message: 'no',
    param: null,
    capacity: { free: 0, slots: 8, classes: {} },
    quoteMs: null,
    retryAfterMs: null,
    emptiedBy: null,
    contextTokens: null,
    ...refusal,
  };
  return Response.json(whole, { status: 409 });
}

function byHub(homes: readonly { node: string; hub: string }[]): ReadonlyMap<string, readonly string[]> {
  const groups = Map.groupBy(homes, ({ hub }) => hub);
  return new Map([...groups].map(([hub, here]) => [hub, here.map(({ node }) => node)]));
}

type Answered = Response | FakePart;
type Answer = (offer: JobOffer, signal: AbortSignal) => Answered | Promise<Answered>;

interface RunOptions {
  readonly leastPromptTokens?: number;
  readonly least?: ResumeClass | null;
  readonly maxTokens?: number;
  /** The latency that the caller states, ms. */
  readonly maxWaitMs?: number;
  readonly maxSilenceMs?: number;
  /** How far the limit of the first token may grow; not at all where left out. */
  readonly mostFirstTokenMs?: number;
  /** How long somebody is waited for who may go on, ms. */
  readonly resumeWaitMs?: number;
  /** Left out, as long. */
  readonly returnWaitMs?: number;
  readonly stream?: boolean;
  readonly isPromptShared?: boolean;
  readonly keep?: JobDoors['keep'];
}

/** A run over homes `node@hub`, best first; each time a hub is asked it gives its next answer. */
export function openRun(
  homes: readonly string[],
  hubs: Readonly<Record<string, readonly Answer[]>>,
  options: RunOptions = {},
) {
  const { least = 'same-family', maxTokens = 100, maxWaitMs, maxSilenceMs = 120_000, leastPromptTokens = 0 } = options;
  const { mostFirstTokenMs = maxSilenceMs } = options;
  const { stream = true, keep = () => true, resumeWaitMs = 600, returnWaitMs = resumeWaitMs } = options;
  const asked: { hub: string; offer: JobOffer }[] = [];
  const free: Record<string, number> = {};
  const left = Object.fromEntries(Object.entries(hubs).map(([hub, answers]) => [hub, [...answers]]));
  const known = homes.map((home) => home.split('@')).map(([node = '', hub = '']) => ({ node, hub }));
  const search = new HomeSearch({
    hasFallbacks: true,
    rank: async (scope, excluded) => {
      const fits = known.filter(({ node, hub }) => !excluded.nodes.includes(node) && !excluded.hubs.includes(hub));
      const ranked = fits.map(({ node, hub }, i) => ({
        hub,
        preferNodeId: node,
        km: i,
        edgeRttMs: 10,
        scoreMs: 300 + i,
        keeps: true,
      }));
      return {
        ranked: scope === 'near' ? ranked : [],
        emptiedBy: null,
        contextTokens: null,
        hasModel: known.length > 0,
        fitting: byHub(known.filter(({ node }) => !excluded.nodes.includes(node))),
      };
    },
  });
  const size = { promptTokens: 50, outputTokens: 20, leastPromptTokens };
  const base = {
    accountId: 'acct_caller',
    wish: { ...NO_WISH, maxWaitMs: maxWaitMs ?? null },
    promptBound: 100,
    promptExact: null,
    ...PRICES,
    size,
    maxSilenceMs,
    mostFirstTokenMs,
    request: { kind: 'chat', maxTokens },
    jobId: `job_${'1'.repeat(32)}`,
    chunk: { id: 'c', created: 1, model: 'm' },
    stream,
    includeUsage: true,
    isPromptShared: options.isPromptShared === true,
  };
  const told = new Map<string, PartTold>();
  const freed: string[] = [];
  const forgiven: string[] = [];
  const contradicted: string[] = [];
  const run = new JobRun(base as never, least, {
    timings: { ...TIMINGS, resumeWaitMs, returnWaitMs },
    clock: new CallClock(),
    search,
    askHub: async (hub, offer, signal) => {
      asked.push({ hub, offer: JSON.parse(JSON.stringify(offer)) as JobOffer });
      const answer = left[hub]?.shift();
      if (!answer) throw new Error(`${hub} is away`);
      const answered = await answer(offer, signal);
      if (answered instanceof Response) return answered;
      const part = answerAs(answered, offer);
      const later = answered.later ?? part.told;
      if (later) told.set(`${hub} ${offer.part}`, later);
      return part.response;
    },
    tellPart: async (hub, part) => told.get(`${hub} ${part}`) ?? null,
    keep,
    noteCapacity: (hub, capacity) => void (free[hub] = capacity.free),
    noteFreed: (hub, speedClass) => void freed.push(`${hub} ${speedClass}`),
    noteRtt: () => undefined,
    forgive: (hub, nodeId) => void forgiven.push(`${nodeId}@${hub}`),
    contradict: (hub, nodeId) => void contradicted.push(`${nodeId}@${hub}`),
  });
  return { run: readAsCaller(run), bare: run, asked, free, freed, forgiven, contradicted, search };
}
