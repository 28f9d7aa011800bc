// The home that a command asks its router about: its state folder, what its agent told last, and its key. No running agent is needed.
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import type { Environment } from '../config/config.ts';
import { readStateFolder } from '../config/config.ts';
import type { OptionValues } from '../config/parse-flags.ts';
import { readStatus } from '../home/status-file.ts';
import type { AgentStatus } from '../home/status-file.ts';
import { openSessionKey } from '../receipts/session-key.ts';
import type { SessionKey } from '../receipts/session-key.ts';

export interface OwnHome {
  readonly folder: string;
  readonly status: AgentStatus;
  readonly key: SessionKey;
}

/** A sentence for the owner, and the exit status: 1 it could not be done, 2 the owner has to change something. */
export interface NoHome {
  readonly sentence: string;
  readonly exit: 1 | 2;
}

export async function findOwnHome(flags: OptionValues, env: Environment): Promise<Result<OwnHome, NoHome>> {
  const folder = readStateFolder(flags, env);
  if (!folder.ok) return err({ sentence: folder.error, exit: 2 });
  const status = await readStatus(folder.value);
  if (!status) {
    const sentence = `No agent has run with the state folder ${folder.value}. Start it with irori-node up.`;
    return err({ sentence, exit: 1 });
  }
  const key = await openSessionKey(folder.value);
  return key.ok ? ok({ folder: folder.value, status, key: key.value }) : err({ sentence: key.error, exit: 1 });
}
