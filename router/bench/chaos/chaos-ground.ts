// The network that a chaos run plays on: the Worker with doors that fail, homes on lines that break, callers with credit, and all that is read of its books.
import { cp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Timings } from '../../../schema/timings.ts';
import type { SettlementJson } from '../../../schema/settlement.ts';
import { learnDigest, listModel } from '../../test/ask.ts';
import { readBooks, readSettlements } from '../../test/books.ts';
import { startModelServer } from '../../test/model-server.ts';
import type { ModelServer } from '../../test/model-server.ts';
import { startStack } from '../../test/stack.ts';
import type { Stack, TestAccount } from '../../test/stack.ts';
import { until } from '../../test/until.ts';
import { ChurnHome } from '../churn-home.ts';
import type { BooksNow, ObjectsNow } from './judge-books.ts';
import { FAULT_MARK } from './trouble.ts';

export const CHAOS_MODEL = 'chaos/priced';
/** What the model server counts of every prompt. */
export const PROMPT_TOKENS = 7;
const OWN_MODEL = 'say-8x0';
const GRANTED = 10_000_000;
const CALLERS = 3;
const PLACES = ['48.9,2.4,FR', '52.5,13.4,DE', '40.7,-74,US'];
const SLOTS = '16';
/**
 * What waits for what is lost waits less long than deployed, and long enough for a busy machine: a lease that lapses because nobody came to renew it has the
 * account book as free what its caller was told is charged.
 */
const WAITS: Partial<Timings> = {
  retryMs: 400,
  orphanWaitMs: 2500,
  receiptWaitMs: 800,
  holdRenewMs: 2000,
  holdLeaseMs: 20_000,
  holdGraceMs: 2000,
  traceWaitMs: 8000,
  turnWaitMs: 4000,
  coolingMs: 100,
  bookMs: 250,
};

export class ChaosGround {
  readonly stack: Stack;
  readonly homes: ChurnHome[] = [];
  readonly owner: TestAccount;
  readonly callers: readonly TestAccount[];
  /** By door and fault, how many messages went wrong. */
  readonly faults: Record<string, number>;
  readonly #server: ModelServer;
  readonly #copied = new Set<ChurnHome>();
  readonly #stateDirs = new Map<ChurnHome, string>();
  /** By node. */
  readonly #seats = new Map<string, { readonly home: ChurnHome; readonly hub: string }>();
  readonly #chaos: { readonly seed: number; readonly percent: number };
  #life = 0;

  private constructor(parts: {
    stack: Stack;
    server: ModelServer;
    owner: TestAccount;
    callers: readonly TestAccount[];
    faults: Record<string, number>;
    chaos: { readonly seed: number; readonly percent: number };
  }) {
    this.stack = parts.stack;
    this.#server = parts.server;
    this.owner = parts.owner;
    this.callers = parts.callers;
    this.faults = parts.faults;
    this.#chaos = parts.chaos;
  }

  /** Everything is up and calm when it resolves; nothing is left behind when it rejects. `onLog` hears what the router writes. */
  static async open(
    chaos: { readonly seed: number; readonly percent: number; readonly homes: number },
    onLog: (line: string) => void,
  ): Promise<ChaosGround> {
    const faults: Record<string, number> = {};
    const stack = await startStack({
      hasBucket: true,
      worker: 'router/bench/chaos-worker.ts',
      bindings: { CHAOS: JSON.stringify({ seed: 0, percent: 0 }) },
      timings: WAITS,
      ownsSignals: true,
      onLog: (line) => {
        const at = line.indexOf(FAULT_MARK);
        if (at < 0) return onLog(line);
        const name = line.slice(at + FAULT_MARK.length + 1);
        faults[name] = (faults[name] ?? 0) + 1;
      },
    });
    const server = await startModelServer({
      isContinuing: true,
      promptTokens: PROMPT_TOKENS,
      isRemembered: () => false,
    });
    try {
      const owner = await stack.makeAccount(GRANTED);
      const callers = await Promise.all(Array.from({ length: CALLERS }, () => stack.makeAccount(GRANTED)));
      const ground = new ChaosGround({ stack, server, owner, callers, faults, chaos });
      for (let i = 0; i < chaos.homes; i++) await ground.#startHome(i);
      const digest = await learnDigest(stack, owner, OWN_MODEL);
      await listModel(stack, { owner, id: CHAOS_MODEL, digest, homes: chaos.homes });
      ground.#listen();
      return ground;
    } catch (error) {
      await stack.stop();
      await server.stop();
      throw error;
    }
  }

  /** Units granted by account. */
  get granted(): Record<string, number> {
    return Object.fromEntries([this.owner, ...this.callers].map(({ id }) => [id, GRANTED]));
  }

  async #startHome(number: number): Promise<void> {
    const { stack } = this;
    const { json } = await stack.admin('POST', '/nodes/enrolments', { account_id: this.owner.id });
    const stateDir = join(stack.folder, `home-${number}`);
    const home = await ChurnHome.start({
      routerPort: stack.network.port,
      stateDir,
      place: PLACES[number % PLACES.length] ?? '0,0,FR',
      code: String(json['code']),
      args: ['--backend', this.#server.url, '--models', OWN_MODEL, '--slots', SLOTS],
      logFile: null,
    });
    this.homes.push(home);
    this.#stateDirs.set(home, stateDir);
  }

