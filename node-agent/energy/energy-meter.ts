// The energy meter of this machine: reads its meters, closes a window at each reading of the best one, and gives every job its share. What it learns
// and what a day came to outlives restarts. It reads only: no limit is ever set.
import { MICRO_WH_PER_JOULE, TO_WALL, UNKNOWN_ENERGY } from '../../schema/energy.ts';
import type { EnergyClaim } from '../../schema/energy.ts';
import type { PowerFacts } from '../../schema/frames-to-hub.ts';
import type { EnergyMethod } from '../../schema/receipt.ts';
import type { GpuReading, GpuSource } from '../home/gpu-reading.ts';
import { buildClaim } from './build-claim.ts';
import { computeMargins } from './compute-margin.ts';
import type { Margin } from './compute-margin.ts';
import { describePower, describeWatts } from './describe-power.ts';
import type { PowerView } from './describe-power.ts';
import { nameDay } from './energy-file.ts';
import type { EnergyFile } from './energy-file.ts';
import type { HostPower } from './host-meter.ts';
import { JobShare, UNMETERED } from './job-share.ts';
import type { ShareFacts, WorkShare } from './job-share.ts';
import { measureSpan } from './measure-span.ts';
import { MeterInputs } from './meter-inputs.ts';
import type { MeterClock } from './meter-inputs.ts';
import type { MeterReading, SpanEnergy, WallMeter } from './meter-reading.ts';
import { RestPower } from './rest-power.ts';
import { ShareBook } from './share-book.ts';
import type { BookTerms } from './share-book.ts';
import { TokenCosts } from './token-costs.ts';
import type { Part } from './token-costs.ts';

/** Where a model computes: on a card, on the processor inside the agent, or on another machine, of which nothing is known here. */
export type WorkPlace = Part | 'elsewhere';

interface MeterDoors {
  readonly cards: GpuSource;
  readonly host: HostPower;
  /** Processor time of the agent, and of the whole machine, so far, ms. */
  readonly readOwnMs: () => number;
  readonly readBusyMs: () => number | null;
  readonly file: EnergyFile;
  /** `performance.now()` and `Date.now()`. */
  readonly now: () => number;
  readonly dateNow: () => number;
  /** An owner's meter is read so often; null without one. */
  readonly wallEveryMs: number | null;
  /** Where models of this home compute. */
  readonly places: readonly WorkPlace[];
  /** Since somebody used the machine, s; null where nobody can tell. */
  readonly inputIdleS: () => number | null;
  /** The home is there for others: connected and not paused. */
  readonly isLending: () => boolean;
  /** Jobs run, or none does any more: meters may be looked at more often while they do. */
  readonly onWork: (isWorking: boolean) => void;
  /** What the hub should know has changed. */
  readonly onChange: () => void;
}

export interface PowerStatus {
  /** W at the wall now, and at rest; null where nobody knows. */
  readonly watts: number | null;
  readonly idleW: number | null;
  readonly method: EnergyMethod;
  /** Today: what jobs took above rest, what receipts claim of it, and what the machine took at rest while it was awake for the network only. */
  readonly todayMicroWh: number;
  readonly todayClaimedMicroWh: number;
  readonly todayIdleMicroWh: number;
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
/** After the last job a card needs so long to come to rest. */
const SETTLE_MS = 3_000;
/** Where the processor has a counter, a window that a job would close sooner stays open: many short jobs do not read it at each. */
const LEAST_WINDOW_MS = 100;
/** So long a window may be open, where no owner's meter sets the beat. */
const LONGEST_MS = 10_000;
/** Nobody has used the machine for so long, and it lends: it is awake for the network only. */
const AWAKE_FOR_WORK_S = 600;
/** The most that work may draw around a card of unknown make, and on a processor, W. */
const UNKNOWN_CARD_W = 150;
const MOST_CPU_W = 400;
const USUAL_CPU_W = 4 * TO_WALL.threadW;
const MOST_HOST_W = 300;

export class EnergyMeter {
  readonly #doors: MeterDoors;
  readonly #inputs: MeterInputs;
  readonly #books: Readonly<Record<Part, ShareBook>>;
  readonly #rest: RestPower;
  readonly #costs: TokenCosts;
  #methods: Record<Part, EnergyMethod> = { card: 'unknown', cpu: 'unknown' };
  #before: MeterReading;
  #ownMs: number;
  #busyMs: number | null = null;
  #hostW: number | null = null;
  #workedAtMs = -Infinity;
  #idleAtMs: number;
  #told = '';
  #tick: NodeJS.Timeout | undefined;

