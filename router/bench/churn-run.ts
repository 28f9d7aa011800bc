// A fleet of real homes that come and go while callers ask on: the undisturbed answers first, then the churn, then the books.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { call } from './churn-call.ts';
import type { Called, CallDoor } from './churn-call.ts';
import { ChurnHome } from './churn-home.ts';
import { CITIES, QUESTIONS } from './churn-questions.ts';
import { CHURN_MODEL, openChurnRouter } from './churn-router.ts';
import type { BooksNow, ChurnRouter } from './churn-router.ts';
import { computeCompression, drawLosses, makeRandom } from './draw-losses.ts';
import { sumUpChurn } from './sum-up-churn.ts';
import type { ChurnReport, Judged } from './sum-up-churn.ts';

export interface ChurnOptions {
  readonly streams: number;
  readonly seed: number;
  readonly agents: number;
  /** Losses in an hour of a hundred homes. */
  readonly perHour: number;
  /** Time runs so fast that each home is lost once in this time. */
  readonly lossEveryMs: number;
  /** Calls at once. */
  readonly callers: number;
  /** Leaves the folder behind, with the logs of the router and of every home. */
  readonly keepFolder: boolean;
  readonly tell: (text: string) => void;
}

export interface ChurnResult extends ChurnReport {
  readonly seed: number;
  readonly agents: number;
  readonly perHour: number;
  readonly compression: number;
  readonly tookS: number;
}

/** Tokens a second of one answer, and answers at once in a home. */
const PACE = '20';
const SLOTS = '4';
const START_AT_ONCE = 3;
const ONLINE_WAIT_MS = 240_000;
const SETTLE_WAIT_MS = 60_000;
const RESET_EVERY_MS = 10_000;
const HUBS = ['weur', 'enam', 'apac-ne', 'wnam', 'apac-se', 'eeur'].map((area) => `hub:${area}:0`);

type Answers = ReadonlyMap<number, { text: string; outputTokens: number; charge: number }>;

/** Runs it all on this machine and leaves nothing behind. */
export async function runChurn(options: ChurnOptions): Promise<ChurnResult> {
  const router = await openChurnRouter(options.keepFolder);
  const run = new Run(options, router);
  try {
    return await run.go();
  } finally {
    await run.end();
  }
}

class Run {
  readonly #options: ChurnOptions;
  readonly #router: ChurnRouter;
  readonly #door: CallDoor;
  readonly #homes: ChurnHome[] = [];
  readonly #owners = new Set<Promise<void>>();
  #losses = 0;
  #resets = 0;
  #isOver = false;

  constructor(options: ChurnOptions, router: ChurnRouter) {
    this.#options = options;
    this.#router = router;
    this.#door = { url: router.network.url, apiKey: router.apiKey, model: CHURN_MODEL };
  }

