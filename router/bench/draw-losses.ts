// When homes are lost and when their owners give them back, drawn from a seed: the same seed gives the same losses. Pure.

/**
 * How a home goes away: the process dies, the machine freezes, the connection breaks, the owner pauses the agent, the owner stops it. A cut
 * connection mends by itself; the others last until the owner is back.
 */
export const LOSS_KINDS = ['kill', 'freeze', 'cut', 'pause', 'stop'] as const;
export type LossKind = (typeof LOSS_KINDS)[number];

export interface Loss {
  /** After the loss before it. */
  readonly waitMs: number;
  /** Which home, from 0; where it is away already the next one is taken. */
  readonly home: number;
  readonly kind: LossKind;
  readonly awayMs: number;
}

export interface LossOptions {
  readonly seed: number;
  readonly homes: number;
  /** Losses in an hour of a hundred homes, as if time ran at its own pace. */
  readonly perHour: number;
  /** How many times faster than that it runs. */
  readonly compression: number;
}

/** Owners want their machine for this long, in the mean. */
const MEAN_AWAY_MS = 20 * 60_000;
const LEAST_AWAY_MS = 300;
const MOST_AWAY_MS = 30_000;
const HOUR_MS = 3_600_000;

/** Losses without end, one after another: independent of each other, as machines in different houses are. */
export function* drawLosses({ seed, homes, perHour, compression }: LossOptions): Generator<Loss, never> {
  const random = makeRandom(seed);
  const meanWaitMs = HOUR_MS / ((perHour * homes) / 100) / compression;
  for (;;) {
    const waitMs = drawDelay(random, meanWaitMs);
    const home = Math.floor(random() * homes);
    const kind = LOSS_KINDS[Math.floor(random() * LOSS_KINDS.length)] ?? 'kill';
    const awayMs = drawDelay(random, MEAN_AWAY_MS / compression);
    yield { waitMs, home, kind, awayMs: Math.min(MOST_AWAY_MS, Math.max(LEAST_AWAY_MS, awayMs)) };
  }
}

/** How fast time must run for each home to be lost once in `everyMs`. */
export function computeCompression(perHour: number, everyMs: number): number {
  return HOUR_MS / (perHour / 100) / everyMs;
}

/** Uniform numbers in [0, 1) from a seed: the multiply-and-shift mixing of a counter (splitmix32). */
export function makeRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
}

/** Times between events that come independently of each other are exponential. */
function drawDelay(random: () => number, meanMs: number): number {
  return -Math.log(1 - random()) * meanMs;
}
