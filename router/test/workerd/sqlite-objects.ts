// Durable Objects' storage and D1 over Node's own SQLite, in memory: the router's real objects and ledger run in a plain process, fast enough for
// thousands of runs. Only what they use is here.

interface Statement {
  readonly all: (...values: unknown[]) => Record<string, unknown>[];
  readonly run: (...values: unknown[]) => unknown;
}
interface Database {
  readonly exec: (sql: string) => void;
  readonly prepare: (sql: string) => Statement;
}

interface NodeFiles {
  readonly readdirSync: (path: URL) => string[];
  readonly readFileSync: (path: URL, encoding: 'utf8') => string;
}

// Their types are Node's, which this folder does not have.
const [SQLITE, FILES]: string[] = ['node:sqlite', 'node:fs'];
const { DatabaseSync } = (await import(/* @vite-ignore */ SQLITE ?? '')) as {
  DatabaseSync: new (path: string) => Database;
};
const { readdirSync, readFileSync } = (await import(/* @vite-ignore */ FILES ?? '')) as NodeFiles;

/** A number of the environment, for runs by hand. */
export function readCount(name: string, usual: number): number {
  const { process } = globalThis as { readonly process?: { readonly env: Readonly<Record<string, string>> } };
  return Number(process?.env[name] ?? usual);
}

/** The tables as every D1 has them. */
export function readMigrations(): string[] {
  const folder = new URL('../../../migrations/', (import.meta as unknown as { url: string }).url);
  const names = readdirSync(folder).filter((name) => name.endsWith('.sql'));
  return names.toSorted().map((name) => readFileSync(new URL(name, folder), 'utf8'));
}

/** Statements are prepared once: they are few, and run thousands of times. */
class Sqlite {
  readonly #database = new DatabaseSync(':memory:');
  readonly #statements = new Map<string, Statement>();
  #depth = 0;

  all(sql: string, values: readonly unknown[]): Record<string, unknown>[] {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement.all(...values);
  }

  exec(sql: string): void {
    this.#database.exec(sql);
  }

  transaction<T>(work: () => T): T {
    const name = `t${this.#depth++}`;
    this.#database.exec(`SAVEPOINT ${name}`);
    try {
      const result = work();
      this.#database.exec(`RELEASE ${name}`);
      return result;
    } catch (error) {
      this.#database.exec(`ROLLBACK TO ${name}`);
      this.#database.exec(`RELEASE ${name}`);
      throw error;
    } finally {
      this.#depth -= 1;
    }
  }
}

/** One object's storage, which outlives the object; its alarm rings only when a test says so. */
export class FakeStorage {
  readonly #sqlite = new Sqlite();
  #life = 0;
  alarmAt: number | null = null;

  /** The storage as one life of its object has it: an earlier one reaches it no more, whatever it still waits for. */
  open(): object {
    const life = ++this.#life;
    const live = (): Sqlite => {
      if (life !== this.#life) throw new Error('the object is gone');
      return this.#sqlite;
    };
    return {
      sql: {
        exec: (query: string, ...values: unknown[]) => {
          const rows = live().all(query, values).map(asInObjects);
          return { toArray: () => rows, one: () => rows[0], [Symbol.iterator]: () => rows[Symbol.iterator]() };
        },
      },
      transactionSync: <T>(work: () => T): T => live().transaction(work),
      getAlarm: async () => this.alarmAt,
      setAlarm: async (at: number) => {
        if (life === this.#life) this.alarmAt = at;
      },
    };
  }
}

/** Bytes as an object's SQLite gives them: with Node's own, a view from some place on is one of all. */
function asInObjects(row: Record<string, unknown>): Record<string, unknown> {
  const entries = Object.entries(row);
  return Object.fromEntries(
    entries.map(([name, value]) => [name, value instanceof Uint8Array ? value.slice().buffer : value]),
  );
}

/** What an object's constructor takes. */
export function makeState(name: string, storage: FakeStorage): DurableObjectState {
  return {
    id: { name },
    storage: storage.open(),
    blockConcurrencyWhile: async (work: () => Promise<void>) => work().catch(() => undefined),
    waitUntil: (work: Promise<unknown>) => void work.catch(() => undefined),
  } as unknown as DurableObjectState;
}

/** A D1 whose next writes can be lost (nothing is written) or unheard (all is). */
export class FakeD1 {
  readonly #sqlite = new Sqlite();
  lost = 0;
  unheard = 0;

  constructor(migrations: readonly string[]) {
    for (const sql of migrations) this.#sqlite.exec(sql);
  }

  read<T>(sql: string, ...values: unknown[]): T[] {
    return this.#sqlite.all(sql, values) as T[];
  }

  /** As the router's doors take it. */
  get door(): D1Database {
    const prepare = (sql: string, values: readonly unknown[] = []): object => ({
      sql,
      values,
      bind: (...bound: unknown[]) => prepare(sql, bound),
      all: async () => ({ results: this.read(sql, ...values) }),
      raw: async () => this.read<object>(sql, ...values).map((row) => Object.values(row)),
      run: async () => ({ results: this.read(sql, ...values) }),
      first: async (column?: string) => {
        const row = this.read<Record<string, unknown>>(sql, ...values)[0];
        return (column === undefined ? row : row?.[column]) ?? null;
      },
    });
    const batch = async (statements: { sql: string; values: unknown[] }[]): Promise<object[]> => {
      if (this.lost > 0 && this.lost-- > 0) throw new Error('D1 is away');
      const results = this.#sqlite.transaction(() =>
        statements.map(({ sql, values }) => ({ results: this.read(sql, ...values) })),
      );
      if (this.unheard > 0 && this.unheard-- > 0) throw new Error('the answer was lost');
      return results;
    };
    return { prepare, batch } as unknown as D1Database;
  }
}
