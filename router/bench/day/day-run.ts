// Plays days of a home against a real agent and a real router while callers stream, and holds every promise against what came of it.
import { setTimeout as sleep } from 'node:timers/promises';
import { askAgent } from '../../../node-agent/home/owner-line.ts';
import { isLedgerSound, readSettlements, readUsage } from '../../test/books.ts';
import { DayCallers } from './day-callers.ts';
import { DayGround } from './day-ground.ts';
import type { PlayedHome, Told } from './day-ground.ts';
import { timesOf } from './day-script.ts';
import type { DayEvent, DayScript, Expected } from './day-script.ts';

export interface DayOptions {
  /** The machine is the owner's again within so long of the signal, ms. */
  readonly pauseMs: number;
  readonly tell: (text: string) => void;
}

/** One promise, and whether it was kept. */
export interface DayCheck {
  readonly at: string;
  readonly event: string;
  readonly what: string;
  readonly ok: boolean;
  /** What was seen: a time, a word. */
  readonly found: string;
}

export interface DayReport {
  readonly name: string;
  readonly checks: readonly DayCheck[];
  /** Streams in all, and those that went on in another home. */
  readonly streams: number;
  readonly handedOver: number;
  readonly tookS: number;
}

/** Plays scripts one after another on one network; nothing is left behind. */
export async function runDays(scripts: readonly DayScript[], options: DayOptions): Promise<DayReport[]> {
  const ground = await DayGround.open();
  const reports: DayReport[] = [];
  try {
    for (const script of scripts) reports.push(await new DayRun(ground, script, options).play());
    return reports;
  } finally {
    await ground.end();
  }
}

/** How long anything may take to come about at all; a check says how long it did take. */
const LIMIT_MS = 60_000;
const STEP_MS = 10;
/** Streams may have gone on elsewhere for good before a signal: so long it is waited for one that runs here. */
const HERE_MS = 10_000;
/** What a page shows of a home that works. */
const WORKING = ['idle', 'busy', 'eco'];

class DayRun {
  readonly #ground: DayGround;
  readonly #script: DayScript;
  readonly #options: DayOptions;
  readonly #checks: DayCheck[] = [];
  #callers: DayCallers | null = null;
  #event: DayEvent | null = null;

  constructor(ground: DayGround, script: DayScript, options: DayOptions) {
    this.#ground = ground;
    this.#script = script;
    this.#options = options;
  }

  async play(): Promise<DayReport> {
    const startedMs = performance.now();
    const times = timesOf(this.#script);
    const home = await this.#ground.startHome(this.#script, times[0] ?? Date.now());
    const before = await this.#readMoney();
    const callers = new DayCallers(this.#ground, this.#script.callers);
    this.#callers = callers;
    try {
      for (const [i, event] of this.#script.events.entries()) await this.#playEvent(home, event, times[i] ?? 0);
    } finally {
      await this.#finish(home, callers, before);
    }
    const { streams } = callers;
    const handedOver = streams.filter(({ attempts }) => attempts > 1).length;
    const tookS = Math.round((performance.now() - startedMs) / 1000);
    return { name: this.#script.name, checks: this.#checks, streams: streams.length, handedOver, tookS };
  }

  async #playEvent(home: PlayedHome, event: DayEvent, wallAt: number): Promise<void> {
    this.#event = event;
    this.#options.tell(`${event.at} ${event.tells}`);
    const told = await this.#ground.ask(home);
    if (told?.standing.level !== 'off' && told?.state === 'connected')
      await this.#waitFor(() => this.#ground.running() > 0, HERE_MS);
    const wereHere = (this.#callers?.live() ?? []).filter(({ node }) => node === home.node);
    home.setClock(wallAt);
    const fromMs = performance.now();
    if (event.set) home.play({ atMs: 0, set: event.set });
    await this.#act(home, event.do);
    await this.#expect(home, event, fromMs);
    if (!('full' in event.expect) && !('eco' in event.expect)) await this.#checkHandedOver(wereHere);
  }

  async #act(home: PlayedHome, act: DayEvent['do']): Promise<void> {
    const { stateDir } = home.agent;
    if (act === 'cut') home.line.cut();
    else if (act === 'mend') home.line.mend();
    else if (act === 'suspend') await home.agent.signal('SIGSTOP');
    else if (act === 'wake') await home.agent.signal('SIGCONT');
    else if (act === 'resume') await askAgent(stateDir, { do: 'resume' });
    else if (act === 'pause') void askAgent(stateDir, { do: 'pause', forMs: null });
    else if (act === 'pause-after-job') await askAgent(stateDir, { do: 'pause', forMs: null, when: 'after-job' });
  }

  async #expect(home: PlayedHome, { expect, do: act }: DayEvent, fromMs: number): Promise<void> {
    if ('away' in expect) return;
    const isThere = (told: Told | null): boolean => told !== null && told.state === 'connected' && fits(told, expect);
    const saidMs = await this.#time(fromMs, async () => isThere(await this.#ground.ask(home)));
    const { pauseMs } = this.#options;
    if ('off' in expect) {
      this.#check('the agent says so in time', saidMs !== null && saidMs <= pauseMs, tellMs(saidMs));
      const isSoft = act === 'pause-after-job' || expect.off === 'job-limit' || expect.off === 'traffic';
      const freeMs = await this.#time(fromMs, () => this.#ground.running() === 0);
      this.#check('no job runs here', freeMs !== null && (isSoft || freeMs <= pauseMs), tellMs(freeMs));
    } else this.#check('the agent says so', saidMs !== null, tellMs(saidMs));
    const reason = 'off' in expect ? expect.off : null;
    const why = await this.#time(fromMs, async () => (await this.#ground.why(home))?.pause === reason);
    this.#check(reason === null ? 'the router counts on it' : 'the router tells the reason', why !== null, tellMs(why));
    const file = await this.#time(fromMs, async () => (await this.#ground.readFile(home))?.paused === reason);
    this.#check('status.json says the same', file !== null, tellMs(file));
    const word = reason === null ? WORKING : [reason];
    const page = await this.#time(fromMs, async () => word.includes((await home.readPage()) ?? ''));
    this.#check('its page says the same', page !== null, tellMs(page));
    if (reason !== null) return;
    // Placement may prefer another home for a while: whether this one works shows where only it may answer.
    let refused: string | null = null;
    const backMs = await this.#time(fromMs, async () => (refused = await this.#ground.callHere()) === null);
    this.#check('it answers a call again', backMs !== null, refused ?? tellMs(backMs));
  }

  /** What ran here when it happened ends as if nothing had. */
  async #checkHandedOver(wereHere: readonly { fault: string | null; isOver: boolean }[]): Promise<void> {
    const areOver = await this.#waitFor(() => wereHere.every(({ isOver }) => isOver));
    const faults = wereHere.flatMap(({ fault }) => fault ?? []);
    this.#check(
      'streams that ran here end whole',
      areOver && faults.length === 0,
      faults[0] ?? `${wereHere.length} streams`,
    );
  }

