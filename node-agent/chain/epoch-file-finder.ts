// The published file of an epoch: the copy that this home kept, else as the router gives it now. Whoever uses it holds its root against the chain's.
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { checkEpochFile, parseEpochFile } from '../../schema/epoch-file.ts';
import type { EpochFile } from '../../schema/epoch-file.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { downloadEpochFile } from '../link/last-epoch.ts';
import { listEpochFiles, readEpochFile } from '../receipts/epoch-files.ts';

export interface FoundFile {
  readonly file: EpochFile;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** `router`: null where there is none to ask. Errors are sentences for the owner. */
export async function findEpochFile(
  { folder, router }: { readonly folder: string; readonly router: string | null },
  epoch: number,
): Promise<Result<FoundFile, string>> {
  for (const path of listEpochFiles(join(folder, 'epochs', 'files'))) {
    const kept = path.endsWith(`${epoch}.json`) ? await readEpochFile(path) : null;
    if (kept?.ok && kept.value.file.epoch === epoch) return kept;
  }
  if (router === null) return err(`This home has kept no file of epoch ${epoch}, and knows no router to ask for it.`);
  const text = await downloadEpochFile(router, epoch);
  if (!text.ok) return err(`The router at ${router} does not give the file of epoch ${epoch}: ${text.error}.`);
  const file = parseEpochFile(text.value);
  if (!file.ok) return err(`The file of epoch ${epoch} cannot be read: ${file.error}.`);
  const [fault] = checkEpochFile({ text: text.value, file: file.value });
  if (fault !== undefined) return err(`The file of epoch ${epoch} does not hold: ${fault}.`);
  return ok({ file: file.value, sha256: createHash('sha256').update(text.value).digest('hex') });
}
