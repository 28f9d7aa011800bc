// The home's own copy of what its router publishes, as the settings have it: its leaf, the whole file, and which chain pays it.
import { join } from 'node:path';
import { askKnownChain, keepKnownChain } from '../chain/known-chain.ts';
import type { AgentConfig } from '../config/config.ts';
import { askLastEpoch, downloadEpochFile } from '../link/last-epoch.ts';
import type { Log } from '../log.ts';
import type { EarnedJournal } from '../receipts/earned-journal.ts';
import { EpochFiles } from '../receipts/epoch-files.ts';
import { EpochMirror } from '../receipts/epoch-mirror.ts';
import { ChallengeWatch } from './challenge-watch.ts';
import { askOwn } from './own-program.ts';
import type { SessionKey } from '../receipts/session-key.ts';

export function openMirror(
  { state, router, epochRetryMs: retryMs, gasKeyFile }: AgentConfig,
  { key, journal, log }: { readonly key: SessionKey; readonly journal: EarnedJournal; readonly log: Log },
): Opened {
  const folder = join(state, 'epochs');
  const random = Math.random;
  const download = (epoch: number): ReturnType<typeof downloadEpochFile> => downloadEpochFile(router.origin, epoch);
  const files = new EpochFiles({ folder: join(folder, 'files'), download, log, random });
  let learnedIn = -1;
  const mirror = new EpochMirror({
    folder,
    node: key.address,
    ask: () => askLastEpoch(router.origin, key),
    onTold: async (told) => {
      const isKept = await files.keep(told);
      // Once an epoch: where the chain's node is may change, and nothing else of it.
      if (told.epoch !== learnedIn && (await learnChain(state, router.origin, log))) learnedIn = told.epoch;
      return isKept && told.epoch === learnedIn;
    },
    journal,
    log,
    now: Date.now,
    random,
    retryMs,
  });
  const watch = gasKeyFile === null ? null : openWatch(state, gasKeyFile, { log, random, retryMs });
  return {
    start: () => {
      mirror.start();
      watch?.start();
    },
    close: () => {
      mirror.close();
      watch?.close();
    },
  };
}

/** Both look from the start on, and end with the agent. */
type Opened = Pick<EpochMirror, 'start' | 'close'>;

/** A look may come so many waits of the mirror's late: an hour of the usual. */
const MOST_WAITS = 2;
const WATCH_RETRY_MS = 60_000;

function openWatch(
  state: string,
  gasKeyFile: string,
  { retryMs, ...doors }: { readonly log: Log; readonly random: () => number; readonly retryMs: number },
): ChallengeWatch {
  const words = ['challenge', '--json', '--state', state, '--gas-key-file', gasKeyFile];
  return new ChallengeWatch({
    ...doors,
    look: () => askOwn({ words }),
    retryMs: Math.min(WATCH_RETRY_MS, retryMs),
    mostMs: MOST_WAITS * retryMs,
  });
}

/** False where the router could not be asked. */
async function learnChain(state: string, router: string, log: Log): Promise<boolean> {
  const told = await askKnownChain(router);
  if (!told.ok) return false;
  if (told.value === null) return true;
  const kept = await keepKnownChain(state, told.value).catch(() => null);
  if (kept?.ok === false) log.error('the chain that pays this home', { reason: kept.error });
  return true;
}