  constructor(doors: MeterDoors) {
    this.#doors = doors;
    const { learned } = doors.file;
    this.#inputs = new MeterInputs(doors.host, doors.wallEveryMs);
    this.#rest = new RestPower(learned);
    this.#costs = new TokenCosts(learned, UNKNOWN_CARD_W);
    const nowMs = doors.now();
    this.#books = {
      card: new ShareBook(nowMs, () => this.#terms('card')),
      cpu: new ShareBook(nowMs, () => this.#terms('cpu')),
    };
    this.#before = { atMs: nowMs, boards: null, host: doors.host.read(), wall: null };
    this.#ownMs = doors.readOwnMs();
    this.#idleAtMs = nowMs;
  }

  /** Begins to read; returns at once. Gives the way out. */
  start(): () => void {
    const { cards, host } = this.#doors;
    // The first offer tells it anyway.
    this.#told = this.#word();
    const leave = cards.onReading((readings) => this.noteCards(readings));
    const timers = [setInterval(() => this.everyMinute(), MINUTE_MS).unref()];
    if (host.isThere) timers.push(setInterval(() => this.lookAtRest(), 5 * SECOND_MS).unref());
    return () => {
      leave();
      for (const timer of timers) clearInterval(timer);
      clearTimeout(this.#tick);
    };
  }

  /** A job begins. What it works elsewhere is unknown here. */
  begin(place: WorkPlace, facts: ShareFacts): WorkShare {
    if (place === 'elsewhere') return UNMETERED;
    const nowMs = this.#doors.now();
    const isFirst = this.#jobs === 0;
    // So that its first window begins with it.
    if (isFirst) this.#lookMyself(nowMs);
    if (place === 'cpu' && this.#books.cpu.size === 0) this.#busyMs = this.#readBusy();
    const share = new JobShare(facts, this.#doors.now);
    this.#books[place].begin(share, nowMs);
    if (isFirst) this.#beginWork();
    return this.#hold(place, share);
  }

  /** New readings of the cards. */
  noteCards(readings: readonly GpuReading[]): void {
    const nowMs = this.#doors.now();
    const hadCards = this.#inputs.cards.length > 0;
    if (this.#inputs.noteCards(readings, nowMs)) this.#learnCards(hadCards);
    if (this.#clock(nowMs) === 'cards') this.#look(nowMs);
    const watts = this.#inputs.boardsW(nowMs);
    if (watts !== null && this.#isQuiet(nowMs)) this.#rest.note('boards', watts, nowMs);
  }

  /** A new reading of the owner's meter. */
  noteWall(reading: WallMeter): void {
    const nowMs = this.#doors.now();
    if (this.#inputs.noteWall(reading, nowMs) && this.#clock(nowMs) === 'wall') this.#look(nowMs);
  }

  facts(): PowerFacts {
    return describePower(this.#view());
  }

  status(): PowerStatus {
    const view = this.#view();
    const today = this.#doors.file.day(nameDay(this.#doors.dateNow()));
    return {
      watts: describeWatts(view),
      idleW: describePower(view).idleW,
      method: view.method,
      todayMicroWh: Math.round(today.workMicroWh),
      todayClaimedMicroWh: Math.round(today.claimedMicroWh),
      todayIdleMicroWh: Math.round(today.idleMicroWh),
    };
  }

  /** Stores what was learned and what the days came to; never rejects. */
  async save(): Promise<void> {
    const { file } = this.#doors;
    const card = this.#inputs.cards[0]?.name ?? file.learned.card;
    file.learned = { card, ...this.#rest.samples, ...this.#costs.kept };
    await file.write();
  }

  /** The processor's counter costs microseconds; cards and the owner's meter are looked at when they tell. */
  lookAtRest(): void {
    const nowMs = this.#doors.now();
    if (this.#jobs === 0 && this.#clock(nowMs) === 'self') this.#look(nowMs);
  }

  /** Counts what the machine took while it was awake for the network only, tells what has changed, and stores it all. */
  everyMinute(): void {
    const nowMs = this.#doors.now();
    const ms = Math.min(nowMs - this.#idleAtMs, 1.5 * MINUTE_MS);
    this.#idleAtMs = nowMs;
    const { idleW, isAwakeForWork } = this.facts();
    if (isAwakeForWork && idleW !== null) this.#addToday({ idleMicroWh: (idleW * ms * MICRO_WH_PER_JOULE) / 1000 });
    this.#tellChange();
    void this.save();
  }

  get #jobs(): number {
    return this.#books.card.size + this.#books.cpu.size;
  }

  #hold(part: Part, share: JobShare): WorkShare {
    let isOpen = true;
    const close = (isClaimed: boolean): EnergyClaim => {
      if (!isOpen) return UNKNOWN_ENERGY;
      isOpen = false;
      return this.#end(part, share, isClaimed);
    };
    return {
      noteTokens: (count) => share.noteTokens(count),
      claim: (promptTokens) => {
        share.correctPrompt(promptTokens);
        return close(true);
      },
      end: () => void close(false),
    };
  }

  #end(part: Part, share: JobShare, isClaimed: boolean): EnergyClaim {
    const nowMs = this.#doors.now();
    this.#lookMyself(nowMs);
    const facts = this.#books[part].end(share, nowMs, isClaimed);
    const claim = isClaimed ? buildClaim(facts) : UNKNOWN_ENERGY;
    this.#addToday({ claimedMicroWh: claim.microWh });
    if (this.#jobs === 0) this.#endWork(nowMs);
    return claim;
  }

  #beginWork(): void {
    this.#doors.onWork(true);
    clearTimeout(this.#tick);
    this.#tick = setInterval(() => this.#lookMyself(this.#doors.now()), SECOND_MS).unref();
  }

  #endWork(nowMs: number): void {
    this.#workedAtMs = nowMs;
    clearInterval(this.#tick);
    // What the machine does from now on is no job's.
    if (this.#before.atMs < nowMs) this.#tick = setTimeout(() => this.lookAtRest(), LEAST_WINDOW_MS).unref();
    this.#doors.onWork(false);
  }

  /** Closes windows that nobody else's reading closes, where that costs nothing or the last time is a while ago. */
  #lookMyself(nowMs: number): void {
    const isDue = !this.#doors.host.isThere || nowMs - this.#before.atMs >= LEAST_WINDOW_MS;
    if (isDue && this.#clock(nowMs) === 'self') this.#look(nowMs);
  }

  /** Whose the processor's counter is; without one nobody need know. */
  #readBusy(): number | null {
    return this.#doors.host.isThere ? this.#doors.readBusyMs() : null;
  }

  /** Until it has been seen at rest an owner's meter cannot tell what is above rest. */
  #clock(nowMs: number): MeterClock {
    return this.#inputs.clock(nowMs, this.#jobs === 0 || this.#rest.watts.wallW !== null);
  }

  /** Reads every meter, and closes the windows with what the span since the last look came to. */
  #look(nowMs: number): void {
    const inputs = this.#inputs;
    const reading = inputs.read(nowMs, this.#clock(nowMs));
    const span = measureSpan(this.#before, reading);
    const ownMs = this.#doors.readOwnMs();
    const cpuMs = this.#books.cpu.activeMs(nowMs);
    const busyMs = this.#books.cpu.size > 0 || cpuMs > 0 ? this.#readBusy() : null;
    const margins = computeMargins({
      span,
      rest: this.#rest.watts,
      cards: inputs.cards.map(({ known }, i) => ({ known, usedShare: inputs.usedShare(i) })),
      cardMs: this.#books.card.activeMs(nowMs),
      cpuMs,
      ownCpuMs: ownMs - this.#ownMs,
      busyCpuMs: busyMs === null || this.#busyMs === null ? null : busyMs - this.#busyMs,
    });
    this.#before = reading;
    this.#ownMs = ownMs;
    this.#busyMs = busyMs;
    this.#learnRest(nowMs, span);
    this.#close('card', nowMs, margins.card);
    this.#close('cpu', nowMs, margins.cpu);
  }

  #close(part: Part, nowMs: number, margin: Margin | null): void {
    const closed = this.#books[part].close(nowMs, margin);
    if (margin === null || margin.joules > 0) this.#methods[part] = margin?.method ?? 'unknown';
    if (closed.joules > 0) this.#addToday({ workMicroWh: closed.joules * MICRO_WH_PER_JOULE });
    this.#costs.learn(part, closed);
  }

  #terms(part: Part): BookTerms {
    return {
      weights: this.#costs.weights(part),
      isWeighed: this.#costs.isKnown(part),
      method: this.#expectMethod(part),
      mostW: part === 'cpu' ? MOST_CPU_W : MOST_HOST_W + 2 * this.#cardsW(),
      usualW: part === 'cpu' ? USUAL_CPU_W : (TO_WALL.workShare * this.#cardsW() + TO_WALL.hostW) / TO_WALL.efficiency,
      longestMs: Math.max(LONGEST_MS, 2 * (this.#doors.wallEveryMs ?? 0)),
    };
  }

  /** By what a window is metered here: as the last one was, else as the next one should be. */
  #expectMethod(part: Part): EnergyMethod {
    if (this.#methods[part] !== 'unknown') return this.#methods[part];
    if (part === 'cpu') return this.#rest.watts.hostW !== null ? 'counter' : 'estimated';
    const { cards, wall, hasCounters } = this.#inputs;
    const clock = this.#clock(this.#doors.now());
    if (clock === 'wall') return wall?.boundary === 'chip' ? 'sampled' : 'wall';
    if (clock === 'cards') return hasCounters ? 'counter' : 'sampled';
    if (cards.some(({ known }) => known !== null)) return 'estimated';
    return cards.length === 0 && this.#rest.watts.hostW !== null && this.#doors.host.isThere ? 'counter' : 'unknown';
  }

  /** What was learned with another card says nothing of this one. */
  #learnCards(hadCards: boolean): void {
    const { cards } = this.#inputs;
    const before = this.#doors.file.learned.card;
    if (cards.length > 0 && (hadCards || (before !== null && before !== cards[0]?.name))) this.#rest.forgetBoards();
    this.#costs.guessFrom(this.#cardsW());
    this.#tellChange();
  }

  /** The most that all cards may draw, W. */
  #cardsW(): number {
    const watts = this.#inputs.cards.reduce((sum, { mostW, known }) => sum + (mostW ?? known?.mostW ?? 0), 0);
    return watts > 0 ? watts : UNKNOWN_CARD_W;
  }

  #isQuiet(nowMs: number): boolean {
    return this.#jobs === 0 && nowMs - this.#workedAtMs >= SETTLE_MS;
  }

  #learnRest(nowMs: number, { ms, hostJ, wallJ }: SpanEnergy): void {
    if (hostJ !== null && ms > 0) this.#hostW = (1000 * hostJ) / ms;
    // The whole span must have been quiet.
    if (!this.#isQuiet(nowMs - ms) || this.#jobs > 0 || ms < SECOND_MS) return;
    if (hostJ !== null) this.#rest.note('host', (1000 * hostJ) / ms, nowMs);
    if (wallJ !== null) this.#rest.note('wall', (1000 * wallJ) / ms, nowMs);
  }

  /** A frame wakes the hub, so a few watts more or less are no news. */
  #tellChange(): void {
    const word = this.#word();
    if (word === this.#told) return;
    this.#told = word;
    this.#doors.onChange();
  }

  #word(): string {
    const { card, idleW, mostW, method, isAwakeForWork } = this.facts();
    const idle = idleW === null ? null : Math.round(2 * Math.log2(idleW + 1));
    return JSON.stringify([card, idle, mostW, method, isAwakeForWork]);
  }

  #view(): PowerView {
    const nowMs = this.#doors.now();
    const inputs = this.#inputs;
    const idleS = this.#doors.inputIdleS();
    const isWall = inputs.wall?.boundary === 'wall' && inputs.clock(nowMs, true) === 'wall';
    const rest = this.#rest.watts;
    const part = this.#doors.places.includes('card') ? 'card' : 'cpu';
    const isHere = this.#doors.places.some((place) => place !== 'elsewhere');
    return {
      cards: inputs.cards,
      rest: isWall ? rest : { ...rest, wallW: null },
      now: {
        boardsW: inputs.boardsW(nowMs),
        hostW: this.#hostW,
        wallW: isWall ? (inputs.wall?.watts ?? null) : null,
      },
      method: isHere ? this.#expectMethod(part) : 'unknown',
      isAwakeForWork: idleS !== null && idleS >= AWAKE_FOR_WORK_S && this.#doors.isLending(),
    };
  }

  #addToday(more: Parameters<EnergyFile['add']>[1]): void {
    this.#doors.file.add(nameDay(this.#doors.dateNow()), more);
  }
}
