// The epochs of one node, in its object's SQLite: in which one an acceptance counts, what stood at the end of each, and the proof of one acceptance. Once
// an epoch is frozen nothing enters it any more, whatever the clock says.
import { fromHex, toHex } from '../../schema/bytes.ts';
import type { Hex } from '../../schema/bytes.ts';
import { epochOf } from '../../schema/epoch.ts';
import { addLeaf, EMPTY_TREE, proveLeaf, rootOf } from '../../schema/running-tree.ts';
import type { RunningTree } from '../../schema/running-tree.ts';
import { ZERO_WORD } from '../../schema/typed-data.ts';
import type { AcceptedHead, ListedReceipt, SealedBatch } from './accepted-receipts.ts';
import { tellSpent } from './lock-earned.ts';
import { packTree, unpackTree } from './epoch-tally.ts';
import { PackedReader, PackedWriter } from './packed-bytes.ts';

/** What stood at the end of an epoch, of all acceptances until then. */
export interface FrozenEpoch {
  readonly epoch: number;
  readonly count: number;
  /** Units. */
  readonly total: number;
  readonly acceptancesRoot: Hex;
  /** Units that were turned into credit, as of when it was frozen: never more than `total`. */
  readonly spent: number;
  /** Units that are held back. */
  readonly withheld: number;
  /** Units that the book has paid it as a newcomer's bonus: the settler adds it. */
  readonly bonus?: number;
}

/** A node's account held against the book, units. */
export interface NodeNow {
  /** What it has accepted by now. */
  readonly total: number;
  /** What the book had just before, with what is older than the book's days. */
  readonly book: number;
  /** What of `total` still stands in its own outbox: what its callers' accounts have not booked is not known here. */
  readonly onWay: number;
}

/** One acceptance, and the hashes that lead from its digest to the root of all acceptances at the end of an epoch. */
export interface AcceptanceProof {
  /** The epoch that it was accepted in. */
  readonly acceptedIn: number;
  readonly receipt: ListedReceipt;
  readonly acceptancesRoot: Hex;
  readonly proof: readonly Hex[];
}

/** Why an acceptance cannot be proven. */
export type ProofFault = 'not-closed' | 'not-kept' | 'not-there';

/** What else moves a node's earnings, in units: as its own books have it. */
export interface NodePurse {
  readonly spent: () => number;
  readonly withheld: () => number;
  /** On the chain, as far as the books were told. */
  readonly claimed: () => number;
}

export interface EpochDoors {
  readonly sql: SqlStorage;
  /** Length of an epoch. */
  readonly seconds: number;
  /** What an epoch leaves to be claimed is claimed on a chain, and never falls. */
  readonly hasChain: boolean;
  readonly purse: NodePurse;
  readonly book: {
    readonly head: AcceptedHead;
    readonly lastId: number;
    readonly listBatches: (untilId: number, limit: number) => SealedBatch[];
    readonly listBefore: (beforeId: number, batches: number) => { readonly receipts: ListedReceipt[] };
  };
}

/** Answers that are told again as they were told first. */
const FROZEN_ROWS = 64;

const TABLES = [
  // One row for each epoch in which something was accepted, for ever: a year of days is 365.
  `CREATE TABLE IF NOT EXISTS epochEnds (epoch INTEGER PRIMARY KEY, count INTEGER NOT NULL, total INTEGER NOT NULL, seals INTEGER NOT NULL,
    lastId INTEGER NOT NULL, root BLOB NOT NULL, history BLOB NOT NULL)`,
  'CREATE TABLE IF NOT EXISTS frozen (epoch INTEGER PRIMARY KEY, told TEXT NOT NULL)',
];

type EndRow = { epoch: number; count: number; total: number; seals: number; lastId: number; history: ArrayBuffer };

export class NodeEpochs {
  readonly #doors: EpochDoors;
  readonly #sql: SqlStorage;
  /** The last epoch that was frozen, and the last that has its row; -1 for none. */
  #closed: number;
  #ended: number;

  constructor(doors: EpochDoors) {
    this.#doors = doors;
    this.#sql = doors.sql;
    for (const table of TABLES) this.#sql.exec(table);
    this.#closed = this.#newest('frozen');
    this.#ended = this.#newest('epochEnds');
  }