  async #finish(home: PlayedHome, callers: DayCallers, before: Money): Promise<void> {
    this.#event = null;
    await callers.end();
    const faults = callers.streams.flatMap(({ fault }) => fault ?? []);
    this.#check('every stream ended properly', faults.length === 0, faults[0] ?? `${callers.streams.length} streams`);
    this.#check('no call was refused', callers.refusals.length === 0, callers.refusals[0] ?? 'none');
    const isAnswered = await this.#waitFor(async () => (await this.#ground.ask(home))?.outbox === 0);
    this.#check('every receipt has its answer', isAnswered, isAnswered ? 'none waits' : 'some wait');
    const called = this.#ground.calledMicro - before.called;
    const told = called + callers.streams.reduce((sum, { chargeMicro }) => sum + chargeMicro, 0);
    let now = before;
    const isSettled = await this.#waitFor(async () => {
      now = await this.#readMoney();
      return (
        now.isSound && now.held === 0 && now.charged - before.charged === told && now.settled - before.settled === told
      );
    });
    const found = `told ${told}, charged ${now.charged - before.charged}, receipts ${now.settled - before.settled}`;
    this.#check('what callers were told, accounts, receipts and the book agree', isSettled, found);
    await home.agent.signal('SIGCONT');
    await home.agent.signal('SIGTERM');
    home.line.close();
  }

  async #readMoney(): Promise<Money> {
    const { stack, caller } = this.#ground;
    const usage = await readUsage(stack, caller);
    const settlements = await readSettlements(await stack.network.database());
    const settled = settlements
      .filter(({ accountId }) => accountId === caller.id)
      .reduce((sum, { charge }) => sum + charge, 0);
    const { charged_micro: charged } = usage.totals;
    const { calledMicro: called } = this.#ground;
    return { charged, called, held: usage.held_micro, settled, isSound: await isLedgerSound(stack) };
  }

  #check(what: string, ok: boolean, found: string): void {
    const { at = '', tells = 'the whole day' } = this.#event ?? {};
    this.#checks.push({ at, event: tells, what, ok, found });
    if (!ok) this.#options.tell(`  NOT: ${what} (${found})`);
  }

  /** ms from `fromMs` until it held; null where it never did. */
  async #time(fromMs: number, holds: () => boolean | Promise<boolean>): Promise<number | null> {
    return (await this.#waitFor(holds)) ? performance.now() - fromMs : null;
  }

  async #waitFor(holds: () => boolean | Promise<boolean>, limitMs = LIMIT_MS): Promise<boolean> {
    for (const untilMs = performance.now() + limitMs; performance.now() < untilMs; await sleep(STEP_MS))
      if (await holds()) return true;
    return false;
  }
}

interface Money {
  /** By calls that no caller's stream is. */
  readonly called: number;
  readonly charged: number;
  readonly settled: number;
  readonly held: number;
  readonly isSound: boolean;
}

function fits({ standing, paused }: Told, expected: Expected): boolean {
  if ('off' in expected) return standing.level === 'off' && standing.reason === expected.off && paused === expected.off;
  if ('eco' in expected) return standing.level === 'eco' && standing.reason === expected.eco;
  return standing.level === 'full' && paused === null;
}

function tellMs(ms: number | null): string {
  return ms === null ? 'never' : `${Math.round(ms)} ms`;
}
