// The few Redis commands that presence uses, in memory: the default when no Redis is at hand. Answers as Redis does, errors included; opens nothing.

/** What Redis answers to one command; an error is data here, as it is on the wire. */
export type RedisReply = string | number | null | readonly RedisReply[] | { readonly error: string };

interface StoredHash {
  readonly fields: Map<string, string>;
  expiresAt: number | null;
}

interface CommandRule {
  /** Arguments after the name: least, and most (null = no end). */
  readonly arity: readonly [number, number | null];
  readonly run: (args: readonly string[]) => RedisReply;
}

/** A Redis of hashes in memory. Expiry is lazy: a key past its time is dropped when it is next looked at. */
export class EmbeddedRedis {
  readonly #hashes = new Map<string, StoredHash>();
  readonly #now: () => number;
  readonly #rules: ReadonlyMap<string, CommandRule>;

  /** `now` gives ms since epoch. */
  constructor(now: () => number) {
    this.#now = now;
    this.#rules = new Map<string, CommandRule>([
      ['ping', { arity: [0, 1], run: ([text]) => text ?? 'PONG' }],
      ['hset', { arity: [3, null], run: (args) => this.#hset(args) }],
      ['hget', { arity: [2, 2], run: ([key = '', field = '']) => this.#find(key)?.fields.get(field) ?? null }],
      ['hgetall', { arity: [1, 1], run: ([key = '']) => [...(this.#find(key)?.fields ?? [])].flat() }],
      ['hlen', { arity: [1, 1], run: ([key = '']) => this.#find(key)?.fields.size ?? 0 }],
      ['hdel', { arity: [2, null], run: ([key = '', ...fields]) => this.#hdel(key, fields) }],
      [
        'del',
        { arity: [1, null], run: (keys) => keys.filter((key) => this.#find(key) && this.#hashes.delete(key)).length },
      ],
      ['exists', { arity: [1, null], run: (keys) => keys.filter((key) => this.#find(key)).length }],
      [
        'expire',
        { arity: [2, 2], run: ([key = '', time = '']) => this.#expire({ key, time, unitMs: 1000, name: 'expire' }) },
      ],
      [
        'pexpire',
        { arity: [2, 2], run: ([key = '', time = '']) => this.#expire({ key, time, unitMs: 1, name: 'pexpire' }) },
      ],
      ['ttl', { arity: [1, 1], run: ([key = '']) => this.#ttl(key, 1000) }],
      ['pttl', { arity: [1, 1], run: ([key = '']) => this.#ttl(key, 1) }],
      ['dbsize', { arity: [0, 0], run: () => this.#size() }],
      ['flushdb', { arity: [0, 1], run: () => this.#flush() }],
    ]);
  }

  /** Runs one command, name first. Never throws. */
  execute(command: readonly string[]): RedisReply {
    const [name = '', ...args] = command;
    const rule = this.#rules.get(name.toLowerCase());
    if (!rule) {
      const beginning = args.map((arg) => `'${arg.slice(0, 128)}' `).join('');
      return { error: `ERR unknown command '${name.slice(0, 128)}', with args beginning with: ${beginning}` };
    }
    const [least, most] = rule.arity;
    if (args.length < least || (most !== null && args.length > most)) return wrongArity(name);
    return rule.run(args);
  }

  #hset(args: readonly string[]): RedisReply {
    const [key = '', ...pairs] = args;
    if (pairs.length % 2 !== 0) return wrongArity('hset');
    let hash = this.#find(key);
    if (!hash) {
      hash = { fields: new Map(), expiresAt: null };
      this.#hashes.set(key, hash);
    }
    const before = hash.fields.size;
    for (let at = 0; at < pairs.length; at += 2) hash.fields.set(pairs[at] ?? '', pairs[at + 1] ?? '');
    return hash.fields.size - before;
  }

  #hdel(key: string, fields: readonly string[]): RedisReply {
    const hash = this.#find(key);
    if (!hash) return 0;
    const gone = fields.filter((field) => hash.fields.delete(field)).length;
    if (hash.fields.size === 0) this.#hashes.delete(key);
    return gone;
  }

  #expire(asked: { key: string; time: string; unitMs: number; name: string }): RedisReply {
    if (!/^-?\d{1,18}$/.test(asked.time)) return { error: 'ERR value is not an integer or out of range' };
    const afterMs = Number(asked.time) * asked.unitMs;
    if (Math.abs(afterMs) > Number.MAX_SAFE_INTEGER / 2)
      return { error: `ERR invalid expire time in '${asked.name}' command` };
    const hash = this.#find(asked.key);
    if (!hash) return 0;
    hash.expiresAt = this.#now() + afterMs;
    this.#find(asked.key);
    return 1;
  }

  #ttl(key: string, unitMs: number): RedisReply {
    const hash = this.#find(key);
    if (!hash) return -2;
    return hash.expiresAt === null ? -1 : Math.round((hash.expiresAt - this.#now()) / unitMs);
  }

  #size(): number {
    for (const key of this.#hashes.keys()) this.#find(key);
    return this.#hashes.size;
  }

  #flush(): string {
    this.#hashes.clear();
    return 'OK';
  }

  #find(key: string): StoredHash | undefined {
    const hash = this.#hashes.get(key);
    if (hash && hash.expiresAt !== null && hash.expiresAt <= this.#now()) {
      this.#hashes.delete(key);
      return undefined;
    }
    return hash;
  }
}

function wrongArity(name: string): RedisReply {
  return { error: `ERR wrong number of arguments for '${name.toLowerCase()}' command` };
}
