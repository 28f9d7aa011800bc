// Whether a machine can lend: each thing with what was found, what is needed and what to do. Pure.
import { formatGb } from './tell-size.ts';

export type Grade = 'ok' | 'limited' | 'cannot';

export interface Verdict {
  readonly grade: Grade;
  /** What was looked at, in a word. */
  readonly what: string;
  /** What was found, ready to be shown. */
  readonly found: string;
  /** What is needed; null where nothing is missing. */
  readonly needed: string | null;
  /** What to do; null where there is nothing to do. */
  readonly remedy: string | null;
}

export interface CardFacts {
  readonly name: string;
  /** Null where the system does not tell. */
  readonly totalBytes: number | null;
  /** Held by programs that are no model servers; null where nobody can tell. */
  readonly othersBytes: number | null;
  /** Memory that the processor has too, as Apple's chips. */
  readonly isShared: boolean;
}

export interface MachineFacts {
  readonly nodeVersion: string;
  readonly memoryBytes: number;
  /** What programs could still get. */
  readonly freeMemoryBytes: number;
  /** Of the disk that the state folder is on; null where nobody can tell. */
  readonly freeDiskBytes: number | null;
  readonly cards: readonly CardFacts[];
  readonly isOnBattery: boolean | null;
}

export interface RouterSight {
  readonly origin: string;
  /** Round trip; null where it did not answer. */
  readonly latencyMs: number | null;
  /** Why it did not answer. */
  readonly fault: string | null;
}

const GIB = 1024 ** 3;
/** Receipts, log and status of years. */
const DISK_ENOUGH = 512 * 1024 ** 2;
/** Below it a home takes no jobs (disk-watch.ts), and here is room to spare. */
const DISK_LEAST = 64 * 1024 ** 2;
const MEMORY_LEAST = 0.5 * GIB;
const MEMORY_ENOUGH = 1.5 * GIB;
const SLOW_MS = 250;
/** What is left to the desktop on each card. */
const RESERVED_BYTES = GIB;
/** Of memory that the processor shares, the most that a graphics program gets. */
const SHARED_PART = 0.7;

/** Everything about the machine, in the order in which it is shown. */
export function judgeMachine(machine: MachineFacts, router: RouterSight): Verdict[] {
  return [
    judgeNetwork(router),
    judgeDisk(machine),
    judgeMemory(machine),
    ...judgeCards(machine),
    ...judgeBattery(machine),
  ];
}

/** The worst of several. */
export function worstGrade(verdicts: readonly { readonly grade: Grade }[]): Grade {
  if (verdicts.some(({ grade }) => grade === 'cannot')) return 'cannot';
  return verdicts.some(({ grade }) => grade === 'limited') ? 'limited' : 'ok';
}

/** What a card can lend, bytes; null where its memory is not known. */
export function countLendable({ totalBytes, othersBytes, isShared }: CardFacts): number | null {
  if (totalBytes === null) return null;
  const usable = isShared ? totalBytes * SHARED_PART : totalBytes;
  return Math.max(0, usable - (othersBytes ?? 0) - RESERVED_BYTES);
}

/** What models can have of the best card, bytes; 0 without a card, null where a card does not tell its memory. */
export function countLendableOf({ cards }: MachineFacts): number | null {
  if (cards.length === 0) return 0;
  const known = cards.map(countLendable).filter((bytes) => bytes !== null);
  return known.length === 0 ? null : Math.max(...known);
}

function judgeNetwork({ origin, latencyMs, fault }: RouterSight): Verdict {
  const what = 'Network';
  if (latencyMs === null)
    return {
      grade: 'cannot',
      what,
      found: `${origin} does not answer: ${fault ?? 'nothing came'}`,
      needed: 'an answer',
      remedy: 'Check the address and this machine’s connection, then start again.',
    };
  const found = `${origin} · ${latencyMs} ms`;
  if (latencyMs <= SLOW_MS) return { grade: 'ok', what, found, needed: null, remedy: null };
  return {
    grade: 'limited',
    what,
    found,
    needed: `${SLOW_MS} ms or less for quick answers`,
    remedy: 'It works; a cable instead of a busy Wi-Fi often helps.',
  };
}

function judgeDisk({ freeDiskBytes }: MachineFacts): Verdict {
  const what = 'Disk';
  if (freeDiskBytes === null)
    return { grade: 'ok', what, found: 'the system does not tell how much is free', needed: null, remedy: null };
  const found = `${formatGb(freeDiskBytes)} free`;
  if (freeDiskBytes >= DISK_ENOUGH) return { grade: 'ok', what, found, needed: null, remedy: null };
  const remedy = 'Free some space, or name a folder on another disk with --state.';
  const isTooLittle = freeDiskBytes < DISK_LEAST;
  const needed = isTooLittle ? formatGb(DISK_LEAST) : formatGb(DISK_ENOUGH);
  return { grade: isTooLittle ? 'cannot' : 'limited', what, found, needed, remedy };
}

function judgeMemory({ memoryBytes, freeMemoryBytes }: MachineFacts): Verdict {
  const what = 'Memory';
  const found = `${formatGb(memoryBytes)}, ${formatGb(freeMemoryBytes)} free`;
  if (freeMemoryBytes >= MEMORY_ENOUGH) return { grade: 'ok', what, found, needed: null, remedy: null };
  const isTooLittle = freeMemoryBytes < MEMORY_LEAST;
  const needed = `${formatGb(isTooLittle ? MEMORY_LEAST : MEMORY_ENOUGH)} free`;
  return {
    grade: isTooLittle ? 'cannot' : 'limited',
    what,
    found,
    needed,
    remedy: 'Close programs that you do not need.',
  };
}

function judgeCards({ cards }: MachineFacts): Verdict[] {
  const what = 'Card';
  if (cards.length === 0)
    return [
      {
        grade: 'limited',
        what,
        found: 'no graphics card that can be asked',
        needed: 'one with 4 GB or more for quick answers',
        remedy: 'Small models work on the processor too.',
      },
    ];
  return cards.map((card) => {
    const lendable = countLendable(card);
    const found = describeCard(card, lendable);
    if (lendable === null || lendable >= GIB) return { grade: 'ok', what, found, needed: null, remedy: null };
    return {
      grade: 'limited',
      what,
      found,
      needed: `${formatGb(GIB)} that it can lend`,
      remedy: 'Close what uses the card (games, browsers), or lend a small model.',
    };
  });
}

function describeCard({ name, totalBytes, othersBytes, isShared }: CardFacts, lendable: number | null): string {
  if (totalBytes === null || lendable === null) return `${name}; its memory is not told`;
  const others = othersBytes === null ? 'others not told' : `others ${formatGb(othersBytes)}`;
  const total = isShared ? `${formatGb(totalBytes)} shared` : formatGb(totalBytes);
  return `${name}, ${total}: ${others}, reserved ${formatGb(RESERVED_BYTES)}, can lend ${formatGb(lendable)}`;
}

function judgeBattery({ isOnBattery }: MachineFacts): Verdict[] {
  if (isOnBattery !== true) return [];
  const remedy = 'Plug it in: on battery it lends nothing.';
  return [{ grade: 'limited', what: 'Power', found: 'on battery', needed: 'mains', remedy }];
}
