// Everything that must outlive the agent of its receipts, in one file that is appended to: signed receipts without an answer, where the chains of
// receipts and of seals end, the newest acceptance and the last of each epoch, and evidence. The one owner of that file; what is no longer needed leaves when it is rewritten.
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Hex } from '../../schema/bytes.ts';
import type { Evidence } from '../../schema/evidence.ts';
import { ZERO_WORD } from '../../schema/typed-data.ts';
import { describeError } from '../log.ts';
import type { Log } from '../log.ts';
import { AppendFile } from './append-file.ts';
import type { LogDisk } from './append-file.ts';
import { EpochEnds } from './epoch-ends.ts';
import { encodeRecord, logRecordSchema, readOldEvidence } from './log-records.ts';
import type { LogHead, LogReceipt, LogRecord, SignedAcceptance } from './log-records.ts';
import type { OldFolder } from './old-folder.ts';
import { encodeLogLine, parseLog, readLogLine } from './log-lines.ts';
import type { LogLine, ParsedLog, TopNumbers } from './log-lines.ts';
import { SeenTickets } from './seen-tickets.ts';
import { WaitingReceipts } from './waiting-receipts.ts';
import type { WaitingReceipt } from './waiting-receipts.ts';

export const RECEIPTS_FILE = 'receipts.log';
/** Lines that are not what was written are kept here: for whoever wants to look. */
const SET_ASIDE = 'receipts.damaged';
/** What is not urgent waits so long for others, or for the next receipt. */
const GATHER_MS = 250;
/** The file is rewritten when it is larger than this and more than half of it is needed no more. */
const LEAST_REWRITE_BYTES = 1024 * 1024;
/** Numbers left out where the log's end was lost: more than one append uses. */
export const LOST_GAP = 1000n;
const FIRST: LogHead = { seq: 0n, receiptHash: ZERO_WORD, seal: 0n, sealHash: ZERO_WORD };

export interface LogDoors {
  readonly folder: string;
  readonly log: Log;
  readonly disk?: LogDisk;
  readonly leastRewriteBytes?: number;
}

export class ReceiptLog {
  readonly #doors: LogDoors;
  readonly #file: AppendFile;
  /** Receipts without an answer. */
  readonly waiting = new WaitingReceipts();
  /** Tickets whose receipts have their answer. */
  readonly seen = new SeenTickets();
  #head: LogHead = FIRST;
  #earned: SignedAcceptance | null = null;
  readonly #ends = new EpochEnds();
  #evidence: Evidence[] = [];
  /** Records that can wait for the next append. */
  #gathered: LogRecord[] = [];
  #isGathering = false;
  /** The file ends in something that was lost: it is rewritten before anything is appended. */
  #mustRewrite = false;
  #isFailing = false;
  #working: Promise<void> = Promise.resolve();

  private constructor(doors: LogDoors, file: AppendFile) {
    this.#doors = doors;
    this.#file = file;
  }

  /** Opens the log. Rejects where nothing in it can be read: starting over would sign one number twice. */
  static async open(doors: LogDoors): Promise<ReceiptLog> {
    const { file, bytes } = AppendFile.open(join(doors.folder, RECEIPTS_FILE), doors.disk);
    const log = new ReceiptLog(doors, file);
    if (bytes && bytes.length > 0) log.#load(bytes);
    if (log.#mustRewrite) await log.#write();
    return log;
  }

  get head(): LogHead {
    return this.#head;
  }

  /** The router's newest acceptance. */
  get earned(): SignedAcceptance | null {
    return this.#earned;
  }

  get evidence(): readonly Evidence[] {
    return this.#evidence;
  }

  /** Appends receipts that stand under one head; durable when it resolves. Rejects when the disk refuses: then nothing was used up. */
  store(receipts: readonly LogReceipt[], head: LogHead): Promise<void> {
    return this.#run(async () => {
      if (this.#mustRewrite) await this.#rewrite();
      const gathered = this.#gathered.splice(0);
      const top = topOf(head);
      const before = gathered.map((record) => encodeLogLine(top, encodeRecord(record)));
      const lines = receipts.map((receipt) => encodeLogLine(top, encodeRecord({ kind: 'receipt', ...receipt })));
      let at = this.#file.size + sumOf(before);
      try {
        await this.#file.append(Buffer.concat([...before, ...lines]), true);
      } catch (error) {
        this.#gathered.unshift(...gathered);
        throw error;
      }
      this.#advance(head);
      receipts.forEach((receipt, i) => {
        const length = lines[i]?.length ?? 0;
        this.waiting.add(receipt, at, length);
        at += length;
      });
    });
  }

