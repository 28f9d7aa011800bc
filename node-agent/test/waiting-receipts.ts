// What waits for its answer in a state folder, read from outside while an agent runs or after it.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Hex } from '../../schema/bytes.ts';
import { logRecordSchema } from '../receipts/log-records.ts';
import type { LogReceipt } from '../receipts/log-records.ts';
import { parseLog } from '../receipts/log-lines.ts';

/** By the log alone, oldest first; an agent writes answers down a quarter of a second late. */
export function readWaitingReceipts(stateFolder: string): LogReceipt[] {
  const file = join(stateFolder, 'receipts', 'receipts.log');
  if (!existsSync(file)) return [];
  const waiting = new Map<Hex, LogReceipt>();
  for (const { value } of parseLog(readFileSync(file)).lines) {
    const record = logRecordSchema.parse(value);
    if (record.kind === 'receipt') waiting.set(record.receipt.ticketHash, record);
    if (record.kind === 'answered') for (const ticket of record.tickets) waiting.delete(ticket);
  }
  return [...waiting.values()];
}
