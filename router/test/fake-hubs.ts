// An edge's hubs without a network: each answers an offer as it was told to, and what it was asked is remembered.
import { TIMINGS } from '../../schema/timings.ts';
import { encodeDataRecord, encodeJsonRecord, RECORD } from '../../schema/records.ts';
import type { EndRecord, FailRecord, PartCounts } from '../../schema/records.ts';
import { NO_WISH } from '../../schema/placement.ts';
import type { Capacity, Decision } from '../../schema/placement.ts';
import type { PartBill, ResumeClass } from '../../schema/settlement.ts';
import { HomeSearch } from '../placement/home-search.ts';
import type { JobEnd } from '../relay/job-doors.ts';
import { JobRun } from '../relay/job-run.ts';
import { CAPACITY_HEADER, CLASS_HEADER, OWNER_HEADER, VOICE_HEADER } from '../../schema/offer.ts';
import type { JobOffer, OfferRefusal } from '../../schema/offer.ts';

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

const END: EndRecord = { finish: 'stop', ...countsOf(3, 2), ttftMs: 12, receiptHash: '0xab' };

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

export const headRecord = (node: string, resumed: ResumeClass | null = null, digest = 'd'): Uint8Array =>
  encodeJsonRecord(RECORD.head, { node, country: 'FR', digest, decision: DECISION, resumed });
/** One record of thinking, a token. */
export const thinkingRecord = (events: Uint8Array): Uint8Array =>
  encodeDataRecord([{ events, tokens: 1, tokenIds: null, isThinking: true }]);
/** One data record; `tokens` counts as one for each token id where ids are told, else one in all. */
export const dataRecord = (events: Uint8Array, tokenIds: readonly number[] | null = null): Uint8Array =>
  encodeDataRecord([{ events, tokens: tokenIds?.length ?? 1, tokenIds }]);
export const endRecord = (end: Partial<EndRecord> = {}): Uint8Array => encodeJsonRecord(RECORD.end, { ...END, ...end });
export const failRecord = (fail: Partial<FailRecord> = {}): Uint8Array =>
  encodeJsonRecord(RECORD.fail, { code: 'fault', message: 'it failed', delivered: null, ...fail });

/** A hub that took the part and sends these chunks, then ends its body. */
export function taken(...chunks: Uint8Array[]): Response {
  return takenBy(null, ...chunks);
}

/** The same by a home of this owner's. */
export function takenBy(owner: string | null, ...chunks: Uint8Array[]): Response {
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
  const whose = owner === null ? {} : { [OWNER_HEADER]: owner };
  const headers = { [CAPACITY_HEADER]: JSON.stringify(CAPACITY), [CLASS_HEADER]: '4.18.12', ...whose };
  return new Response(body, { headers });
}

/** The same by a home that answers what it is given, so that its word counts. */
export function takenByTrusted(owner: string, ...chunks: Uint8Array[]): Response {
  const response = takenBy(owner, ...chunks);
  response.headers.set(VOICE_HEADER, '1');
  return response;
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

type Answer = (offer: JobOffer, signal: AbortSignal) => Response | Promise<Response>;

interface RunOptions {
  readonly leastPromptTokens?: number;
  readonly least?: ResumeClass | null;
  readonly maxTokens?: number;
  /** The latency that the caller states, ms. */
  readonly maxWaitMs?: number;
  readonly maxSilenceMs?: number;
  /** How long somebody is waited for who may go on, ms. */
  readonly resumeWaitMs?: number;
}

/** A run over homes `node@hub`, best first; each time a hub is asked it gives its next answer. */
export function openRun(
  homes: readonly string[],
  hubs: Readonly<Record<string, readonly Answer[]>>,
  {
    least = 'same-family',
    maxTokens = 100,
    maxWaitMs,
    maxSilenceMs = 120_000,
    leastPromptTokens = 0,
    resumeWaitMs = 600,
  }: RunOptions = {},
) {
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
    request: { kind: 'chat', maxTokens },
  };
  const freed: string[] = [];
  const forgiven: string[] = [];
  const contradicted: string[] = [];
  const run = new JobRun(base as never, least, {
    timings: { ...TIMINGS, resumeWaitMs },
    search,
    askHub: async (hub, offer, signal) => {
      asked.push({ hub, offer: JSON.parse(JSON.stringify(offer)) as JobOffer });
      const answer = left[hub]?.shift();
      if (!answer) throw new Error(`${hub} is away`);
      return answer(offer, signal);
    },
    noteCapacity: (hub, capacity) => void (free[hub] = capacity.free),
    noteFreed: (hub, speedClass) => void freed.push(`${hub} ${speedClass}`),
    noteRtt: () => undefined,
    forgive: (hub, nodeId) => void forgiven.push(`${nodeId}@${hub}`),
    contradict: (hub, nodeId) => void contradicted.push(`${nodeId}@${hub}`),
  });
  return { run, asked, free, freed, forgiven, contradicted, search };
}
