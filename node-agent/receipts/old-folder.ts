// What agents before version 3 kept: a file for each receipt, one for the chain's head and one for the newest acceptance. Read once, when the log
// takes them over, and removed when it has.
import { existsSync } from 'node:fs';
import { readdir, readFile, rename, rmdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { acceptanceSchema, jobTicketSchema, usageReceiptSchema } from '../../schema/receipt.ts';
import { word, ZERO_WORD } from '../../schema/typed-data.ts';
import { readJsonFile } from '../home/durable-file.ts';
import { readKept } from '../home/kept-file.ts';
import type { Log } from '../log.ts';
import type { LogHead, LogReceipt, SignedAcceptance } from './log-records.ts';

const entrySchema = z.object({
  router: word.address,
  domain: z.object({ chainId: z.number().int(), verifyingContract: word.address }),
  receiptHash: word.bytes32,
  ticket: jobTicketSchema,
  ticketSignature: word.signature,
  receipt: usageReceiptSchema,
  signature: word.signature,
});
const headSchema = z.object({ seq: word.uint64, receiptHash: word.bytes32 });
const earnedSchema = z.object({ router: word.address, acceptance: acceptanceSchema, signature: word.signature });

/** The suffix is that of a file that could not be read. */
const NAME = /^(\d{1,20})-0x[0-9a-f]{64}\.json(\.unreadable)?$/;
const CHAIN = 'chain.json';
const ACCEPTANCE = 'acceptance.json';
const OUTBOX = 'outbox';

export interface OldFolder {
  readonly receipts: readonly LogReceipt[];
  readonly head: Pick<LogHead, 'seq' | 'receiptHash'>;
  readonly earned: SignedAcceptance | null;
  /** Removes what was taken over; a file that cannot be removed is taken over again, which changes nothing. */
  readonly remove: () => Promise<void>;
}

/** Null where there is nothing of that kind. Rejects when the chain's head is damaged: starting over would sign one number twice. */
export async function readOldFolder(folder: string, log: Log): Promise<OldFolder | null> {
  const outbox = join(folder, OUTBOX);
  const files = await readdir(outbox).catch(() => []);
  const saved = await readJsonFile(join(folder, CHAIN));
  if (saved === null && files.length === 0 && !existsSync(join(folder, ACCEPTANCE))) return null;
  let head = saved === null ? { seq: 0n, receiptHash: ZERO_WORD } : headSchema.parse(saved);
  let lastSeq = 0n;
  const receipts: LogReceipt[] = [];
  const read: string[] = files.filter((file) => file.endsWith('.tmp'));
  for (const file of files) {
    const [, seq, suffix] = NAME.exec(file) ?? [];
    if (seq === undefined) continue;
    if (BigInt(seq) > lastSeq) lastSeq = BigInt(seq);
    if (suffix !== undefined) continue;
    const entry = await readEntry(join(outbox, file), log);
    if (!entry) continue;
    read.push(file);
    receipts.push({ ...entry, sealHash: null, ticketSeal: null, receiptSeal: null });
    if (entry.receipt.seq > head.seq) head = { seq: entry.receipt.seq, receiptHash: entry.receiptHash };
  }
  receipts.sort((a, b) => (a.receipt.seq < b.receipt.seq ? -1 : 1));
  const earned = await readKept(join(folder, ACCEPTANCE), earnedSchema, log);
  const remove = async (): Promise<void> => {
    const old = [...read.map((file) => join(outbox, file)), join(folder, CHAIN), join(folder, ACCEPTANCE)];
    for (const path of old) await unlink(path).catch(() => undefined);
    // Files that were set aside stay, and the folder with them.
    await rmdir(outbox).catch(() => undefined);
  };
  return {
    receipts,
    head: lastSeq > head.seq ? { ...head, seq: lastSeq } : head,
    earned: earned && { ...earned, domain: null, sealed: null },
    remove,
  };
}

async function readEntry(path: string, log: Log): Promise<z.output<typeof entrySchema> | null> {
  try {
    return entrySchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    log.warn('a stored receipt cannot be read and was set aside', { file: path });
    await rename(path, `${path}.unreadable`).catch(() => undefined);
    return null;
  }
}
