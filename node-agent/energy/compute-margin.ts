// What a span took at the wall above rest, for work on the card and for work on the processor, from what the meters saw. Pure. The rule stands in
// README.md, "Energy"; every guess in it widens the interval.
import type { CardClass } from '../../schema/card-classes.ts';
import { TO_WALL } from '../../schema/energy.ts';
import type { EnergyMethod } from '../../schema/receipt.ts';
import { GAP_MS } from './measure-span.ts';
import type { SpanEnergy } from './meter-reading.ts';

export interface SpanFacts {
  readonly span: SpanEnergy;
  /** What each meter reads at rest, W; null where it has not been learned. */
  readonly rest: RestWatts;
  /** Cards by the table; empty where none is known. `usedShare`: how much of the time it computed, 0 to 1, null where nobody tells. */
  readonly cards: readonly { readonly known: CardClass | null; readonly usedShare: number | null }[];
  /** How much of the span jobs ran on the card, and on the processor, ms. */
  readonly cardMs: number;
  readonly cpuMs: number;
  /** Processor time of the agent itself in the span, with its built-in models, and that of the whole machine; null where nobody tells. */
  readonly ownCpuMs: number;
  readonly busyCpuMs: number | null;
}

export interface RestWatts {
  readonly boardsW: number | null;
  readonly hostW: number | null;
  readonly wallW: number | null;
}

/** Joules at the wall above rest. `spreadJ`: what guesses within it add to the interval, either way. */
export interface Margin {
  readonly joules: number;
  readonly spreadJ: number;
  readonly method: EnergyMethod;
}

/** Null: nobody can tell. Joules are 0 where no job ran there. */
export interface Margins {
  readonly card: Margin | null;
  readonly cpu: Margin | null;
}

const NONE: Margin = { joules: 0, spreadJ: 0, method: 'unknown' };
const { efficiency, hostW, hostHalfW, threadW, workShare } = TO_WALL;
/** So many threads a built-in model uses at most. */
const MOST_THREADS = 16;
/** A board whose rest nobody has seen yet, and how far that may be off, W. */
const UNSEEN_BOARD_W = 20;
const UNSEEN_HALF_W = 15;

export function computeMargins(facts: SpanFacts): Margins {
  const cpu = facts.cpuMs > 0 ? computeCpu(facts) : NONE;
  return { card: facts.cardMs > 0 ? computeCard(facts, cpu) : NONE, cpu };
}

/** A built-in model: its share of the processor's meter by processor time, else its processor time alone. */
function computeCpu(facts: SpanFacts): Margin | null {
  const { span, rest, ownCpuMs, cardMs } = facts;
  if (cardMs === 0 && isWall(span) && span.wallJ !== null && rest.wallW !== null)
    return { joules: above(span.wallJ, rest.wallW, span.ms), spreadJ: 0, method: 'wall' };
  if (span.hostJ !== null && rest.hostW !== null) {
    const joules = (above(span.hostJ, rest.hostW, span.ms) * ownShare(facts)) / efficiency;
    return { joules, spreadJ: 0, method: 'counter' };
  }
  // What the agent did while no job ran is no job's.
  const workMs = Math.min(ownCpuMs, MOST_THREADS * facts.cpuMs);
  return { joules: (threadW * workMs) / 1000, spreadJ: 0, method: 'estimated' };
}

function computeCard(facts: SpanFacts, cpu: Margin | null): Margin | null {
  const { span, rest, cards } = facts;
  if (span.wallJ !== null && rest.wallW !== null) {
    const metered = above(span.wallJ, rest.wallW, span.ms);
    if (isWall(span))
      return { joules: Math.max(0, metered - (cpu?.joules ?? 0)), spreadJ: cpu?.spreadJ ?? 0, method: 'wall' };
    return { joules: metered / efficiency, spreadJ: 0, method: 'sampled' };
  }
  if (span.boardsJ !== null) return computeBoards(facts, span.boardsJ);
  // Whoever goes by the table looks each second: what is longer was a sleep.
  if (span.ms > GAP_MS) return null;
  // A card without a meter beside a processor with one: what the processor took is the least part.
  if (cards.some(({ known }) => known !== null)) return computeClass(facts);
  if (cards.length > 0 || span.hostJ === null || rest.hostW === null) return null;
  const joules = (above(span.hostJ, rest.hostW, span.ms) * (1 - ownShare(facts))) / efficiency;
  return { joules, spreadJ: 0, method: 'counter' };
}

function computeBoards(facts: SpanFacts, boardsJ: number): Margin {
  const { span, rest, cards } = facts;
  const restW = rest.boardsW ?? cards.reduce((sum, { known }) => sum + (known?.idleW ?? UNSEEN_BOARD_W), 0);
  const unseenJ = rest.boardsW === null ? (UNSEEN_HALF_W * cards.length * span.ms) / 1000 : 0;
  const host = computeHost(facts);
  return {
    joules: (above(boardsJ, restW, span.ms) + host.joules) / efficiency,
    spreadJ: (unseenJ + host.spreadJ) / efficiency,
    method: span.boardsBy,
  };
}

/** By the table alone: a card at work draws about so much of what it may. */
function computeClass(facts: SpanFacts): Margin {
  const seconds = facts.cardMs / 1000;
  let joules = 0;
  let isMachine = false;
  for (const { known, usedShare } of facts.cards) {
    if (!known) continue;
    joules += Math.max(0, workShare * known.mostW - known.idleW) * (usedShare ?? 1) * seconds;
    isMachine ||= known.sees === 'machine';
  }
  if (isMachine) return { joules, spreadJ: 0, method: 'estimated' };
  const host = computeHost(facts);
  return { joules: (joules + host.joules) / efficiency, spreadJ: host.spreadJ / efficiency, method: 'estimated' };
}

/** The machine around a card at work, inside its supply. */
function computeHost(facts: SpanFacts): { readonly joules: number; readonly spreadJ: number } {
  const { span, rest, cardMs } = facts;
  if (span.hostJ !== null && rest.hostW !== null)
    return { joules: above(span.hostJ, rest.hostW, span.ms) * (1 - ownShare(facts)), spreadJ: 0 };
  const seconds = Math.min(cardMs, GAP_MS) / 1000;
  return { joules: hostW * seconds, spreadJ: hostHalfW * seconds };
}

/** Of the processor's work, that of built-in models; none while no job runs on them. */
function ownShare({ cpuMs, ownCpuMs, busyCpuMs }: SpanFacts): number {
  if (cpuMs === 0) return 0;
  return busyCpuMs === null || busyCpuMs <= 0 ? 1 : Math.min(1, ownCpuMs / busyCpuMs);
}

function isWall(span: SpanEnergy): boolean {
  return span.wallBoundary === 'wall';
}

function above(joules: number, restW: number, ms: number): number {
  return Math.max(0, joules - (restW * ms) / 1000);
}
