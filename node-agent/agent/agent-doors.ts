// Everything that a running agent has open in its state folder: opened together, so that either all of it is there or the owner is told why not.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import type { AgentConfig } from '../config/config.ts';
import { IdentityFile } from '../home/identity-file.ts';
import { lockFolder } from '../home/instance-lock.ts';
import type { FolderLock } from '../home/instance-lock.ts';
import { ModelChoice } from '../home/model-choice.ts';
import { SpeedFile } from '../home/speed-file.ts';
import type { Log } from '../log.ts';
import { EarnedJournal } from '../receipts/earned-journal.ts';
import { ReceiptBook } from '../receipts/receipt-book.ts';
import { openSessionKey } from '../receipts/session-key.ts';
import type { SessionKey } from '../receipts/session-key.ts';
import { VERSION } from '../version.ts';
import { openLending } from './lending.ts';
import type { LendingFiles } from './lending.ts';
import { RecentLog } from './recent-log.ts';

export interface AgentDoors {
  readonly config: AgentConfig;
  readonly log: RecentLog;
  readonly key: SessionKey;
  readonly choice: ModelChoice;
  readonly book: ReceiptBook;
  readonly identity: IdentityFile;
  readonly lock: FolderLock;
  readonly speeds: SpeedFile;
  readonly journal: EarnedJournal;
  readonly lending: LendingFiles;
}

/** Takes the folder for this agent alone. The error is a sentence for the owner. */
export async function openDoors(config: AgentConfig, lines: Log): Promise<Result<AgentDoors, string>> {
  const log = new RecentLog(lines, Date.now);
  const key = await openSessionKey(config.state);
  if (!key.ok) return key;
  const lock = await lockFolder(config.state);
  if (!lock.ok) return err(lock.error.sentence);
  try {
    const journal = await EarnedJournal.open(join(config.state, 'earned'), log);
    const book = await ReceiptBook.open(join(config.state, 'receipts'), key.value.privateKey, {
      now: () => performance.now(),
      log,
      journal,
      // Whoever restores this folder, or runs a copy of it, signs no number that another copy has signed. Nothing was signed by a key made just now.
      ...(key.value.isNew ? {} : { drawGap }),
    });
    const identity = await IdentityFile.open(config.state, log);
    const speeds = await SpeedFile.open(config.state, VERSION, Date.now(), log);
    const choice = await ModelChoice.open(config.state, config.models, log);
    const lending = await openLending(config, log);
    if (!lending.ok) lock.value.release();
    if (!lending.ok) return lending;
    const files = { book, identity, speeds, journal, choice, lending: lending.value };
    return ok({ config, log, key: key.value, lock: lock.value, ...files });
  } catch (error) {
    lock.value.release();
    return err(
      `The receipts in ${config.state} cannot be opened: ${String(error)}. Move what is damaged away and start again: the router tells where this home's receipts go on.`,
    );
  }
}

/** 1,000 to some 4 billion: two copies draw the same numbers about once in a million times. */
function drawGap(): bigint {
  return 1000n + BigInt(randomBytes(4).readUInt32BE());
}
