// Seals of one node's receipts, each number's first: a second one under the same number that is not the same seal is evidence against the node, since
// who signs honestly never signs two. Both are kept, as far as a few of them go; what they cover is judged by itself.
import type { Hex } from '../../schema/bytes.ts';
import { BoundedMap } from '../../schema/bounded-map.ts';
import { contradicts } from '../../schema/seal.ts';
import type { Seal, SealJson } from '../../schema/seal.ts';

export interface SignedSeal {
  readonly seal: Seal;
  readonly signature: Hex;
}

interface SignedSealJson {
  readonly seal: SealJson;
  readonly signature: string;
}

/** Seals remembered beside those of accepted receipts; pairs of evidence that are kept. */
const MOST_KNOWN = 256;
const MOST_KEPT = 16;

const TABLE =
  'CREATE TABLE IF NOT EXISTS sealEvidence (number TEXT NOT NULL, first TEXT NOT NULL, second TEXT NOT NULL, PRIMARY KEY (number, second)) WITHOUT ROWID';

export class SealWatch {
  readonly #sql: SqlStorage;
  readonly #find: (number: bigint) => SignedSeal | null;
  readonly #known = new BoundedMap<bigint, SignedSeal>(MOST_KNOWN);

  /** `find`: the seal of this number that accepted receipts stand under. */
  constructor(sql: SqlStorage, find: (number: bigint) => SignedSeal | null) {
    this.#sql = sql;
    this.#find = find;
    sql.exec(TABLE);
  }

  /** Pairs that contradict each other, MOST_KEPT at most. */
  get count(): number {
    return this.#sql.exec<{ n: number }>('SELECT count(*) AS n FROM sealEvidence').one().n;
  }

  /** Each pair, as it is kept. */
  list(): { readonly one: SignedSealJson; readonly other: SignedSealJson }[] {
    const query = 'SELECT first, second FROM sealEvidence ORDER BY number, second';
    return this.#sql
      .exec<{ first: string; second: string }>(query)
      .toArray()
      .map(({ first, second }) => ({ one: readSigned(first), other: readSigned(second) }));
  }

  /** Notes a seal that its node has signed; true where it contradicts an earlier one for the first time. */
  note(signed: SignedSeal): boolean {
    const { number } = signed.seal;
    const first = this.#known.get(number) ?? this.#find(number);
    if (!first) {
      this.#known.set(number, signed);
      return false;
    }
    if (!this.#known.get(number)) this.#known.set(number, first);
    if (!contradicts(first.seal, signed.seal) || this.count >= MOST_KEPT) return false;
    const pair = [first, signed].map(({ seal, signature }) => JSON.stringify({ ...seal, signature }, toText));
    const insert = 'INSERT OR IGNORE INTO sealEvidence VALUES (?, ?, ?)';
    return this.#sql.exec(insert, String(number), ...pair).rowsWritten > 0;
  }
}

function readSigned(text: string): SignedSealJson {
  const { signature, ...seal } = JSON.parse(text) as SealJson & { readonly signature: string };
  return { seal, signature };
}

function toText(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}