  /** Starts the router again, whose messages go wrong from now on as another draw from the seed will have it. */
  async restart(percent = this.#chaos.percent): Promise<void> {
    this.#life += 1;
    await this.stack.network.restart({ CHAOS: JSON.stringify({ seed: this.#chaos.seed + this.#life, percent }) });
  }

  get #routerDir(): string {
    return join(this.stack.folder, 'router');
  }

  /** The router's whole state as it is on disk when it is killed. */
  async copyRouter(): Promise<void> {
    await this.stack.network.killWorkerd();
    await rm(`${this.#routerDir}-copy`, { recursive: true, force: true });
    await cp(this.#routerDir, `${this.#routerDir}-copy`, { recursive: true });
    await this.restart();
  }

  /** The router goes on from the copy. */
  async restoreRouter(): Promise<void> {
    await this.stack.network.killWorkerd();
    await rm(this.#routerDir, { recursive: true });
    await cp(`${this.#routerDir}-copy`, this.#routerDir, { recursive: true });
    await this.restart();
  }

  /** The home goes on from the copy of its folder that was made the last time; the first time one is made. */
  async restoreHome(home: ChurnHome): Promise<void> {
    const folder = this.#stateDirs.get(home) ?? '';
    await home.lose('kill');
    if (this.#copied.has(home)) {
      await rm(folder, { recursive: true });
      await cp(`${folder}-copy`, folder, { recursive: true });
    } else {
      await cp(folder, `${folder}-copy`, { recursive: true, filter: (path) => !path.endsWith('.sock') });
      this.#copied.add(home);
    }
    await home.giveBack('kill');
  }

  /** One of the Worker's own doors; null where it is down. */
  async ask(path: string, body?: unknown): Promise<unknown> {
    try {
      const response = await fetch(`${this.stack.url}/chaos/${path}`, {
        method: body === undefined ? 'GET' : 'POST',
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return response.ok ? await response.json() : null;
    } catch {
      return null;
    }
  }

  async #readObjects(): Promise<ObjectsNow> {
    const accounts = [this.owner, ...this.callers].map(({ id }) => id).join();
    const nodes = (await this.nodes()).join();
    return until(
      'the objects answer',
      async () => (await this.ask(`objects?accounts=${accounts}&nodes=${nodes}`)) as ObjectsNow,
    );
  }

  /** Ids of the homes; while the books are away they cannot be listed. */
  async nodes(): Promise<string[]> {
    const { data } = await until('the homes are listed', async () => {
      const { status, json } = await this.stack.admin('GET', '/nodes').catch(() => ({ status: 0, json: {} }));
      return status === 200 ? (json as { data: { id: string }[] }) : null;
    });
    return data.map(({ id }) => id);
  }

  /** The home of this id, and the hub that it said last that it sits at; null while it has not said so. */
  find(nodeId: string): { readonly home: ChurnHome; readonly hub: string } | null {
    this.#listen();
    return this.#seats.get(nodeId) ?? null;
  }

  /** Hubs that homes say they sit at. */
  get hubs(): string[] {
    this.#listen();
    return [...new Set([...this.#seats.values()].map(({ hub }) => hub))];
  }

  /** Homes keep their last lines only: what they said of their hubs is remembered here. */
  #listen(): void {
    for (const home of this.homes) {
      const said = [...home.lines.join('\n').matchAll(/connected hub=(\S+) .*node=(\S+)/g)].at(-1);
      if (said) this.#seats.set(said[2] ?? '', { home, hub: said[1] ?? '' });
    }
  }

  async readBooks(): Promise<BooksNow> {
    const { json } = await this.stack.admin('GET', '/ledger/check');
    return {
      books: await readBooks(this.stack),
      check: json as unknown as BooksNow['check'],
      objects: await this.#readObjects(),
      settlements: await readSettlements(await this.stack.network.database()),
    };
  }

  /** The books once nothing moves any more, or as they are after `limitMs`: two looks that see the same. */
  async waitRest(limitMs: number): Promise<BooksNow> {
    let last = '';
    for (const untilAt = Date.now() + limitMs; ; await sleep(500)) {
      const now = await this.readBooks();
      const { accounts, nodes } = now.objects;
      const isOpen =
        accounts.some(({ held, waiting }) => held > 0 || waiting > 0) || nodes.some(({ waiting }) => waiting > 0);
      const told = JSON.stringify([now.books, now.objects, now.settlements.length]);
      const isRest = !isOpen && now.check.ok && told === last && (await this.countUnanswered()) === 0;
      if (isRest || Date.now() > untilAt) return now;
      last = told;
    }
  }

  /** Receipts of all homes that the router has not answered yet, by what they tell their owner. */
  async countUnanswered(): Promise<number> {
    const counts = await Promise.all(
      [...this.#stateDirs.values()].map(async (folder) => {
        const text = await readFile(join(folder, 'status.json'), 'utf8').catch(() => '{}');
        return (JSON.parse(text) as { outbox?: number }).outbox ?? 0;
      }),
    );
    return counts.reduce((sum, count) => sum + count, 0);
  }

  /** Homes dial anew, and offer at once what the router has not answered. */
  redial(): void {
    for (const home of this.homes) home.breakLine();
  }

  /** Hands every settlement over once more; gives how many were not taken. */
  async replay(settlements: readonly SettlementJson[]): Promise<number> {
    const { refused } = (await this.ask('replay', settlements)) as { refused: number };
    return refused;
  }

  async end(): Promise<void> {
    await Promise.all(this.homes.map((home) => home.destroy()));
    await this.stack.stop();
    await this.#server.stop();
  }
}
