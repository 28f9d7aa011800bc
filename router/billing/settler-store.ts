// What the settler remembers, in its object's SQLite: how far the epoch is that is being closed, what is known of each node in it, and the leaves of the
// last files.
import type { Hex } from '../../schema/bytes.ts';
import { epochLeafSchema, payableOf, toLeafJson } from '../../schema/epoch-leaf.ts';
import type { EpochLeaf, EpochLeafJson } from '../../schema/epoch-leaf.ts';
import type { EpochFile, KeptReason } from '../../schema/epoch-file.ts';
import type { Gap } from './decide-epoch.ts';
import type { Domain } from '../../schema/typed-data.ts';
import type { PublishedRoot } from '../chain/epoch-posting.ts';
import type { FrozenEpoch } from './node-epochs.ts';

/**
 * open: nodes are being frozen; frozen: all are, and the book is asked of each; gathered: those that do not agree yet are asked again; checked: every
 * node has its verdict; published: the file can be read by anyone.
 */
export const STATES = ['open', 'frozen', 'gathered', 'checked', 'published'] as const;
export type EpochState = (typeof STATES)[number];

export interface EpochRow {
  readonly epoch: number;
  readonly state: EpochState;
  /** The last node of the step that is done with; '' before the first. */
  readonly cursor: string;
  /** When the step after `frozen` began, ms since epoch. */
  readonly gatheredAt: number;
  /** Of the published file. */
  readonly root: Hex | null;
  readonly sha256: string | null;
}

export interface ListedNode {
  readonly id: string;
  readonly address: Hex;
  readonly wallet: Hex | null;
}

export interface SettledNode extends ListedNode {
  readonly frozen: FrozenEpoch | null;
  readonly book: number | null;
  /** As the look before found it. */
  readonly gap: Gap | null;
  /** Null until it has one. */
  readonly verdict: 'agreed' | KeptReason | null;
}

/** Of so many epochs leaves and verdicts are kept here. */
const KEPT_EPOCHS = 2;

const TABLES = [
  `CREATE TABLE IF NOT EXISTS epochs (epoch INTEGER PRIMARY KEY, state TEXT NOT NULL, cursor TEXT NOT NULL, gatheredAt INTEGER NOT NULL, root TEXT,
    sha256 TEXT)`,
  `CREATE TABLE IF NOT EXISTS nodes (epoch INTEGER NOT NULL, id TEXT NOT NULL, address TEXT NOT NULL, wallet TEXT, frozen TEXT, book INTEGER,
    verdict TEXT, PRIMARY KEY (epoch, id)) WITHOUT ROWID`,
  // Of nodes that wait for their verdict.
  `CREATE TABLE IF NOT EXISTS gaps (epoch INTEGER NOT NULL, id TEXT NOT NULL, units INTEGER NOT NULL, since INTEGER NOT NULL, PRIMARY KEY (epoch, id))
    WITHOUT ROWID`,
  'CREATE TABLE IF NOT EXISTS leaves (epoch INTEGER NOT NULL, node TEXT NOT NULL, leaf TEXT NOT NULL, PRIMARY KEY (epoch, node)) WITHOUT ROWID',
  // Published files: in which domain, and whether a node's account was away, so that the root is not one to sign.
  'CREATE TABLE IF NOT EXISTS files (epoch INTEGER PRIMARY KEY, domain TEXT NOT NULL, isWhole INTEGER NOT NULL)',
];

type NodeRow = {
  id: string;
  address: Hex;
  wallet: Hex | null;
  frozen: string | null;
  book: number | null;
  verdict: string | null;
  units?: number | null;
  since?: number | null;
};

const NODES =
  'SELECT nodes.*, gaps.units, gaps.since FROM nodes LEFT JOIN gaps ON gaps.epoch = nodes.epoch AND gaps.id = nodes.id';

