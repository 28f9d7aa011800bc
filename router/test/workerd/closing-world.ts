// The settler's steps over real SQLite, with accounts and a book that are the test's.
import { nodeIdOf } from '../../../schema/ids.ts';
import { parseEpochFile } from '../../../schema/epoch-file.ts';
import type { EpochFile } from '../../../schema/epoch-file.ts';
import { PLACEHOLDER_DOMAIN, ZERO_WORD } from '../../../schema/typed-data.ts';
import type { Domain } from '../../../schema/typed-data.ts';
import { toHex } from '../../../schema/bytes.ts';
import type { Hex } from '../../../schema/bytes.ts';
import { sha256 } from '../../auth/digest.ts';
import { EpochClosing } from '../../billing/epoch-closing.ts';
import type { ClosingDoors } from '../../billing/epoch-closing.ts';
import { makeEpochShelf } from '../../billing/epoch-shelf.ts';
import type { EpochFiles } from '../../billing/epoch-shelf.ts';
import { SettlerStore } from '../../billing/settler-store.ts';
import { FakeD1, FakeStorage, readMigrations } from './sqlite-objects.ts';

export const SECONDS = 60;
export const EPOCH = 1000;
export const OVER = (EPOCH + 1) * 60_000 + 6000;
const MIGRATIONS = readMigrations();

const hashOf = (text: string): string => toHex(sha256(new TextEncoder().encode(text))).slice(2);

interface TestHome {
  readonly id: string;
  readonly address: Hex;
  total: number;
  count: number;
  spent: number;
  /** What the book has, where it is another. */
  book?: number;
  isAway?: boolean;
  /** Epochs that were frozen, in their order. */
  readonly frozen: number[];
}

export class ClosingWorld {
  readonly homes: TestHome[];
  readonly d1 = new FakeD1(MIGRATIONS);
  readonly storage = new FakeStorage();
  now = OVER;
  calls = 0;
  /** At this call of a door the object dies: before it is done, or after. */
  dieAt = Number.POSITIVE_INFINITY;
  diesAfter = false;
  files: EpochFiles | null = null;
  domain: Domain = PLACEHOLDER_DOMAIN;
  closing: EpochClosing;
  store!: SettlerStore;

  constructor(homes: number) {
    this.homes = Array.from({ length: homes }, (_, i) => {
      const address: Hex = `0x${(i + 1).toString(16).padStart(4, '0').repeat(10)}`;
      return { id: nodeIdOf(address), address, total: 100 * i, count: i, spent: 0, frozen: [] };
    }).toSorted((a, b) => (a.id < b.id ? -1 : 1));
    this.closing = this.open();
  }

  get shelf() {
    return makeEpochShelf({ database: this.d1.door, files: this.files, sha256: hashOf, now: () => this.now });
  }

  open(): EpochClosing {
    const through = async <T>(work: () => T | Promise<T>): Promise<T> => {
      this.calls += 1;
      const isLast = this.calls === this.dieAt;
      if (isLast && !this.diesAfter) throw new Error('the object is gone');
      const done = await work();
      if (isLast) throw new Error('the object is gone');
      return done;
    };
    const find = (id: string): TestHome => this.homes.find((home) => home.id === id)!;
    const { shelf } = this;
    const doors: ClosingDoors = {
      seconds: SECONDS,
      domain: this.domain,
      hasChain: this.domain !== PLACEHOLDER_DOMAIN,
      pageNodes: 3,
      listNodes: (after, limit) =>
        through(() =>
          this.homes
            .filter(({ id }) => id > after)
            .slice(0, limit)
            .map(({ id, address }) => ({ id, address, wallet: null })),
        ),
      freeze: (nodeId, epoch) => {
        const home = find(nodeId);
        if (home.isAway) return Promise.reject(new Error('away'));
        home.frozen.push(epoch);
        this.calls += 1;
        // Frozen, and nobody could write it down: what this life still writes reaches no disk.
        if (this.calls === this.dieAt) this.storage.open();
        const { total, count, spent } = home;
        return Promise.resolve({ epoch, count, total, acceptancesRoot: ZERO_WORD, spent, withheld: 0 });
      },
      holdAgainst: (nodeId, book) => through(() => ({ total: find(nodeId).total, book, onWay: 0 })),
      payBonuses: null,
      earnedBy: (nodeId) => through(() => find(nodeId).book ?? find(nodeId).total),
      shelf: {
        ...shelf,
        publish: (file, text) => through(() => shelf.publish(file, text)),
        last: () => through(() => shelf.last()),
      },
      now: () => this.now,
    };
    this.store = new SettlerStore(this.storage.open() as DurableObjectStorage);
    this.closing = new EpochClosing(this.store, doors);
    return this.closing;
  }

  /** Ticks until there is nothing more to do, with time passing as the settler asks; dies and comes back on the way. */
  async close(): Promise<void> {
    for (let ticks = 0; ticks < 200; ticks++) {
      try {
        const { againAt } = await this.closing.tick(this.now);
        if (againAt === null) return;
        this.now = Math.max(this.now, againAt);
      } catch {
        this.open();
      }
    }
    throw new Error('the epoch was never closed');
  }

  async read(epoch: number): Promise<{ text: string; file: EpochFile; sha256: string }> {
    const text = (await this.shelf.read(epoch)) ?? '';
    const file = parseEpochFile(text);
    if (!file.ok) throw new Error(file.error);
    return { text, file: file.value, sha256: hashOf(text) };
  }
}
