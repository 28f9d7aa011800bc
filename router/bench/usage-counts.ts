// Everything of a run that the platform bills, counted at the doors of the Worker and its objects: the product knows nothing of it.

/** What the objects of one class did. */
interface ClassCounts {
  /** Fetches and calls from elsewhere. */
  calls: number;
  alarms: number;
  alarmsSet: number;
  socketMessages: number;
  rowsRead: number;
  /** By table. */
  rowsWritten: Record<string, number>;
  /** While a call or an alarm was at work, each object for itself. */
  activeMs: number;
}

export interface UsageCounts {
  workerRequests: number;
  d1: { rowsRead: number; queries: number; rowsWritten: Record<string, number> };
  objects: Record<string, ClassCounts>;
}

function makeCounts(): UsageCounts {
  return { workerRequests: 0, d1: { rowsRead: 0, queries: 0, rowsWritten: {} }, objects: {} };
}

export class UsageMeter {
  readonly counts = makeCounts();
  readonly #busy = new Map<string, { active: number; since: number }>();

  ofClass(name: string): ClassCounts {
    return (this.counts.objects[name] ??= {
      calls: 0,
      alarms: 0,
      alarmsSet: 0,
      socketMessages: 0,
      rowsRead: 0,
      rowsWritten: {},
      activeMs: 0,
    });
  }

  /** Runs what one object does and counts how long it is at it; what it does at once counts once. */
  async work<T>(name: string, id: string, run: () => Promise<T>): Promise<T> {
    const key = `${name}:${id}`;
    const busy = this.#busy.get(key) ?? { active: 0, since: 0 };
    this.#busy.set(key, busy);
    if (busy.active++ === 0) busy.since = Date.now();
    try {
      return await run();
    } finally {
      if (--busy.active === 0) this.ofClass(name).activeMs += Date.now() - busy.since;
    }
  }

  /** The state of an object, whose storage counts from now on. */
  watch(name: string, ctx: DurableObjectState): DurableObjectState {
    const counts = this.ofClass(name);
    const { storage } = ctx;
    const { sql } = storage;
    const exec = sql.exec.bind(sql);
    let last: { readonly cursor: SqlStorageCursor<never>; readonly table: string } | null = null;
    const fold = (): void => {
      if (!last) return;
      counts.rowsRead += last.cursor.rowsRead;
      if (last.cursor.rowsWritten > 0) add(counts.rowsWritten, last.table, last.cursor.rowsWritten);
      last = null;
    };
    const watched = new Proxy(sql, {
      get: (target, key) => {
        if (key !== 'exec') return Reflect.get(target, key, target) as unknown;
        return (query: string, ...values: SqlStorageValue[]) => {
          // What a cursor has written is known once it has been read, which it is before the next statement.
          fold();
          const cursor = exec(query, ...values);
          last = { cursor: cursor as SqlStorageCursor<never>, table: tableOf(query) };
          return cursor;
        };
      },
    });
    this.#folds.push(fold);
    const setAlarm = storage.setAlarm.bind(storage);
    const { kv } = storage;
    const put = kv.put.bind(kv);
    Object.defineProperty(kv, 'put', {
      value: (key: string, value: unknown) => {
        add(counts.rowsWritten, 'kv', 1);
        put(key, value);
      },
    });
    Object.defineProperties(storage, {
      sql: { value: watched },
      kv: { value: kv },
      setAlarm: {
        value: (at: number) => {
          counts.alarmsSet += 1;
          return setAlarm(at);
        },
      },
    });
    Object.defineProperty(ctx, 'storage', { value: storage });
    return ctx;
  }

  readonly #folds: (() => void)[] = [];

  /** All that was counted until now. */
  read(): UsageCounts {
    for (const fold of this.#folds) fold();
    return this.counts;
  }

  /** A database whose statements count. */
  watchD1(database: D1Database): D1Database {
    const real = new WeakMap<object, { readonly statement: D1PreparedStatement; readonly table: string }>();
    const { d1 } = this.counts;
    const count = (meta: { readonly rows_read: number; readonly rows_written: number }, table: string): void => {
      d1.queries += 1;
      d1.rowsRead += meta.rows_read;
      if (meta.rows_written > 0) add(d1.rowsWritten, table, meta.rows_written);
    };
    const wrap = (statement: D1PreparedStatement, table: string): D1PreparedStatement => {
      const all = async (): Promise<D1Result<Record<string, unknown>>> => {
        const result = await statement.all<Record<string, unknown>>();
        count(result.meta, table);
        return result;
      };
      const wrapped = {
        bind: (...values: unknown[]) => wrap(statement.bind(...values), table),
        all,
        run: all,
        first: async (column?: string) => {
          const row = (await all()).results[0];
          return (column === undefined ? row : row?.[column]) ?? null;
        },
        raw: async () => (await all()).results.map((row) => Object.values(row)),
      } as unknown as D1PreparedStatement;
      real.set(wrapped, { statement, table });
      return wrapped;
    };
    return new Proxy(database, {
      get: (target, key) => {
        if (key === 'prepare') return (query: string) => wrap(target.prepare(query), tableOf(query));
        if (key !== 'batch') {
          const value: unknown = Reflect.get(target, key, target);
          return typeof value === 'function' ? value.bind(target) : value;
        }
        return async (statements: D1PreparedStatement[]) => {
          const known = statements.map((one) => real.get(one) ?? { statement: one, table: '?' });
          const results = await target.batch(known.map(({ statement }) => statement));
          for (const [i, { meta }] of results.entries()) count(meta, known[i]?.table ?? '?');
          return results;
        };
      },
    });
  }

  /** A binding of objects whose calls count. */
  watchObjects<T extends Rpc.DurableObjectBranded>(
    name: string,
    namespace: DurableObjectNamespace<T>,
  ): DurableObjectNamespace<T> {
    const wrap = (stub: DurableObjectStub<T>): DurableObjectStub<T> =>
      new Proxy(stub, {
        get: (target, key) => {
          const value: unknown = Reflect.get(target, key, target);
          if (typeof value !== 'function' || typeof key !== 'string') return value;
          return (...values: unknown[]) => {
            this.ofClass(name).calls += 1;
            // A method of a stub is no function of ours: whatever is read of it is a call of its own.
            return this.work(name, target.id.toString(), async () => Reflect.apply(value, target, values) as unknown);
          };
        },
      });
    return new Proxy(namespace, {
      get: (target, key) => {
        const value: unknown = Reflect.get(target, key, target);
        if (typeof value !== 'function') return value;
        if (key !== 'get' && key !== 'getByName') return value.bind(target) as unknown;
        return (...values: unknown[]) =>
          wrap((value as (...args: unknown[]) => DurableObjectStub<T>).call(target, ...values));
      },
    });
  }
}

function add(to: Record<string, number>, name: string, count: number): void {
  to[name] = (to[name] ?? 0) + count;
}

/** The table that a statement writes to, without the number of one of several that take turns. */
function tableOf(query: string): string {
  const found = /(?:INTO|UPDATE|DELETE FROM|TABLE(?: IF (?:NOT )?EXISTS)?)\s+([a-z_]+)/i.exec(query)?.[1];
  return found ?? '?';
}
