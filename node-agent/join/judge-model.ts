// Whether one model can be lent from here: OK, limited or cannot, with the number found, the number needed and what to do. Pure arithmetic on sizes: what
// was measured later replaces it.
import { guessSpeed } from '../home/guess-speed.ts';
import type { Gpu } from '../home/guess-speed.ts';
import type { Grade } from './judge-machine.ts';
import { formatGb } from './tell-size.ts';

export interface ModelFacts {
  /** Of the weights; null where the server does not tell. */
  readonly sizeBytes: number | null;
  readonly contextTokens: number;
  /** The server did not tell its context. */
  readonly isContextGuessed: boolean;
  /** In memory now: then it has shown that it fits. */
  readonly isLoaded: boolean;
  /** Answers at once. */
  readonly slots: number;
}

export interface Room {
  /** What the best card can lend; 0 without a card, null where it does not tell. */
  readonly cardBytes: number | null;
  readonly memoryBytes: number;
  readonly gpu: Gpu | null;
}

export interface ModelVerdict {
  readonly grade: Grade;
  /** Weights, context and working memory; null where the size is not known. */
  readonly neededBytes: number | null;
  /** Guess for one answer alone; null where it cannot run. */
  readonly tokensPerS: number | null;
  /** In a few words: what holds it back. Null where nothing does. */
  readonly why: string | null;
  readonly remedy: string | null;
}

const GIB = 1024 ** 3;
/** Working memory of a runner beside weights and context. */
const WORKING_BYTES = 0.5 * GIB;
/** Of an 8-billion-parameter model at 4 bits with grouped heads and 16-bit cache: 32 layers × 8 heads × 128 × 2 × 2 bytes. */
const CONTEXT_BYTES_OF_8B = 131_072;
const SIZE_OF_8B = 4.9e9;
/** Callers' conversations are seldom longer than this. */
const CONTEXT_ENOUGH = 4096;
const SLOW_TOKENS_PER_S = 5;
/** What a home's main memory reads in a second, roughly: each token reads all weights once. */
const MEMORY_BYTES_PER_S = 30e9;
const CPU_MOST_TOKENS_PER_S = 200;
const FAST_ON_CPU_BYTES = MEMORY_BYTES_PER_S / SLOW_TOKENS_PER_S;
/** Weights of a billion parameters at 4 bits, with their context. */
const BYTES_A_BILLION = 0.65e9;
const CLASSES = [0.5, 1, 3, 4, 8, 12, 14, 20, 24, 32, 70, 120] as const;

export function judgeModel(model: ModelFacts, room: Room): ModelVerdict {
  const { sizeBytes } = model;
  const neededBytes = sizeBytes === null ? null : countNeeded(sizeBytes, model);
  if (model.isLoaded || neededBytes === null) return judgeRunning(model, room, neededBytes);
  const { cardBytes, memoryBytes } = room;
  // A card that does not tell its memory is the server's to use or not.
  if (cardBytes === null || cardBytes >= neededBytes) return judgeRunning(model, room, neededBytes);
  if (cardBytes > 0 && cardBytes + memoryBytes >= neededBytes)
    return {
      ...judgeRunning(model, room, neededBytes),
      grade: 'limited',
      tokensPerS: guessOnProcessor(sizeBytes),
      why: `needs ${formatGb(neededBytes)}, the card can lend ${formatGb(cardBytes)}: the rest runs on the processor`,
      remedy: suggestClass(cardBytes),
    };
  const most = cardBytes + memoryBytes;
  if (most >= neededBytes) return judgeRunning(model, { ...room, cardBytes: 0 }, neededBytes);
  return {
    grade: 'cannot',
    neededBytes,
    tokensPerS: null,
    why: `needs ${formatGb(neededBytes)}, here is room for ${formatGb(most)}`,
    // On a processor alone a model that fits may still be too slow.
    remedy: suggestClass(cardBytes > 0 ? Math.max(cardBytes, memoryBytes) : Math.min(memoryBytes, FAST_ON_CPU_BYTES)),
  };
}

/** Weights, what a runner works in, and the context of all answers at once. Bytes. */
export function countNeeded(
  sizeBytes: number,
  { contextTokens, slots }: Pick<ModelFacts, 'contextTokens' | 'slots'>,
): number {
  const perToken = CONTEXT_BYTES_OF_8B * Math.sqrt(sizeBytes / SIZE_OF_8B);
  return sizeBytes + WORKING_BYTES + perToken * contextTokens * slots;
}

function judgeRunning(model: ModelFacts, room: Room, neededBytes: number | null): ModelVerdict {
  const tokensPerS = guessTokens(model.sizeBytes, room);
  const good = { neededBytes, tokensPerS };
  if (!model.isContextGuessed && model.contextTokens < CONTEXT_ENOUGH)
    return {
      ...good,
      grade: 'limited',
      why: `context of ${model.contextTokens} tokens, callers often need ${CONTEXT_ENOUGH}`,
      remedy: 'Start its server with a longer context.',
    };
  if (tokensPerS < SLOW_TOKENS_PER_S)
    return {
      ...good,
      grade: 'limited',
      why: `about ${formatSpeed(tokensPerS)} tokens a second, callers want ${SLOW_TOKENS_PER_S} or more`,
      remedy: 'A smaller model earns more here.',
    };
  return { ...good, grade: 'ok', why: null, remedy: null };
}

function guessTokens(sizeBytes: number | null, { cardBytes, gpu }: Room): number {
  if (cardBytes === 0 && gpu === null) return guessOnProcessor(sizeBytes);
  return guessSpeed({ computesOn: 'graphics-card', sizeBytes, gpu, paceTokensPerS: 0 }).decodeTokensPerS;
}

function guessOnProcessor(sizeBytes: number | null): number {
  return Math.min(CPU_MOST_TOKENS_PER_S, MEMORY_BYTES_PER_S / (sizeBytes ?? SIZE_OF_8B));
}

function suggestClass(bytes: number): string {
  const most = (bytes - WORKING_BYTES) / BYTES_A_BILLION;
  const fits = CLASSES.findLast((one) => one <= most);
  return fits === undefined
    ? 'Close programs that hold memory, then look again.'
    : `Try one of ${fits}B or less at 4 bits.`;
}

/** `62`, `4.5`. */
export function formatSpeed(tokensPerS: number): string {
  return tokensPerS < 10 ? tokensPerS.toFixed(1) : String(Math.round(tokensPerS));
}
