// A run of chaos: a plan of jobs and troubles is played against the whole network, and once all has come to rest everything about its money is judged.
import { setTimeout as sleep } from 'node:timers/promises';
import { checkBundle, receiptBundleSchema } from '../../schema/check-bundle.ts';
import { callJob } from './chaos/chaos-call.ts';
import type { CalledJob, ChaosDoor } from './chaos/chaos-call.ts';
import { ChaosGround, CHAOS_MODEL, PROMPT_TOKENS } from './chaos/chaos-ground.ts';
import { drawChaos } from './chaos/draw-chaos.ts';
import type { JobKind, PlannedJob, PlannedTrouble, TroubleKind } from './chaos/draw-chaos.ts';
import { judgeBooks } from './chaos/judge-books.ts';
import type { BooksNow, Violation } from './chaos/judge-books.ts';

export interface ChaosOptions {
  readonly jobs: number;
  readonly seed: number;
  /** Calls at once. */
  readonly callers: number;
  readonly homes: number;
  /** Of a hundred messages so many go wrong. */
  readonly percent: number;
  /** The router's whole state is copied and restored on the way. */
  readonly restoresRouter: boolean;
  /** Sorts of jobs; all by default. */
  readonly kinds?: readonly JobKind[];
  readonly tell: (text: string) => void;
  /** Hears of each line that the router writes. */
  readonly onLog?: (line: string) => void;
}

export interface ChaosReport {
  readonly jobs: number;
  readonly seed: number;
  /** Calls by kind and how they ended. */
  readonly ends: Readonly<Record<string, number>>;
  /** Why calls ended with an error, and how often. */
  readonly errors: Readonly<Record<string, number>>;
  readonly troubles: Readonly<Record<string, number>>;
  /** Messages that went wrong, by door and fault. */
  readonly faults: Readonly<Record<string, number>>;
  readonly parts: number;
  readonly acceptances: number;
  readonly receiptsVerified: number;
  readonly charged: number;
  readonly violations: readonly Violation[];
  readonly tookS: number;
}

const REST_WAIT_MS = 120_000;
const DISTURB_EVERY_MS = 700;
const DAY_MS = 86_400_000;
/** Receipts that are read over the API and verified, spread over the run. */
const VERIFIED = 40;

