// The hub's SQLite: which parts are open, and which settlements wait to be taken by the accounts. All of them are held in memory; the disk has one row for
// each commit, with what opened, got on, ended and went since the one before. A row that nothing needs any more is written over by a later
// commit: the newest row says which others hold. A part that is open when the hub starts died with the memory of an earlier life.
import type { SettlementJson } from '../../schema/settlement.ts';
import type { Progress } from './bound-lost.ts';
import { JournalRows } from './journal-rows.ts';
import type { DuePart, JournalRow, OpenPart } from './journal-rows.ts';

interface Entry {
  expiresAt: number;
  part: OpenPart | null;
  /** Null while it is open. */
  settlement: SettlementJson | null;
  progress: { readonly tokens: number; readonly at: number } | null;
}

export interface JournalDoors {
  readonly storage: Pick<DurableObjectStorage, 'sql' | 'sync' | 'transactionSync'>;
}

/** What a commit has to say of a part. */
type Word = 'opened' | 'progress' | 'ended';

export class Journal {
  readonly #storage: JournalDoors['storage'];
  readonly #rows: JournalRows;
  readonly #entries = new Map<string, Entry>();
  /** By part, what no row says yet. */
  readonly #unwritten = new Map<string, Set<Word>>();
  #syncing: Promise<void> | null = null;
  #next: Promise<void> | null = null;

