// What the router has signed for in all at the end of each epoch, read off the receipts' log beside the agent that owns it: a command looks and writes nothing.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseLog } from './log-lines.ts';
import { logRecordSchema } from './log-records.ts';
import type { SignedAcceptance } from './log-records.ts';
import { RECEIPTS_FILE } from './receipt-log.ts';

/** By count, the highest first: the newest of all, and the last of each epoch that is kept. None where nothing was accepted yet. */
export async function readSignedTotals(stateFolder: string): Promise<SignedAcceptance[]> {
  const bytes = await readFile(join(stateFolder, 'receipts', RECEIPTS_FILE)).catch(() => Buffer.alloc(0));
  const found = parseLog(bytes).lines.flatMap(({ value }): SignedAcceptance[] => {
    const record = logRecordSchema.safeParse(value);
    return record.success && (record.data.kind === 'earned' || record.data.kind === 'ended') ? [record.data] : [];
  });
  return found.toSorted((a, b) => (a.acceptance.count > b.acceptance.count ? -1 : 1));
}
