// The home's own copy of what its router publishes, as the settings have it.
import { join } from 'node:path';
import type { AgentConfig } from '../config/config.ts';
import { askLastEpoch } from '../link/last-epoch.ts';
import type { Log } from '../log.ts';
import type { EarnedJournal } from '../receipts/earned-journal.ts';
import { EpochMirror } from '../receipts/epoch-mirror.ts';
import type { SessionKey } from '../receipts/session-key.ts';

export function openMirror(
  { state, router, epochRetryMs: retryMs }: AgentConfig,
  { key, journal, log }: { readonly key: SessionKey; readonly journal: EarnedJournal; readonly log: Log },
): EpochMirror {
  return new EpochMirror({
    folder: join(state, 'epochs'),
    node: key.address,
    ask: () => askLastEpoch(router.origin, key),
    journal,
    log,
    now: Date.now,
    random: Math.random,
    retryMs,
  });
}
