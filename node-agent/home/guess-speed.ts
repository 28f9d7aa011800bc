// A first guess at how fast a model is here, from the graphics card's name and the model's size. Pure. A prior, not a measurement: the
// agent's own benchmark replaces it where there is one, and the router corrects it from the jobs it relays.
import type { Capabilities } from '../backends/backend.ts';

export interface SpeedPrior {
  readonly promptTokensPerS: number;
  readonly decodeTokensPerS: number;
}

/** What computes, as far as it can be named. */
export interface Gpu {
  readonly name: string;
  readonly memoryBytes: number | null;
}

export interface SpeedFacts {
  readonly computesOn: Capabilities['computesOn'];
  /** Of the weights; null where the server does not tell. */
  readonly sizeBytes: number | null;
  readonly gpu: Gpu | null;
  /** The owner's limit on decoding, tokens a second; 0 for none. */
  readonly paceTokensPerS: number;
}

/** The size of an 8-billion-parameter model at 4 bits, for which the table holds. */
const TABLE_BYTES = 4.9e9;

/**
 * Tokens a second of one job alone, prompt and decode, for an 8B 4-bit model under llama.cpp, rounded down: the order of magnitude of
 * published llama-bench figures where there are some, else by memory bandwidth from the nearest card. The first pattern that fits counts.
 */
const TABLE: readonly (readonly [pattern: RegExp, promptTokensPerS: number, decodeTokensPerS: number])[] = [
  [/\b(?:H100|H200|B200|B300)\b/i, 7500, 140],
  [/\bA100\b/i, 5500, 130],
  [/\b(?:L40S?|RTX 6000 Ada)\b/i, 5500, 110],
  [/\b(?:A40|A6000)\b/i, 3200, 90],
  [/\bRTX 5090\b/i, 8000, 170],
  [/\bRTX 5080\b/i, 5500, 110],
  [/\bRTX 5070 Ti\b/i, 5000, 105],
  [/\bRTX 5070\b/i, 3800, 80],
  [/\bRTX 5060\b/i, 2500, 55],
  [/\bRTX 4090\b/i, 6500, 120],
  [/\bRTX 4080\b/i, 5000, 100],
  [/\bRTX 4070 Ti\b/i, 3600, 80],
  [/\bRTX 4070\b/i, 2800, 65],
  [/\bRTX 40[56]0\b/i, 1700, 40],
  [/\bRTX 3090\b/i, 3800, 105],
  [/\bRTX 3080\b/i, 3500, 100],
  [/\bRTX 3070\b/i, 2200, 65],
  [/\bRTX 3060\b/i, 1600, 48],
  [/\bRTX 3050\b/i, 800, 28],
  [/\bRTX 20[78]0\b/i, 1500, 55],
  [/\b(?:RTX 2060|GTX 1080|Tesla P40|Tesla T4)\b/i, 700, 30],
  [/\b(?:GTX 10|GTX 16)\d0\b/i, 300, 20],
  [/\bM\d Ultra\b/i, 900, 70],
  [/\bM[345] Max\b/i, 650, 48],
  [/\bM[12] Max\b/i, 350, 33],
  [/\bM\d Pro\b/i, 250, 22],
  [/\bM[345]\b/i, 180, 18],
  [/\bM[12]\b/i, 120, 13],
];

/** A card that the table does not know, or none that could be named: the guess before there was a table. */
const UNKNOWN: SpeedPrior = { promptTokensPerS: 500, decodeTokensPerS: 40 };
/** A small card of unknown make, by its memory. */
const SMALL: SpeedPrior = { promptTokensPerS: 400, decodeTokensPerS: 25 };
const SMALL_BYTES = 6.5e9;
/** Only a small model is served from a CPU, like the built-in one. */
const ON_CPU: SpeedPrior = { promptTokensPerS: 2000, decodeTokensPerS: 200 };
/** A model that does not fit the card's memory is partly computed by the CPU. */
const SPILL = 8;
/** Small models gain less than their size says: launching kernels takes its time. */
const GAIN_MAX = 4;

/** Tokens a second of one job alone, from what is known before anything ran. */
export function guessSpeed({ computesOn, sizeBytes, gpu, paceTokensPerS }: SpeedFacts): SpeedPrior {
  const prior = computesOn === 'cpu' ? ON_CPU : scale(lookUp(gpu), sizeBytes, gpu);
  return limitSpeed(prior, paceTokensPerS);
}

/** A speed under the owner's limit on decoding; 0 is none. */
export function limitSpeed(speed: SpeedPrior, paceTokensPerS: number): SpeedPrior {
  if (paceTokensPerS === 0) return speed;
  return { ...speed, decodeTokensPerS: Math.min(speed.decodeTokensPerS, paceTokensPerS) };
}

function lookUp(gpu: Gpu | null): SpeedPrior {
  if (!gpu) return UNKNOWN;
  const row = TABLE.find(([pattern]) => pattern.test(gpu.name));
  if (row) return { promptTokensPerS: row[1], decodeTokensPerS: row[2] };
  return gpu.memoryBytes !== null && gpu.memoryBytes < SMALL_BYTES ? SMALL : UNKNOWN;
}

function scale(speed: SpeedPrior, sizeBytes: number | null, gpu: Gpu | null): SpeedPrior {
  if (sizeBytes === null || sizeBytes <= 0) return speed;
  const memoryBytes = gpu?.memoryBytes ?? null;
  const spill = memoryBytes !== null && sizeBytes > memoryBytes ? SPILL : 1;
  const factor = Math.min(GAIN_MAX, TABLE_BYTES / sizeBytes) / spill;
  return {
    promptTokensPerS: Math.max(1, Math.round(speed.promptTokensPerS * factor)),
    decodeTokensPerS: Math.max(1, Math.round(speed.decodeTokensPerS * factor)),
  };
}
