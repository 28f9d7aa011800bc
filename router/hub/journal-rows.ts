// The rows of the hub's journal: numbered, each the words of one commit. The newest names the others that hold; the rest is room for later ones, so
// that a commit costs one row written and none deleted.
import type { SettlementJson } from '../../schema/settlement.ts';
import type { Progress } from './bound-lost.ts';

/** What a late receipt or a sweep needs of a part whose hub lost its memory. */
export interface OpenPart {
  readonly ticketHash: string;
  readonly expiresAt: number;
  /** The settlement as far as it is known at the start: no counts, no receipt. */
  readonly draft: SettlementJson;
}

export interface DuePart {
  readonly ticketHash: string;
  readonly settlement: SettlementJson;
}

/** What one commit says. */
export interface JournalRow {
  readonly opened: readonly OpenPart[];
  readonly progress: readonly Progress[];
  readonly ended: readonly DuePart[];
  /** Parts that rows which still hold speak of, and nobody needs any more. */
  readonly gone: readonly string[];
}

interface Stored extends JournalRow {
  /** Numbers of the other rows that hold. */
  readonly holding: readonly number[];
}

interface Row {
  readonly slot: number;
  readonly number: number;
  /** Parts of which it has the last word. */
  readonly needed: Set<string>;
  /** Parts that it says are gone while older rows that hold speak of them. */
  readonly gone: Set<string>;
  /** Every part that it speaks of. */
  readonly spoken: readonly string[];
}

/** Words of one row at most, about 3 kB each: the platform keeps 2 MB in a row. */
const MOST_WORDS = 128;

export class JournalRows {
  readonly #sql: SqlStorage;
  readonly #rows = new Map<number, Row>();
  /** By part, the numbers of the rows that speak of it. */
  readonly #speaking = new Map<string, Set<number>>();
  readonly #freeSlots: number[] = [];
  /** Parts that are gone and that rows still speak of; no row says so yet. */
  readonly #untold = new Set<string>();
  /** By part, the number of the row that says it is gone. */
  readonly #goneIn = new Map<string, number>();
  #slots = 0;
  #last = 0;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(
      'CREATE TABLE IF NOT EXISTS journal (slot INTEGER PRIMARY KEY, number INTEGER NOT NULL, body TEXT NOT NULL)',
    );
  }

  /** The rows that hold, oldest first. */
  load(): JournalRow[] {
    type Kept = { slot: number; number: number; body: string };
    const kept = this.#sql.exec<Kept>('SELECT slot, number, body FROM journal ORDER BY number').toArray();
    const newest = kept.at(-1);
    this.#slots = kept.reduce((most, { slot }) => Math.max(most, slot + 1), 0);
    if (!newest) return [];
    this.#last = newest.number;
    const holding = new Set([...(JSON.parse(newest.body) as Stored).holding, newest.number]);
    const rows = kept.flatMap(({ slot, number, body }) => {
      if (!holding.has(number)) {
        this.#freeSlots.push(slot);
        return [];
      }
      const row = JSON.parse(body) as Stored;
      this.#hold(slot, number, row);
      return [{ number, row }];
    });
    for (const { number } of rows) this.#release(number);
    return rows.map(({ row }) => row);
  }

  /** Writes the words of one commit. */
  add(words: readonly Partial<JournalRow>[]): void {
    for (let at = 0; at < words.length; at += MOST_WORDS) this.#write(words.slice(at, at + MOST_WORDS));
  }

  /** Nobody needs this part any more. */
  free(ticketHash: string): void {
    const speaking = this.#speaking.get(ticketHash);
    if (!speaking) return;
    this.#untold.add(ticketHash);
    for (const number of new Set(speaking)) {
      this.#rows.get(number)?.needed.delete(ticketHash);
      this.#release(number);
    }
  }

  /** Where no part is needed any more. */
  clear(): void {
    if (this.#slots === 0) return;
    this.#sql.exec('DELETE FROM journal');
    this.#rows.clear();
    this.#speaking.clear();
    this.#untold.clear();
    this.#goneIn.clear();
    this.#freeSlots.length = 0;
    this.#slots = 0;
  }

  #write(words: readonly Partial<JournalRow>[]): void {
    const row: JournalRow = {
      opened: words.flatMap(({ opened = [] }) => opened),
      progress: words.flatMap(({ progress = [] }) => progress),
      ended: words.flatMap(({ ended = [] }) => ended),
      gone: [...this.#untold],
    };
    this.#untold.clear();
    const before = this.#last;
    this.#last += 1;
    // The newest row is never written over: it names the others.
    const slot = this.#freeSlots.shift() ?? this.#slots++;
    this.#hold(slot, this.#last, row);
    this.#release(before);
    const holding = [...this.#rows.keys()].filter((number) => number !== this.#last);
    const stored: Stored = { ...row, holding };
    this.#sql.exec('INSERT OR REPLACE INTO journal VALUES (?, ?, ?)', slot, this.#last, JSON.stringify(stored));
  }

  #hold(slot: number, number: number, { opened, progress, ended, gone }: JournalRow): void {
    // An end is the last word; a note of progress leaves the opening in force.
    for (const { ticketHash } of ended) this.#supersede(ticketHash);
    const spoken = new Set([...opened, ...progress, ...ended].map(({ ticketHash }) => ticketHash));
    const spokenBefore = gone.filter((ticketHash) => this.#speaking.has(ticketHash));
    this.#rows.set(number, { slot, number, needed: new Set(spoken), gone: new Set(spokenBefore), spoken: [...spoken] });
    for (const ticketHash of spoken) {
      const speaking = this.#speaking.get(ticketHash) ?? new Set();
      this.#speaking.set(ticketHash, speaking.add(number));
    }
    for (const ticketHash of spokenBefore) {
      this.#goneIn.set(ticketHash, number);
      for (const older of this.#speaking.get(ticketHash) ?? []) this.#rows.get(older)?.needed.delete(ticketHash);
    }
  }

  #supersede(ticketHash: string): void {
    for (const number of new Set(this.#speaking.get(ticketHash))) {
      this.#rows.get(number)?.needed.delete(ticketHash);
      this.#release(number);
    }
  }

  /** A row that has nobody's last word is room for another. */
  #release(number: number): void {
    const row = this.#rows.get(number);
    if (!row || row.needed.size > 0 || row.gone.size > 0 || number === this.#last) return;
    this.#rows.delete(number);
    this.#freeSlots.push(row.slot);
    for (const ticketHash of row.spoken) this.#forgetWord(ticketHash, number);
  }

  /** No older row speaks of it any more: that it is gone need not be said either. */
  #forgetWord(ticketHash: string, number: number): void {
    const speaking = this.#speaking.get(ticketHash);
    speaking?.delete(number);
    if (!speaking || speaking.size > 0) return;
    this.#speaking.delete(ticketHash);
    this.#untold.delete(ticketHash);
    const goneIn = this.#goneIn.get(ticketHash);
    if (goneIn === undefined) return;
    this.#goneIn.delete(ticketHash);
    this.#rows.get(goneIn)?.gone.delete(ticketHash);
    this.#release(goneIn);
  }
}