  /** That an acceptance of now counts in: the clock's, and never one that is closed, or before that of an earlier acceptance. */
  epochAt(now: number): number {
    return Math.max(epochOf(now, this.#doors.seconds), this.#closed + 1, this.#doors.book.head.tally.epoch);
  }

  /** Acceptances of `epoch` are about to be written: keeps what stood at the end of the one before. For the transaction that writes them. */
  enter(epoch: number): void {
    if (this.#doors.book.head.tally.epoch < epoch) this.#end();
  }

  /**
   * Closes an epoch and all before it, and gives what stood at its end: the same however often it is asked. Throws RangeError for one before the last
   * that was closed, unless it was closed by itself lately.
   */
  freeze(epoch: number): FrozenEpoch {
    const known = this.#sql.exec<{ told: string }>('SELECT told FROM frozen WHERE epoch = ?', epoch).toArray()[0];
    if (known) return JSON.parse(known.told) as FrozenEpoch;
    if (epoch <= this.#closed) throw new RangeError(`epoch ${epoch} was closed with ${this.#closed}`);
    if (this.#doors.book.head.tally.epoch <= epoch) this.#end();
    const end = this.#endOf(epoch);
    const { purse, hasChain, book } = this.#doors;
    const total = end?.total ?? 0;
    const freezing = { total, accepted: book.head.cumulative, spent: purse.spent() };
    const frozen: FrozenEpoch = {
      epoch,
      count: end?.count ?? 0,
      total,
      acceptancesRoot: end ? rootOf(readHistory(end)) : ZERO_WORD,
      // What was earned since and turned into credit at once is told with the next.
      spent: tellSpent({ ...freezing, before: hasChain ? this.lastFrozen : null }),
      withheld: Math.min(total, purse.withheld()),
    };
    this.#sql.exec('INSERT INTO frozen VALUES (?, ?)', epoch, JSON.stringify(frozen));
    this.#sql.exec(
      'DELETE FROM frozen WHERE epoch NOT IN (SELECT epoch FROM frozen ORDER BY epoch DESC LIMIT ?)',
      FROZEN_ROWS,
    );
    this.#closed = epoch;
    return frozen;
  }

  /** The last epoch that was closed; null for none. */
  get closed(): number | null {
    return this.#closed < 0 ? null : this.#closed;
  }

  /** What it stood at; null for none. */
  get lastFrozen(): FrozenEpoch | null {
    const query = 'SELECT told FROM frozen ORDER BY epoch DESC LIMIT 1';
    const told = this.#sql.exec<{ told: string }>(query).toArray()[0]?.told;
    return told === undefined ? null : (JSON.parse(told) as FrozenEpoch);
  }

  /** The proof of the acceptance of this number to the root at the end of an epoch, while it is kept: a week. */
  prove(count: number, epoch: number): AcceptanceProof | ProofFault {
    if (epoch > this.#closed) return 'not-closed';
    const ends = this.#sql
      .exec<EndRow & { root: ArrayBuffer }>('SELECT * FROM epochEnds WHERE epoch <= ? ORDER BY epoch', epoch)
      .toArray();
    const place = ends.findIndex((end) => end.count >= count);
    const [end, last] = [ends[place], ends.at(-1)];
    if (count < 1 || !end || !last) return 'not-there';
    const { book } = this.#doors;
    const batches = book.listBatches(end.lastId, end.seals);
    const batch = batches.length === end.seals ? batches.findIndex((one) => one.count >= count) : -1;
    const row = batches[batch];
    const found =
      row && book.listBefore(row.id + 1, 1).receipts.find(({ proof }) => proof.acceptance.count === String(count));
    if (!found) return 'not-kept';
    return {
      acceptedIn: end.epoch,
      receipt: found,
      acceptancesRoot: rootOf(readHistory(last)),
      proof: [
        ...((found.proof.acceptanceSeal?.proof ?? []) as Hex[]),
        ...proveLeaf(
          batches.map(({ sealRoot }) => sealRoot),
          batch,
        ),
        ...proveLeaf(
          ends.map(({ root }) => toHex(new Uint8Array(root))),
          place,
        ),
      ],
    };
  }

  /** Writes the row of the epoch that the newest acceptances are in, unless that was done. */
  #end(): void {
    const { head, lastId } = this.#doors.book;
    const { epoch, tree } = head.tally;
    if (tree.leaves === 0 || epoch <= this.#ended) return;
    const before = this.#endOf(epoch);
    const root = rootOf(tree);
    const history = new PackedWriter();
    packTree(history, addLeaf(before ? readHistory(before) : EMPTY_TREE, root));
    const totals = [head.count, head.cumulative, tree.leaves, lastId];
    this.#sql.exec(
      'INSERT INTO epochEnds VALUES (?, ?, ?, ?, ?, ?, ?)',
      epoch,
      ...totals,
      fromHex(root),
      history.take(),
    );
    this.#ended = epoch;
  }

  #endOf(epoch: number): EndRow | undefined {
    return this.#sql
      .exec<EndRow>('SELECT * FROM epochEnds WHERE epoch <= ? ORDER BY epoch DESC LIMIT 1', epoch)
      .toArray()[0];
  }

  #newest(table: 'frozen' | 'epochEnds'): number {
    return this.#sql.exec<{ epoch: number | null }>(`SELECT max(epoch) AS epoch FROM ${table}`).one().epoch ?? -1;
  }
}

function readHistory({ history }: EndRow): RunningTree {
  return unpackTree(new PackedReader(new Uint8Array(history)));
}
