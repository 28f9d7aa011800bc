// What the router published of this home in the last epoch.
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import type { ToldEpochJson } from '../receipts/check-epoch.ts';
import type { SessionKey } from '../receipts/session-key.ts';
import { askRouter } from './router-door.ts';
import { askSigned } from './signed-question.ts';

/** A file of some hundred thousand homes. */
const FILE_BYTES = 128 * 1024 * 1024;

/** As it was told: whoever asks checks its form. Null where nothing is published. The error is a sentence for the owner. */
export async function askLastEpoch(router: string, key: SessionKey): Promise<Result<ToldEpochJson | null, string>> {
  const answer = await askSigned({ router, key, path: '/node/v1/epochs/last' }, Date.now());
  return answer.ok ? ok(answer.value as ToldEpochJson | null) : answer;
}

/** The published file of an epoch, as it is. Errors are a few words. */
export async function downloadEpochFile(router: string, epoch: number): Promise<Result<string, string>> {
  const answer = await askRouter(`${router}/audit/epochs/${epoch}`, { mostBytes: FILE_BYTES });
  if (!answer.ok) return answer;
  const { status, text } = answer.value;
  return status === 200 ? ok(text) : err(`status ${status}`);
}