/** Plays it on this machine and leaves nothing behind. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const { seed, percent, homes, onLog = () => undefined } = options;
  const ground = await ChaosGround.open({ seed, percent, homes }, onLog);
  try {
    return await new Run(options, ground).go();
  } finally {
    await ground.end();
  }
}

class Run {
  readonly #options: ChaosOptions;
  readonly #ground: ChaosGround;
  readonly #calls: CalledJob[] = [];
  readonly #troubles: Partial<Record<TroubleKind, number>> = {};
  readonly #visits = new Set<Promise<void>>();
  readonly #midway = { home: 0, hub: 0 };
  #disturbedAt = 0;
  #copiedAt = 0;
  #forgotten: ReadonlySet<CalledJob> = new Set();

  constructor(options: ChaosOptions, ground: ChaosGround) {
    this.#options = options;
    this.#ground = ground;
  }

  async go(): Promise<ChaosReport> {
    const { jobs, seed, restoresRouter, kinds, tell } = this.#options;
    const startedAt = performance.now();
    const plan = drawChaos(seed, { jobs, restoresRouter, ...(kinds && { kinds }) });
    await this.#ground.restart();
    await this.#callAll(plan.jobs, [...plan.troubles]);
    await Promise.all(this.#visits);
    tell('All calls are over; waiting until the books rest …');
    await this.#ground.ask('calm');
    this.#ground.redial();
    const books = await this.#ground.waitRest(REST_WAIT_MS);
    const violations = this.#judge(books);
    const receiptsVerified = await this.#verify(books, violations);
    await this.#repeat(books, violations);
    return {
      jobs,
      seed,
      ends: countBy(this.#calls, ({ planned, end }) => `${planned.kind} ${end}`),
      errors: countBy(
        this.#calls.filter(({ error }) => error !== null),
        ({ error }) => error ?? '',
      ),
      troubles: { ...this.#troubles, 'home-cut-midway': this.#midway.home, 'hub-reset-midway': this.#midway.hub },
      faults: sortNames(this.#ground.faults),
      parts: books.settlements.length,
      acceptances: books.settlements.filter(({ acceptance }) => acceptance !== null).length,
      receiptsVerified,
      charged: books.objects.accounts.reduce((sum, { charged }) => sum + charged, 0),
      violations,
      tookS: Math.round((performance.now() - startedAt) / 100) / 10,
    };
  }

  #judge(books: BooksNow): Violation[] {
    const asked = { calls: this.#calls, granted: this.#ground.granted, promptTokens: PROMPT_TOKENS };
    return judgeBooks({ ...asked, mayBeForgotten: this.#forgotten }, books);
  }

  async #callAll(jobs: readonly PlannedJob[], troubles: PlannedTrouble[]): Promise<void> {
    const { tell } = this.#options;
    let next = 0;
    const work = async (): Promise<void> => {
      for (let job = jobs[next++]; job; job = jobs[next++]) {
        this.#calls.push(await callJob(this.#doorFor(job), job));
        if (this.#calls.length % 100 === 0) tell(`${this.#calls.length} calls`);
      }
    };
    const callers = Promise.all(Array.from({ length: this.#options.callers }, work));
    for (const trouble of troubles) {
      while (this.#calls.length < trouble.afterCalls) await sleep(10);
      await this.#befall(trouble);
      this.#troubles[trouble.kind] = (this.#troubles[trouble.kind] ?? 0) + 1;
    }
    await callers;
  }

  #doorFor({ kind, caller, after }: PlannedJob): ChaosDoor {
    const { owner, callers, stack } = this.#ground;
    const account = kind === 'free' ? owner : pick(callers, caller);
    const disturb = (nodeId: string): void => void this.#disturb(nodeId, after % 2 === 0 ? 'home' : 'hub');
    return { url: stack.url, apiKey: account.apiKey, model: CHAOS_MODEL, disturb };
  }

  /** In the middle of an answer its home's line breaks, or its hub loses its memory. */
  async #disturb(nodeId: string, which: 'home' | 'hub'): Promise<void> {
    const found = this.#ground.find(nodeId);
    // One at a time: with all of them away at once nobody could go on.
    if (!found || Date.now() < this.#disturbedAt + DISTURB_EVERY_MS) return;
    this.#disturbedAt = Date.now();
    this.#midway[which] += 1;
    if (which === 'home') return found.home.breakLine();
    await this.#ground.stack.network.abortObject('HUB', found.hub).catch(() => undefined);
  }

  /** Resolves when the router stands again; homes come back by themselves. */
  async #befall({ kind, pick: share, ms }: PlannedTrouble): Promise<void> {
    const { stack, homes, hubs, callers } = this.#ground;
    const home = pick(homes, share);
    switch (kind) {
      case 'router-killed':
        await stack.network.killWorkerd();
        return this.#ground.restart();
      case 'router-copied':
        await this.#ground.copyRouter();
        this.#copiedAt = this.#calls.length;
        return;
      case 'router-restored':
        await this.#ground.restoreRouter();
        this.#forgotten = new Set(this.#calls.slice(this.#copiedAt));
        return;
      case 'hub-reset':
        return stack.network.abortObject('HUB', pick(hubs, share));
      case 'account-reset':
        return stack.network.abortObject('ACCOUNT', pick(callers, share).id);
      case 'node-account-reset':
        return stack.network.abortObject('NODE_ACCOUNT', pick(await this.#ground.nodes(), share));
      case 'books-away':
        return this.#visit(this.#ground.ask(`books-away?ms=${ms}`).then(() => undefined));
      case 'presence-away':
        await stack.stopPresence();
        return this.#visit(sleep(ms).then(() => stack.startPresence()));
      case 'home-killed':
        return this.#visit(home.lose('kill').then(() => sleep(ms).then(() => home.giveBack('kill'))));
      case 'home-cut':
        return home.breakLine();
      case 'home-restored':
        return this.#visit(this.#ground.restoreHome(home));
    }
  }

  /** Something that goes on beside what follows. */
  #visit(work: Promise<void>): void {
    const visit = work.finally(() => this.#visits.delete(visit));
    this.#visits.add(visit);
  }

  /** Receipts as their callers get them. */
  async #verify({ settlements }: BooksNow, violations: Violation[]): Promise<number> {
    const jobs = [...new Set(settlements.map(({ jobId }) => jobId))];
    const step = Math.max(1, Math.ceil(jobs.length / VERIFIED));
    let verified = 0;
    for (const job of jobs.filter((_, i) => i % step === 0)) {
      const of = settlements.find(({ jobId }) => jobId === job)?.accountId;
      const account = [this.#ground.owner, ...this.#ground.callers].find(({ id }) => id === of);
      const response = await this.#ground.stack.call(`/v1/receipts/${job}`, { key: account?.apiKey ?? '' });
      const { data = [] } = (await response.json()) as { data?: unknown[] };
      if (data.length === 0) violations.push({ what: `its receipts cannot be read: ${response.status}`, of: job });
      for (const one of data) {
        const bundle = receiptBundleSchema.parse(one);
        const checked = checkBundle(bundle);
        if (checked.ok) verified += 1;
        else if (bundle.receipt) violations.push({ what: `its receipt does not hold: ${checked.error}`, of: job });
      }
    }
    return verified;
  }

  /** The same settlements once more, and then a week: nothing moves. */
  async #repeat(books: BooksNow, violations: Violation[]): Promise<void> {
    const refused = await this.#ground.replay(books.settlements);
    if (refused > 0)
      violations.push({ what: `${refused} settlements were not taken when they came again`, of: 'replay' });
    const again = await this.#ground.waitRest(REST_WAIT_MS);
    violations.push(...this.#compare(books, again, 'replay'));
    await this.#ground.stack.network.runSchedule(Date.now() + 8 * DAY_MS);
    const later = { ...(await this.#ground.readBooks()), settlements: books.settlements };
    violations.push(...this.#compare(books, later, 'a week later'));
  }

  #compare(books: BooksNow, again: BooksNow, of: string): Violation[] {
    const tell = ({ objects, books: held, settlements }: BooksNow): string =>
      JSON.stringify([objects, sortNames(held), settlements.length]);
    const isSame = tell(books) === tell(again);
    const moved = isSame ? [] : [{ what: `the books moved from ${tell(books)} to ${tell(again)}`, of }];
    return [...moved, ...this.#judge(again).map((one) => ({ ...one, what: `${of}: ${one.what}` }))];
  }
}

function pick<T>(all: readonly T[], share: number): T {
  const one = all[Math.floor(share * all.length)];
  if (one === undefined) throw new Error('there is none');
  return one;
}

function countBy<T>(all: readonly T[], name: (one: T) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const one of all) counts[name(one)] = (counts[name(one)] ?? 0) + 1;
  return sortNames(counts);
}

function sortNames<T>(values: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(values).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
