// What the router published of this home in the last epoch.
import { ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import type { ToldEpochJson } from '../receipts/check-epoch.ts';
import type { SessionKey } from '../receipts/session-key.ts';
import { askSigned } from './signed-question.ts';

/** As it was told: whoever asks checks its form. Null where nothing is published. The error is a sentence for the owner. */
export async function askLastEpoch(router: string, key: SessionKey): Promise<Result<ToldEpochJson | null, string>> {
  const answer = await askSigned({ router, key, path: '/node/v1/epochs/last' }, Date.now());
  return answer.ok ? ok(answer.value as ToldEpochJson | null) : answer;
}