  async go(): Promise<ChurnResult> {
    const { seed, agents, perHour, lossEveryMs, keepFolder, tell } = this.#options;
    if (keepFolder) tell(`Logs in ${this.#router.folder}`);
    const answers = await this.#learnAnswers();
    await this.#startFleet();
    const startedAt = performance.now();
    const compression = computeCompression(perHour, lossEveryMs);
    const before = await this.#router.readBooks();
    const churning = Promise.all([this.#loseHomes(compression), this.#resetHubs()]);
    const judged = await this.#callAll(answers);
    this.#isOver = true;
    await churning;
    await Promise.all(this.#owners);
    tell('All calls are over; waiting for the last receipts and the books …');
    const books = await this.#settle(before);
    const tookS = Math.round((performance.now() - startedAt) / 1000);
    const report = sumUpChurn(judged, books, { losses: this.#losses, hubResets: this.#resets });
    return { seed, agents, perHour, compression: Math.round(compression), tookS, ...report };
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#homes.map((home) => home.destroy()));
    await this.#router.end();
  }

  /** The answers that one undisturbed home gives, in its own time. */
  async #learnAnswers(): Promise<Answers> {
    this.#options.tell('Learning the undisturbed answers from one home …');
    const home = await this.#startHome(-1, ['--slots', '8']);
    await this.#waitHomes(1);
    const answers = new Map<number, { text: string; outputTokens: number; charge: number }>();
    for (const [i, question] of QUESTIONS.entries()) {
      const { text, usage, facts, error } = await call(this.#door, question, { isStreamed: false, place: CITIES[0] });
      if (!usage || !facts) throw new Error(`no undisturbed answer: ${error}`);
      answers.set(i, { text, outputTokens: usage.completion_tokens, charge: facts.charge_micro });
    }
    await home.stop();
    return answers;
  }

  async #startFleet(): Promise<void> {
    const { agents, tell } = this.#options;
    tell(`Starting ${agents} homes …`);
    let next = 0;
    const start = async (): Promise<void> => {
      for (let i = next++; i < agents; i = next++) {
        this.#homes[i] = await this.#startHome(i, ['--slots', SLOTS, '--pace', PACE]);
        await this.#waitHomes(Math.max(1, i + 1 - START_AT_ONCE));
      }
    };
    await Promise.all(Array.from({ length: START_AT_ONCE }, start));
    await this.#waitHomes(agents);
  }

  async #startHome(number: number, args: readonly string[]): Promise<ChurnHome> {
    return ChurnHome.start({
      routerPort: this.#router.network.port,
      stateDir: join(this.#router.folder, `home-${number}`),
      place: CITIES[Math.max(0, number) % CITIES.length] ?? CITIES[0],
      code: await this.#router.createCode(),
      args,
      logFile: this.#options.keepFolder ? join(this.#router.folder, `home-${number}.log`) : null,
    });
  }

  async #waitHomes(count: number): Promise<void> {
    for (const until = Date.now() + ONLINE_WAIT_MS; (await this.#router.countHomes()) < count; await sleep(200))
      if (Date.now() > until) throw new Error(`${count} homes did not come online: ${this.#describeHomes()}`);
  }

  #describeHomes(): string {
    return this.#homes.map((home) => home.lines.at(-1) ?? 'said nothing').join('\n');
  }

  async #loseHomes(compression: number): Promise<void> {
    const { seed, agents, perHour } = this.#options;
    for (const loss of drawLosses({ seed, homes: agents, perHour, compression })) {
      await this.#wait(loss.waitMs);
      if (this.#isOver) return;
      const home = this.#findPresent(loss.home);
      if (!home) continue;
      this.#losses += 1;
      const owner = this.#visit(home, loss).finally(() => this.#owners.delete(owner));
      this.#owners.add(owner);
    }
  }

  /** An owner takes the home and gives it back. */
  async #visit(
    home: ChurnHome,
    { kind, awayMs }: { kind: Parameters<ChurnHome['lose']>[0]; awayMs: number },
  ): Promise<void> {
    await home.lose(kind);
    await this.#wait(awayMs);
    await home.giveBack(kind);
  }

  /** At least half of the fleet stays: churn is not an outage. */
  #findPresent(from: number): ChurnHome | null {
    const present = this.#homes.filter((home) => !home.isAway);
    if (present.length <= this.#homes.length / 2) return null;
    return present.find((home) => this.#homes.indexOf(home) >= from) ?? present[0] ?? null;
  }

  async #resetHubs(): Promise<void> {
    const random = makeRandom(this.#options.seed + 1);
    for (;;) {
      await this.#wait(RESET_EVERY_MS * 2 * random());
      if (this.#isOver) return;
      const hub = HUBS[Math.floor(random() * HUBS.length)] ?? HUBS[0];
      if (hub) await this.#router.network.abortObject('HUB', hub);
      this.#resets += 1;
    }
  }

  async #callAll(answers: Answers): Promise<Judged[]> {
    const { streams, callers, seed, tell } = this.#options;
    const random = makeRandom(seed + 2);
    const judged: Judged[] = [];
    let asked = 0;
    const ask = async (): Promise<void> => {
      while (asked++ < streams) {
        const at = Math.floor(random() * QUESTIONS.length);
        const place = CITIES[Math.floor(random() * CITIES.length)] ?? CITIES[0];
        const isStreamed = random() < 0.75;
        const [question, answer] = [QUESTIONS[at], answers.get(at)];
        if (!question || !answer) throw new Error('a question without an answer');
        const called = await call(this.#door, question, { isStreamed, place });
        judged.push({ called, ...answer });
        this.#tellFault(called, answer);
        if (judged.length % 100 === 0) tell(`${judged.length} calls, ${this.#losses} losses`);
      }
    };
    await Promise.all(Array.from({ length: callers }, ask));
    return judged;
  }

  #tellFault(
    called: Called,
    { text, outputTokens, charge }: { text: string; outputTokens: number; charge: number },
  ): void {
    const { tell } = this.#options;
    const job = called.job ?? 'unknown job';
    if (called.error !== null) tell(`${new Date().toISOString()} ${job}: ${called.status} ${called.error}`);
    if (called.isDone && (called.usage?.completion_tokens !== outputTokens || called.facts?.charge_micro !== charge))
      tell(
        `${job}: ${called.usage?.completion_tokens} tokens for ${called.facts?.charge_micro}, not ${outputTokens} for ${charge}, in ${called.facts?.attempts} attempts`,
      );
    if (called.isDone && called.text !== text)
      tell(`${job}: mismatch\n  was ${JSON.stringify(called.text)}\n  not ${JSON.stringify(text)}`);
  }

  /** The books once nothing is on its way any more; what the undisturbed answers cost is taken off. */
  async #settle(before: BooksNow): Promise<BooksNow> {
    let books = await this.#router.readBooks();
    for (const until = Date.now() + SETTLE_WAIT_MS; Date.now() < until; await sleep(250)) {
      books = await this.#router.readBooks();
      if (books.isSound && books.waiting === 0 && books.held === 0 && books.paid === books.charged) break;
    }
    return { ...books, paid: books.paid - before.charged, charged: books.charged - before.charged };
  }

  /** Ends early when the run is over. */
  async #wait(ms: number): Promise<void> {
    for (const until = Date.now() + ms; Date.now() < until && !this.#isOver;)
      await sleep(Math.min(200, Math.max(1, until - Date.now())));
  }
}