export class SettlerStore {
  readonly #storage: DurableObjectStorage;
  readonly #sql: SqlStorage;
  #root: PublishedRoot | null = null;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    this.#sql = storage.sql;
    for (const table of TABLES) this.#sql.exec(table);
  }

  /** The newest epoch, whatever its state. */
  newest(): EpochRow | null {
    return (
      (this.#sql.exec('SELECT * FROM epochs ORDER BY epoch DESC LIMIT 1').toArray()[0] as EpochRow | undefined) ?? null
    );
  }

  /** The newest whose file is published. */
  published(): EpochRow | null {
    const query = "SELECT * FROM epochs WHERE state = 'published' ORDER BY epoch DESC LIMIT 1";
    return (this.#sql.exec(query).toArray()[0] as EpochRow | undefined) ?? null;
  }

  open(epoch: number): void {
    this.#sql.exec("INSERT INTO epochs VALUES (?, 'open', '', 0, NULL, NULL) ON CONFLICT DO NOTHING", epoch);
  }

  /** A file that was published before this object knew of it: an earlier one's storage is gone. */
  recall(file: EpochFile, sha256: string): void {
    this.#storage.transactionSync(() => {
      const insert = "INSERT OR REPLACE INTO epochs VALUES (?, 'published', '', 0, ?, ?)";
      this.#sql.exec(insert, file.epoch, file.root, sha256);
      this.#keepFile(file);
    });
  }

  /** Writes down a page of frozen nodes and where the next begins; `isLast`: there is none. */
  keepFrozen(
    epoch: number,
    page: readonly (ListedNode & { readonly frozen: FrozenEpoch | null })[],
    isLast: boolean,
  ): void {
    this.#storage.transactionSync(() => {
      for (const { id, address, wallet, frozen } of page)
        this.#sql.exec(
          'INSERT OR REPLACE INTO nodes VALUES (?, ?, ?, ?, ?, NULL, NULL)',
          epoch,
          id,
          address,
          wallet,
          frozen && JSON.stringify(frozen),
        );
      this.#turnPage(epoch, page.at(-1)?.id, isLast ? 'frozen' : null);
    });
  }

  /** The next nodes of the step, in their order: all, or those without a verdict. */
  listNodes(epoch: number, after: string, limit: number, isWaiting: boolean): SettledNode[] {
    const waiting = isWaiting ? 'AND verdict IS NULL' : '';
    const query = `${NODES} WHERE nodes.epoch = ? AND nodes.id > ? ${waiting} ORDER BY nodes.id LIMIT ?`;
    return this.#sql.exec<NodeRow>(query, epoch, after, limit).toArray().map(readNode);
  }

  /** Writes down what a page of nodes came to; `next`: the state after it, null while there are more pages. */
  keepVerdicts(
    epoch: number,
    page: readonly SettledNode[],
    next: { readonly state: EpochState; readonly at: number } | null,
  ): void {
    this.#storage.transactionSync(() => {
      for (const { id, frozen, book, gap, verdict } of page) {
        const values = [frozen && JSON.stringify(frozen), book, verdict, epoch, id];
        this.#sql.exec('UPDATE nodes SET frozen = ?, book = ?, verdict = ? WHERE epoch = ? AND id = ?', ...values);
        this.#keepGap(epoch, id, verdict === null ? gap : null);
      }
      this.#turnPage(epoch, page.at(-1)?.id, next?.state ?? null);
      if (next?.state === 'gathered')
        this.#sql.exec('UPDATE epochs SET gatheredAt = ? WHERE epoch = ? AND gatheredAt = 0', next.at, epoch);
    });
  }

  /** The file is where everyone reads it: its leaves are the last that were agreed on. */
  publish(file: EpochFile, sha256: string): void {
    this.#storage.transactionSync(() => {
      const set = "UPDATE epochs SET state = 'published', cursor = '', root = ?, sha256 = ? WHERE epoch = ?";
      this.#sql.exec(set, file.root, sha256, file.epoch);
      this.#keepFile(file);
    });
  }

  /** Whether a published file is of this domain: what was published before there was a chain is not paid by there. */
  isOf(epoch: number, domain: Domain): boolean {
    const query = 'SELECT 1 FROM files WHERE epoch = ? AND domain = ?';
    return this.#sql.exec(query, epoch, nameOf(domain)).toArray().length > 0;
  }

  /** The newest published file as a root of this domain; null for none. */
  publishedRoot(domain: Domain): PublishedRoot | null {
    const row = this.published();
    if (!row?.root || !row.sha256) return null;
    if (this.#root?.epoch !== row.epoch) {
      const total = this.listLeaves(row.epoch).reduce((sum, leaf) => sum + payableOf(leaf), 0n);
      const isWhole =
        this.#sql.exec('SELECT 1 FROM files WHERE epoch = ? AND isWhole = 1', row.epoch).toArray().length > 0;
      const isSignable = isWhole && this.isOf(row.epoch, domain);
      this.#root = { epoch: row.epoch, root: row.root, fileHash: `0x${row.sha256}`, total, isSignable };
    }
    return this.#root;
  }

  leafOf(epoch: number, node: Hex): EpochLeaf | null {
    const query = 'SELECT leaf FROM leaves WHERE epoch = ? AND node = ?';
    const row = this.#sql.exec<{ leaf: string }>(query, epoch, node).toArray()[0];
    return row ? readLeaf(row.leaf) : null;
  }

  listLeaves(epoch: number): EpochLeaf[] {
    const rows = this.#sql
      .exec<{ leaf: string }>('SELECT leaf FROM leaves WHERE epoch = ? ORDER BY node', epoch)
      .toArray();
    return rows.map(({ leaf }) => readLeaf(leaf));
  }

  findNode(epoch: number, id: string): SettledNode | null {
    const query = 'SELECT * FROM nodes WHERE epoch = ? AND id = ?';
    const row = this.#sql.exec<NodeRow>(query, epoch, id).toArray()[0];
    return row ? readNode(row) : null;
  }

  /** Those of whose account and book do not agree. */
  listKept(epoch: number): SettledNode[] {
    const query = "SELECT * FROM nodes WHERE epoch = ? AND verdict <> 'agreed' ORDER BY address";
    return this.#sql.exec<NodeRow>(query, epoch).toArray().map(readNode);
  }

  #keepGap(epoch: number, id: string, gap: Gap | null): void {
    if (gap) this.#sql.exec('INSERT OR REPLACE INTO gaps VALUES (?, ?, ?, ?)', epoch, id, gap.units, gap.since);
    else this.#sql.exec('DELETE FROM gaps WHERE epoch = ? AND id = ?', epoch, id);
  }

  #keepFile({ epoch, domain, leaves, kept }: EpochFile): void {
    const isWhole = kept.every(({ reason }) => reason !== 'account-away');
    this.#sql.exec('INSERT OR REPLACE INTO files VALUES (?, ?, ?)', epoch, nameOf(domain), isWhole ? 1 : 0);
    for (const leaf of leaves) {
      const json = JSON.stringify(toLeafJson(leaf));
      this.#sql.exec('INSERT OR REPLACE INTO leaves VALUES (?, ?, ?)', epoch, leaf.node, json);
    }
    const newest = "SELECT epoch FROM epochs WHERE state = 'published' ORDER BY epoch DESC LIMIT ?";
    for (const table of ['leaves', 'nodes', 'gaps', 'files', 'epochs'])
      this.#sql.exec(`DELETE FROM ${table} WHERE epoch <= ? AND epoch NOT IN (${newest})`, epoch, KEPT_EPOCHS);
  }

  #turnPage(epoch: number, last: string | undefined, next: EpochState | null): void {
    if (next) this.#sql.exec("UPDATE epochs SET state = ?, cursor = '' WHERE epoch = ?", next, epoch);
    else if (last !== undefined) this.#sql.exec('UPDATE epochs SET cursor = ? WHERE epoch = ?', last, epoch);
  }
}

function readNode({ frozen, verdict, ...row }: NodeRow): SettledNode {
  const { id, address, wallet, book, units, since } = row;
  return {
    id,
    address,
    wallet,
    book,
    gap: typeof units === 'number' && typeof since === 'number' ? { units, since } : null,
    frozen: frozen === null ? null : (JSON.parse(frozen) as FrozenEpoch),
    verdict: verdict as SettledNode['verdict'],
  };
}

function readLeaf(text: string): EpochLeaf {
  return epochLeafSchema.parse(JSON.parse(text) as EpochLeafJson);
}

function nameOf({ chainId, verifyingContract }: Domain): string {
  return `${chainId} ${verifyingContract}`;
}
