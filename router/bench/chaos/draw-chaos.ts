// What a run of chaos asks and what befalls it, drawn from a seed: the same seed gives the same plan. Pure.
import { makeRandom } from '../draw-losses.ts';

/** Sorts of jobs: how they are asked, and how they are to end. */
export const JOB_KINDS = ['stream', 'whole', 'left', 'two', 'free', 'broken', 'failed', 'limited', 'resumed'] as const;
export type JobKind = (typeof JOB_KINDS)[number];

export interface PlannedJob {
  readonly kind: JobKind;
  /** Which of the callers, as a share of all. */
  readonly caller: number;
  /** What the model server is told to do. */
  readonly prompt: string;
  /** Tokens that it says of itself, for each answer. */
  readonly tokens: number;
  /** After so many tokens of a stream the caller leaves, of those who do; or its home is lost, or its hub; the limit, of those who set one. */
  readonly after: number;
}

/** What befalls the network beside the messages that go wrong. */
export const TROUBLES = [
  'router-killed',
  'hub-reset',
  'account-reset',
  'node-account-reset',
  'books-away',
  'presence-away',
  'home-killed',
  'home-cut',
  'home-restored',
] as const;
/** A copy of the router's whole state is taken, and is what it starts from later. */
const COPIES = ['router-copied', 'router-restored'] as const;
export type TroubleKind = (typeof TROUBLES)[number] | (typeof COPIES)[number];

export interface PlannedTrouble {
  readonly kind: TroubleKind;
  /** When so many calls have ended. */
  readonly afterCalls: number;
  /** Which home, hub or account, as a share of all. */
  readonly pick: number;
  /** How long it lasts, where it does. */
  readonly ms: number;
}

export interface ChaosPlan {
  readonly jobs: readonly PlannedJob[];
  readonly troubles: readonly PlannedTrouble[];
}

/** Each kind of trouble comes once at least where this many calls are between two of them. */
const LEAST_CALLS_BETWEEN = 4;
const MOST_CALLS_BETWEEN = 25;
/** The state is copied after this share of the calls, and restored after that. */
const COPIED_AT = 0.45;
const RESTORED_AT = 0.65;
const LEAST_MS = 300;
const MOST_MS = 2000;

export interface ChaosSize {
  readonly jobs: number;
  readonly restoresRouter: boolean;
  /** Sorts of jobs; all by default. */
  readonly kinds?: readonly JobKind[];
}

/** `jobs` of them, and troubles from the first to the last; `restoresRouter` false leaves its state as it is. */
export function drawChaos(seed: number, { jobs, restoresRouter, kinds = JOB_KINDS }: ChaosSize): ChaosPlan {
  const random = makeRandom(seed);
  const planned = Array.from({ length: jobs }, () => drawJob(random, kinds));
  const between = Math.min(MOST_CALLS_BETWEEN, Math.max(LEAST_CALLS_BETWEEN, Math.floor(jobs / (TROUBLES.length + 1))));
  const count = Math.max(0, Math.floor(jobs / between) - 1);
  const troubles = drawKinds(random, count).map((kind, i) => drawTrouble(random, kind, (i + 1) * between));
  if (!restoresRouter) return { jobs: planned, troubles };
  const copies = [
    drawTrouble(random, COPIES[0], Math.floor(COPIED_AT * jobs)),
    drawTrouble(random, COPIES[1], Math.floor(RESTORED_AT * jobs)),
  ];
  return { jobs: planned, troubles: [...troubles, ...copies].toSorted((a, b) => a.afterCalls - b.afterCalls) };
}

/** What an answer of this plan costs at most, units, at one a prompt token and two an output token. */
export function priceMost({ kind, tokens }: PlannedJob, promptTokens: number): number {
  const answers = kind === 'two' ? 2 : 1;
  return kind === 'free' ? 0 : promptTokens + 2 * answers * tokens;
}

function drawJob(random: () => number, kinds: readonly JobKind[]): PlannedJob {
  const kind = kinds[Math.floor(random() * kinds.length)] ?? 'stream';
  const tokens = 4 + Math.floor(random() * 40);
  const gapMs = Math.floor(random() * 12);
  const after = 1 + Math.floor(random() * (tokens - 2));
  const said = `say-${tokens}x${gapMs}`;
  const prompt = kind === 'broken' ? `${said}-die${after}` : kind === 'failed' ? `${said}-status500` : said;
  return { kind, caller: random(), prompt, tokens, after };
}

/** All kinds in an order of their own, and then any. */
function drawKinds(random: () => number, count: number): readonly (typeof TROUBLES)[number][] {
  const left = [...TROUBLES];
  return Array.from({ length: count }, () => {
    const from = left.length > 0 ? left : [...TROUBLES];
    return from.splice(Math.floor(random() * from.length), 1)[0] ?? 'hub-reset';
  });
}

function drawTrouble(random: () => number, kind: TroubleKind, afterCalls: number): PlannedTrouble {
  return { kind, afterCalls, pick: random(), ms: Math.floor(LEAST_MS + random() * (MOST_MS - LEAST_MS)) };
}
