// What was signed for a chain and what was sent there, in the settler's SQLite: written down before it leaves, so that whoever comes after a crash knows what may
// be on its way. Two things are refused here whoever asks: another root of an epoch, and a nonce for two calls.
import type { Hex } from '../../schema/bytes.ts';
import type { EpochRoot } from '../../schema/chain-messages.ts';
import { stateOf } from './decide-post.ts';
import type { BlockName, EpochPost, PostEnd, PostJournal, PostState, Seen, SentPost } from './decide-post.ts';

/** So many epochs that ended are remembered. */
const KEPT_POSTS = 1000;

const TABLES = [
  `CREATE TABLE IF NOT EXISTS posts (epoch INTEGER PRIMARY KEY, root TEXT NOT NULL, fileHash TEXT NOT NULL, total TEXT NOT NULL, signature TEXT,
    seen TEXT, finalAt INTEGER, tx TEXT, end TEXT)`,
  'CREATE INDEX IF NOT EXISTS waitingPosts ON posts (epoch) WHERE end IS NULL',
  `CREATE TABLE IF NOT EXISTS sent (hash TEXT PRIMARY KEY, epoch INTEGER NOT NULL, kind TEXT NOT NULL, nonce INTEGER NOT NULL, data TEXT NOT NULL,
    raw TEXT NOT NULL, maxFee TEXT NOT NULL, tip TEXT NOT NULL, gas TEXT NOT NULL, block INTEGER NOT NULL, at INTEGER NOT NULL, sentAt INTEGER NOT NULL)`,
  // The block that the chain is known by; one row.
  'CREATE TABLE IF NOT EXISTS anchor (id INTEGER PRIMARY KEY CHECK (id = 1), number INTEGER NOT NULL, hash TEXT NOT NULL)',
];

type PostRow = {
  epoch: number;
  root: Hex;
  fileHash: Hex;
  total: string;
  signature: Hex | null;
  seen: Seen['is'] | null;
  finalAt: number | null;
  tx: Hex | null;
  end: PostEnd | null;
};
type SentRow = Omit<SentPost, 'maxFee' | 'tip' | 'gas'> & { maxFee: string; tip: string; gas: string };

/** What anyone is told of an epoch on the chain. */
export interface ToldPost {
  readonly epoch: number;
  readonly state: PostState;
  /** Where it was posted, or may be; null where that is not known: somebody else can have sent it. */
  readonly tx: Hex | null;
  /** From when on it may be made final, or could, s since 1970; null where it was not seen on the chain. */
  readonly finalAt: number | null;
}