  /** The whole receipt; null where its line is damaged. */
  load({ at, length }: WaitingReceipt): LogReceipt | null {
    try {
      const parsed = logRecordSchema.safeParse(readLogLine(this.#file.read(at, length)));
      return parsed.success && parsed.data.kind === 'receipt' ? parsed.data : null;
    } catch {
      return null;
    }
  }

  /** Lets receipts go that have their answer; on disk a little later. Where that is lost they are offered, and answered, again. */
  remove(tickets: readonly Hex[]): void {
    const issuedAt = tickets.map((ticket) => this.waiting.find(ticket)?.issuedAt ?? 0);
    this.#answer(tickets, issuedAt);
    if (tickets.length > 0) this.#gather({ kind: 'answered', tickets: [...tickets], issuedAt });
  }

  /** Each is let go of, and no other receipt is signed for it. */
  #answer(tickets: readonly Hex[], issuedAt: readonly number[]): void {
    tickets.forEach((ticket, i) => {
      this.waiting.remove(ticket);
      this.seen.add(ticket, issuedAt[i] ?? 0);
    });
  }

  keepEarned(earned: SignedAcceptance): void {
    const last = this.#earned;
    this.#earned = earned;
    if (last && this.#ends.pass(last, earned)) this.#gather({ ...last, kind: 'ended' });
    this.#gathered = this.#gathered.filter(({ kind }) => kind !== 'earned');
    this.#gather({ kind: 'earned', ...earned });
  }

  keepEvidence(evidence: Evidence): void {
    this.#evidence.push(evidence);
    this.#gather({ kind: 'equivocation', evidence });
  }

  /** The chains go on behind these numbers; on disk a little later. */
  goOn(head: LogHead): void {
    this.#advance(head);
    this.#gather({ kind: 'head', ...this.#head });
  }

  /** Takes over what agents before version 3 kept in files of their own; durable when it resolves. */
  takeOver({ receipts, head, earned }: Omit<OldFolder, 'remove'>): Promise<void> {
    return this.#run(async () => {
      if (receipts.length === 0 && head.seq <= this.#head.seq && (!earned || this.#earned)) return;
      const lines = receipts
        .filter(({ receipt }) => !this.waiting.has(receipt.ticketHash))
        .map((receipt) => ({
          receipt,
          line: encodeLogLine(topOf(this.#head), encodeRecord({ kind: 'receipt', ...receipt })),
        }));
      if (head.seq > this.#head.seq) this.#head = { ...this.#head, ...head };
      this.#earned ??= earned;
      await this.#rewrite(lines);
      await this.#file.settle();
    });
  }

  /** Resolves when everything that was gathered is written, or was refused. */
  async settled(): Promise<void> {
    if (this.#gathered.length > 0) await this.#write();
    await this.#working;
  }

  close(): void {
    this.#file.close();
  }

  #gather(record: LogRecord): void {
    this.#gathered.push(record);
    if (this.#isGathering) return;
    this.#isGathering = true;
    void sleep(GATHER_MS, undefined, { ref: false }).then(() => {
      this.#isGathering = false;
      return this.#write();
    });
  }

  /** Never rejects: of what is refused nothing is lost but the answers, which come again. */
  #write(): Promise<void> {
    return this.#run(async () => {
      try {
        if (this.#mustRewrite || this.#isMostlyDead()) await this.#rewrite();
        else if (this.#gathered.length > 0) await this.#appendGathered();
        this.#isFailing = false;
      } catch (error) {
        if (!this.#isFailing)
          this.#doors.log.warn('answers to receipts cannot be written: is the disk full?', {
            reason: describeError(error),
          });
        this.#isFailing = true;
      }
    });
  }

  async #appendGathered(): Promise<void> {
    const top = topOf(this.#head);
    const records = this.#gathered.splice(0);
    const lines = records.map((record) => encodeLogLine(top, encodeRecord(record)));
    try {
      await this.#file.append(Buffer.concat(lines), false);
    } catch (error) {
      this.#gathered.unshift(...records);
      throw error;
    }
  }

  #isMostlyDead(): boolean {
    const { leastRewriteBytes = LEAST_REWRITE_BYTES } = this.#doors;
    return this.#file.size > leastRewriteBytes && this.waiting.bytes < this.#file.size / 2;
  }

  /** Leaves only what is needed. The head stands at both ends, so that no one damaged line loses it. */
  async #rewrite(more: readonly { receipt: LogReceipt; line: Buffer }[] = []): Promise<void> {
    const top = topOf(this.#head);
    const line = (record: LogRecord): Buffer => encodeLogLine(top, encodeRecord(record));
    const head = line({ kind: 'head', ...this.#head });
    const kept = [...this.waiting.all()].map((waiting) => ({
      waiting,
      bytes: this.#file.read(waiting.at, waiting.length),
    }));
    const facts = this.#evidence.map((evidence) => line({ kind: 'equivocation', evidence }));
    if (this.seen.size > 0) facts.push(line({ kind: 'seen', ...this.seen.pack() }));
    for (const end of this.#ends.all) facts.push(line({ ...end, kind: 'ended' }));
    if (this.#earned) facts.push(line({ kind: 'earned', ...this.#earned }));
    const bytes = [head, ...facts, ...kept.map((one) => one.bytes), ...more.map((one) => one.line), head];
    const gathered = this.#gathered.splice(0);
    try {
      await this.#file.replace(Buffer.concat(bytes));
    } catch (error) {
      this.#gathered.unshift(...gathered);
      throw error;
    }
    this.#mustRewrite = false;
    let at = sumOf([head, ...facts]);
    for (const { waiting } of kept) {
      waiting.at = at;
      at += waiting.length;
    }
    for (const one of more) {
      this.waiting.add(one.receipt, at, one.line.length);
      at += one.line.length;
    }
    await this.#file.settle().catch(() => undefined);
  }

  #run(work: () => Promise<void>): Promise<void> {
    const ran = this.#working.then(work);
    this.#working = ran.catch(() => undefined);
    return ran;
  }

  #load(bytes: Buffer): void {
    const parsed = parseLog(bytes);
    if (parsed.lines.length === 0 && parsed.damaged.length > 0)
      throw new Error(`nothing in ${RECEIPTS_FILE} can be read`);
    const damaged = [...parsed.damaged];
    for (const line of parsed.lines) {
      const record = logRecordSchema.safeParse(line.value);
      if (record.success) this.#take(record.data, line);
      else damaged.push(bytes.subarray(line.at, line.at + line.length));
    }
    for (const { top } of parsed.lines) this.#passTop(top);
    if (damaged.length > 0) this.#setAside(damaged);
    if (parsed.tail) this.#passLost(parsed.tail);
    this.#mustRewrite = damaged.length > 0 || parsed.tail !== null;
  }

  #take(record: LogRecord, { at, length }: LogLine): void {
    if (record.kind === 'receipt') {
      const { receipt, receiptHash, receiptSeal, sealHash } = record;
      const seal = { seal: receiptSeal?.seal.number ?? 0n, sealHash: sealHash ?? ZERO_WORD };
      this.#advance({ seq: receipt.seq, receiptHash, ...seal });
      this.waiting.add(record, at, length);
    } else if (record.kind === 'answered') this.#answer(record.tickets, record.issuedAt ?? []);
    else if (record.kind === 'seen') this.seen.take(record);
    else if (record.kind === 'earned') this.#earned = record;
    else if (record.kind === 'ended') this.#ends.take(record);
    else if (record.kind === 'equivocation') this.#evidence.push(record.evidence);
    else if (record.kind === 'evidence') this.#evidence.push(readOldEvidence(record));
    else this.#advance(record);
  }

  /** Neither chain ever goes back, whatever comes late. */
  #advance({ seq, receiptHash, seal, sealHash }: LogHead): void {
    if (seq > this.#head.seq) this.#head = { ...this.#head, seq, receiptHash };
    if (seal > this.#head.seal) this.#head = { ...this.#head, seal, sealHash };
  }

  /** Numbers that a good line says are used: what had them may have been in a line that is damaged. */
  #passTop({ seal, seq }: TopNumbers): void {
    const { receiptHash, sealHash } = this.#head;
    this.#advance({ seq, receiptHash, seal, sealHash });
  }

  /** What was cut short was never sent, and its numbers count as used all the same; where they cannot be read, or cannot be right, many do. */
  #passLost({ isTorn, tops }: NonNullable<ParsedLog['tail']>): void {
    const { seal, seq } = this.#head;
    const isKnown =
      tops.length > 0 &&
      tops.every(
        (top) => top.seal >= seal && top.seal <= seal + LOST_GAP && top.seq >= seq && top.seq <= seq + LOST_GAP,
      );
    if (isKnown) for (const top of tops) this.#passTop(top);
    else this.#passTop({ seal: seal + LOST_GAP, seq: seq + LOST_GAP });
    this.#doors.log.warn(
      'the log of receipts ended in the middle of a line: numbers go on behind it; there is nothing to do',
      {
        isTorn,
        next: String(this.#head.seq + 1n),
      },
    );
  }

  #setAside(lines: readonly Uint8Array[]): void {
    const { folder, log } = this.#doors;
    const file = join(folder, SET_ASIDE);
    log.warn('stored receipts cannot be read and were set aside', { count: lines.length, file });
    try {
      for (const line of lines) appendFileSync(file, line, { mode: 0o600 });
    } catch (error) {
      log.warn('what cannot be read could not be set aside', { reason: describeError(error) });
    }
  }
}

function topOf({ seal, seq }: LogHead): TopNumbers {
  return { seal, seq };
}

function sumOf(lines: readonly Uint8Array[]): number {
  return lines.reduce((sum, { length }) => sum + length, 0);
}
