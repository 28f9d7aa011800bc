// What was signed for a chain and what was sent there, in the settler's SQLite: written down before it leaves, so that whoever comes after a crash knows what may
// be on its way. Two things are refused here whoever asks: another root of an epoch, and a nonce for two epochs.
import type { Hex } from '../../schema/bytes.ts';
import type { EpochRoot } from '../../schema/chain-abi.ts';
import type { BlockName, EpochPost, PostEnd, PostJournal, SentPost } from './decide-post.ts';

/** So many epochs that ended are remembered. */
const KEPT_POSTS = 32;

const TABLES = [
  `CREATE TABLE IF NOT EXISTS posts (epoch INTEGER PRIMARY KEY, root TEXT NOT NULL, fileHash TEXT NOT NULL, total TEXT NOT NULL,
    deadline INTEGER NOT NULL, signature TEXT, end TEXT)`,
  `CREATE TABLE IF NOT EXISTS sent (hash TEXT PRIMARY KEY, epoch INTEGER NOT NULL, nonce INTEGER NOT NULL, raw TEXT NOT NULL, maxFee TEXT NOT NULL,
    tip TEXT NOT NULL, gas TEXT NOT NULL, block INTEGER NOT NULL, at INTEGER NOT NULL, sentAt INTEGER NOT NULL)`,
  // The block that the chain is known by; one row.
  'CREATE TABLE IF NOT EXISTS anchor (id INTEGER PRIMARY KEY CHECK (id = 1), number INTEGER NOT NULL, hash TEXT NOT NULL)',
];

type PostRow = {
  epoch: number;
  root: Hex;
  fileHash: Hex;
  total: string;
  deadline: number;
  signature: Hex | null;
  end: PostEnd | null;
};
type SentRow = Omit<SentPost, 'maxFee' | 'tip' | 'gas'> & { maxFee: string; tip: string; gas: string };

export class PostLog {
  readonly #storage: DurableObjectStorage;
  readonly #sql: SqlStorage;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    this.#sql = storage.sql;
    for (const table of TABLES) this.#sql.exec(table);
  }

  read(): Omit<PostJournal, 'closing' | 'chainId'> {
    const posts = this.#sql.exec('SELECT * FROM posts ORDER BY epoch').toArray() as PostRow[];
    const sent = this.#sql.exec('SELECT * FROM sent ORDER BY nonce, rowid').toArray() as unknown as SentRow[];
    const anchor = this.#sql.exec('SELECT number, hash FROM anchor').toArray()[0] as BlockName | undefined;
    return { posts: posts.map(readPost), sent: sent.map(readSent), anchor: anchor ?? null };
  }

  /** A published file's root, as it will be signed. What is known of its epoch, or a later one, stands. Throws Error where that has another root. */
  add({ epoch, root, fileHash, total, deadline }: EpochRoot): void {
    const known = this.#sql.exec('SELECT * FROM posts WHERE epoch >= ? ORDER BY epoch', epoch).toArray() as PostRow[];
    const same = known.find((row) => row.epoch === epoch);
    if (same && (same.root !== root || same.fileHash !== fileHash || same.total !== String(total)))
      throw new Error(`epoch ${epoch} has the root ${same.root} and gets no other`);
    if (known.length > 0) return;
    const insert = 'INSERT INTO posts VALUES (?, ?, ?, ?, ?, NULL, NULL)';
    this.#sql.exec(insert, epoch, root, fileHash, String(total), deadline);
  }

  /** The first signature of an epoch stands. */
  sign(epoch: number, signature: Hex): void {
    this.#sql.exec('UPDATE posts SET signature = ? WHERE epoch = ? AND signature IS NULL', signature, epoch);
  }

  /** To be written before it is sent. Throws Error where its nonce is another epoch's. */
  keep({ epoch, nonce, hash, raw, maxFee, tip, gas, block, at, sentAt }: SentPost): void {
    this.#storage.transactionSync(() => {
      const others = 'SELECT epoch FROM sent WHERE nonce = ? AND epoch <> ?';
      if (this.#sql.exec(others, nonce, epoch).toArray().length > 0)
        throw new Error(`the nonce ${nonce} is another epoch's and not ${epoch}'s`);
      const values = [hash, epoch, nonce, raw, String(maxFee), String(tip), String(gas), block, at, sentAt];
      this.#sql.exec('INSERT OR IGNORE INTO sent VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)', ...values);
    });
  }

  noteResent(hash: Hex, sentAt: number): void {
    this.#sql.exec('UPDATE sent SET sentAt = ? WHERE hash = ?', sentAt, hash);
  }

  end(epoch: number, as: PostEnd): void {
    this.#sql.exec('UPDATE posts SET end = ? WHERE epoch = ? AND end IS NULL', as, epoch);
  }

  /** The chain was seen as it is known. `deepNonce`: what lies below it is used for ever, and is let go of with its epoch. */
  settle(anchor: BlockName, deepNonce: number): void {
    this.#storage.transactionSync(() => {
      const set = `INSERT INTO anchor VALUES (1, ?, ?) ON CONFLICT (id) DO UPDATE SET number = excluded.number, hash = excluded.hash
        WHERE excluded.number > anchor.number`;
      this.#sql.exec(set, anchor.number, anchor.hash);
      const open = 'SELECT epoch FROM posts WHERE end IS NULL';
      this.#sql.exec(`DELETE FROM sent WHERE nonce < ? AND epoch NOT IN (${open})`, deepNonce);
      const kept = 'SELECT epoch FROM posts ORDER BY epoch DESC LIMIT ?';
      this.#sql.exec(`DELETE FROM posts WHERE end IS NOT NULL AND epoch NOT IN (${kept})`, KEPT_POSTS);
    });
  }
}

function readPost({ epoch, root, fileHash, total, deadline, signature, end }: PostRow): EpochPost {
  return { signed: { epoch, root, fileHash, total: BigInt(total), deadline }, signature, end };
}

function readSent({ maxFee, tip, gas, ...row }: SentRow): SentPost {
  return { ...row, maxFee: BigInt(maxFee), tip: BigInt(tip), gas: BigInt(gas) };
}