export class PostLog {
  readonly #storage: DurableObjectStorage;
  readonly #sql: SqlStorage;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    this.#sql = storage.sql;
    for (const table of TABLES) this.#sql.exec(table);
  }

  read(): Omit<PostJournal, 'chainId'> {
    const posts = this.#sql.exec('SELECT * FROM posts WHERE end IS NULL ORDER BY epoch').toArray() as PostRow[];
    const anchor = this.#sql.exec('SELECT number, hash FROM anchor').toArray()[0] as BlockName | undefined;
    return { posts: posts.map(readPost), sent: this.#sent(), anchor: anchor ?? null };
  }

  /** One that ended too, while it is remembered. */
  find(epoch: number): EpochPost | null {
    const row = this.#sql.exec('SELECT * FROM posts WHERE epoch = ?', epoch).toArray()[0] as PostRow | undefined;
    return row ? readPost(row) : null;
  }

  /** What is known of the epochs of a span, both ends included. */
  tell(from: number, to: number): ToldPost[] {
    const query = 'SELECT * FROM posts WHERE epoch BETWEEN ? AND ?';
    const rows = this.#sql.exec(query, from, to).toArray() as PostRow[];
    const sent = rows.length > 0 ? this.#sent() : [];
    return rows.map((row) => {
      const own = sent.filter(({ epoch, kind }) => epoch === row.epoch && kind === 'post');
      const { epoch, finalAt } = row;
      return { epoch, state: stateOf(readPost(row), own), tx: row.tx ?? own.at(-1)?.hash ?? null, finalAt };
    });
  }

  /**
   * A published file's root, as it will be signed; `end`: it will not be. What is known of its epoch, or a later one, stands. Throws Error where that has
   * another root.
   */
  add({ epoch, root, fileHash, total }: EpochRoot, end: 'not-signed' | null = null): void {
    const known = this.#sql.exec('SELECT * FROM posts WHERE epoch >= ? ORDER BY epoch', epoch).toArray() as PostRow[];
    const same = known.find((row) => row.epoch === epoch);
    if (same && (same.root !== root || same.fileHash !== fileHash || same.total !== String(total)))
      throw new Error(`epoch ${epoch} has the root ${same.root} and gets no other`);
    if (known.length > 0) return;
    const insert = 'INSERT INTO posts VALUES (?, ?, ?, ?, NULL, NULL, NULL, NULL, ?)';
    this.#sql.exec(insert, epoch, root, fileHash, String(total), end);
  }

  /** The first signature of an epoch stands. */
  sign(epoch: number, signature: Hex): void {
    this.#sql.exec('UPDATE posts SET signature = ? WHERE epoch = ? AND signature IS NULL', signature, epoch);
  }

  /** How a root stands on the chain by now. */
  see(epoch: number, { is, finalAt }: Seen): void {
    this.#sql.exec('UPDATE posts SET seen = ?, finalAt = coalesce(?, finalAt) WHERE epoch = ?', is, finalAt, epoch);
  }

  /** To be written before it is sent. Throws Error where its nonce is another call's. */
  keep({ epoch, kind, nonce, hash, data, raw, maxFee, tip, gas, block, at, sentAt }: SentPost): void {
    this.#storage.transactionSync(() => {
      const others = 'SELECT epoch FROM sent WHERE nonce = ? AND data <> ?';
      if (this.#sql.exec(others, nonce, data).toArray().length > 0)
        throw new Error(`the nonce ${nonce} is another call's and not that of epoch ${epoch}`);
      const values = [hash, epoch, kind, nonce, data, raw, String(maxFee), String(tip), String(gas), block, at, sentAt];
      this.#sql.exec('INSERT OR IGNORE INTO sent VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)', ...values);
    });
  }

  noteResent(hash: Hex, sentAt: number): void {
    this.#sql.exec('UPDATE sent SET sentAt = ? WHERE hash = ?', sentAt, hash);
  }

  /** `tx`: the transaction that brought it to the chain, where it was ours. */
  end(epoch: number, as: PostEnd, tx: Hex | null = null): void {
    this.#sql.exec('UPDATE posts SET end = ?, tx = coalesce(?, tx) WHERE epoch = ? AND end IS NULL', as, tx, epoch);
  }

  /** The chain was seen as it is known. `deepNonce`: what lies below it is used for ever, and is let go of with its epoch. */
  settle(anchor: BlockName, deepNonce: number): void {
    this.#storage.transactionSync(() => {
      const set = `INSERT INTO anchor VALUES (1, ?, ?) ON CONFLICT (id) DO UPDATE SET number = excluded.number, hash = excluded.hash
        WHERE excluded.number > anchor.number`;
      this.#sql.exec(set, anchor.number, anchor.hash);
      const open = 'SELECT epoch FROM posts WHERE end IS NULL';
      this.#sql.exec(`DELETE FROM sent WHERE nonce < ? AND epoch NOT IN (${open})`, deepNonce);
      const kept = 'SELECT epoch FROM posts ORDER BY epoch DESC LIMIT 1 OFFSET ?';
      this.#sql.exec(`DELETE FROM posts WHERE end IS NOT NULL AND epoch <= (${kept})`, KEPT_POSTS);
    });
  }

  #sent(): SentPost[] {
    return (this.#sql.exec('SELECT * FROM sent ORDER BY nonce, rowid').toArray() as unknown as SentRow[]).map(readSent);
  }
}

function readPost({ epoch, root, fileHash, total, signature, seen, finalAt, end }: PostRow): EpochPost {
  const signed = { epoch, root, fileHash, total: BigInt(total) };
  return { signed, signature, seen: seen && { is: seen, finalAt }, end };
}

function readSent({ maxFee, tip, gas, ...row }: SentRow): SentPost {
  return { ...row, maxFee: BigInt(maxFee), tip: BigInt(tip), gas: BigInt(gas) };
}