  constructor({ storage }: JournalDoors) {
    this.#storage = storage;
    this.#rows = new JournalRows(storage.sql);
    for (const row of this.#rows.load()) this.#read(row);
    storage.transactionSync(() => this.#takeOver());
  }

  /** Known at once; on disk with the first commit after its draft is complete. */
  open(part: OpenPart): void {
    this.#entries.set(part.ticketHash, { expiresAt: part.expiresAt, part, settlement: null, progress: null });
  }

  /** Its ticket is signed: with the next commit it outlives the hub's memory. Nothing where it is not open any more. */
  completeDraft(ticketHash: string, draft: SettlementJson): void {
    const entry = this.#entries.get(ticketHash);
    if (!entry?.part) return;
    entry.part = { ...entry.part, draft };
    this.#note(ticketHash, 'opened');
  }

  /** The part ended owing nothing, or all accounts have it: nobody will ask for it again. */
  forget(ticketHash: string): void {
    this.#entries.delete(ticketHash);
    this.#unwritten.delete(ticketHash);
    this.#rows.free(ticketHash);
  }

  /** Notes how far a part has got that still runs. */
  noteProgress({ ticketHash, tokens, at }: Progress): void {
    const entry = this.#entries.get(ticketHash);
    if (!entry || entry.settlement) return;
    entry.progress = { tokens, at };
    this.#note(ticketHash, 'progress');
  }

  /** Null for a part that ran too short to leave a note. */
  findProgress(ticketHash: string): Progress | null {
    const progress = this.#entries.get(ticketHash)?.progress;
    return progress ? { ticketHash, ...progress } : null;
  }

  /** The part is decided: from now on it is delivered until it is acknowledged. */
  markDue(ticketHash: string, settlement: SettlementJson): void {
    const entry = this.#entries.get(ticketHash);
    // Whatever was due first is delivered first.
    if (!entry?.settlement) this.#entries.delete(ticketHash);
    const progress = entry?.progress ?? null;
    this.#entries.set(ticketHash, { expiresAt: 0, part: null, settlement, progress });
    this.#unwritten.delete(ticketHash);
    this.#note(ticketHash, 'ended');
  }

  /** It is delivered with its receipt; a hub that loses its memory delivers it without, and its home offers the receipt again. */
  complete(ticketHash: string, settlement: SettlementJson): void {
    const entry = this.#entries.get(ticketHash);
    if (entry?.settlement) entry.settlement = settlement;
  }

  find(ticketHash: string): { isDue: boolean; settlement: SettlementJson } | null {
    const entry = this.#entries.get(ticketHash);
    const settlement = entry?.settlement ?? entry?.part?.draft;
    return entry && settlement ? { isDue: entry.settlement !== null, settlement } : null;
  }

  /** Decided parts of a job. */
  dueOf(jobId: string): SettlementJson[] {
    return this.due().flatMap(({ settlement }) => (settlement.jobId === jobId ? [settlement] : []));
  }

  /** Decided parts, in the order in which they were. */
  due(): DuePart[] {
    return [...this.#entries].flatMap(([ticketHash, { settlement }]) =>
      settlement ? [{ ticketHash, settlement }] : [],
    );
  }

  /** Parts that are open when the hub starts died with its memory: they expire at `at` the latest. Gives how many there are. */
  orphan(at: number): number {
    for (const entry of this.#entries.values()) entry.expiresAt = Math.min(entry.expiresAt, at);
    return this.counts().open;
  }

  /** Open parts past their expiry: their hub forgot them and no receipt came. */
  expired(now: number): OpenPart[] {
    return [...this.#entries.values()].flatMap(({ part, settlement, expiresAt }) =>
      part && !settlement && expiresAt < now ? [{ ...part, expiresAt }] : [],
    );
  }

  /** Jobs by account of the parts that were opened until `openedBy` (ms since epoch) and still concern their callers. */
  jobsByAccount(openedBy: number): Map<string, string[]> {
    const jobs = new Map<string, Set<string>>();
    for (const { part, settlement } of this.#entries.values()) {
      const told = settlement ?? part?.draft;
      if (!told || Number(told.ticket.issuedAtMs) > openedBy || settlement?.outcome === 'failed-before-token') continue;
      const ofAccount = jobs.get(told.accountId) ?? new Set();
      jobs.set(told.accountId, ofAccount.add(told.jobId));
    }
    return new Map([...jobs].map(([accountId, ids]) => [accountId, [...ids]]));
  }

  /** How many parts are open and due; and when the first open one expires. */
  counts(): { open: number; due: number; firstExpiryAt: number | null } {
    let due = 0;
    let first = Infinity;
    for (const { settlement, expiresAt } of this.#entries.values()) {
      if (settlement) due += 1;
      else first = Math.min(first, expiresAt);
    }
    const open = this.#entries.size - due;
    return { open, due, firstExpiryAt: open > 0 ? first : null };
  }

  /** Resolves when all that was told until now is on disk: who asks while a commit is under way shares the next one. */
  commit(): Promise<void> {
    if (!this.#syncing) return this.#begin();
    this.#next ??= this.#syncing.then(
      () => this.#begin(),
      () => this.#begin(),
    );
    return this.#next;
  }

  /** Resolves when the commits that were asked for until now are over; they tell who asked for them how. */
  async committed(): Promise<void> {
    await (this.#next ?? this.#syncing)?.catch(() => undefined);
  }

  /** Writes what no row says yet, for whoever need not wait until it is on disk. */
  write(): void {
    const words: [string, Word, Entry][] = [];
    for (const [ticketHash, told] of this.#unwritten) {
      const entry = this.#entries.get(ticketHash);
      if (entry) for (const word of told) words.push([ticketHash, word, entry]);
    }
    this.#unwritten.clear();
    if (words.length > 0) this.#rows.add(words.map(([ticketHash, word, entry]) => toWord(ticketHash, word, entry)));
  }

  /** Empties the disk where nothing on it is needed. */
  tidy(): void {
    if (this.#entries.size === 0) this.#rows.clear();
  }

  #begin(): Promise<void> {
    this.#next = null;
    this.write();
    const syncing = this.#storage.sync().finally(() => {
      if (this.#syncing === syncing) this.#syncing = null;
    });
    this.#syncing = syncing;
    return syncing;
  }

  #note(ticketHash: string, word: Word): void {
    const told = this.#unwritten.get(ticketHash) ?? new Set();
    this.#unwritten.set(ticketHash, told.add(word));
  }

  #read({ opened, progress, ended, gone }: JournalRow): void {
    for (const part of opened)
      this.#entries.set(part.ticketHash, { expiresAt: part.expiresAt, part, settlement: null, progress: null });
    for (const { ticketHash, tokens, at } of progress) {
      const entry = this.#entries.get(ticketHash);
      if (entry) entry.progress = { tokens, at };
    }
    for (const { ticketHash, settlement } of ended) {
      const before = this.#entries.get(ticketHash);
      if (!before?.settlement) this.#entries.delete(ticketHash);
      this.#entries.set(ticketHash, { expiresAt: 0, part: null, settlement, progress: before?.progress ?? null });
    }
    for (const ticketHash of gone) this.#entries.delete(ticketHash);
  }

  /** The tables of an earlier version had a row for each part. */
  #takeOver(): void {
    const { sql } = this.#storage;
    const isOld = sql.exec("SELECT 1 FROM pragma_table_info('parts')").toArray().length > 0;
    if (!isOld) return;
    type OldRow = { ticket_hash: string; is_due: number; expires_at: number; settlement: string };
    for (const row of sql.exec<OldRow>('SELECT * FROM parts').toArray()) {
      const settlement = JSON.parse(row.settlement) as SettlementJson;
      if (row.is_due === 1) this.markDue(row.ticket_hash, settlement);
      else this.open({ ticketHash: row.ticket_hash, expiresAt: row.expires_at, draft: settlement });
      this.completeDraft(row.ticket_hash, settlement);
    }
    type OldNote = { ticket_hash: string; tokens: number; at: number };
    for (const { ticket_hash: ticketHash, tokens, at } of sql.exec<OldNote>('SELECT * FROM progress').toArray())
      this.noteProgress({ ticketHash, tokens, at });
    this.write();
    sql.exec('DROP TABLE parts');
    sql.exec('DROP TABLE progress');
  }
}

function toWord(ticketHash: string, word: Word, { part, settlement, progress, expiresAt }: Entry): Partial<JournalRow> {
  if (word === 'opened' && part) return { opened: [{ ticketHash, expiresAt, draft: part.draft }] };
  if (word === 'progress' && progress) return { progress: [{ ticketHash, ...progress }] };
  return settlement ? { ended: [{ ticketHash, settlement }] } : {};
}
