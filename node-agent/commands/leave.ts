// `irori-node leave`: this home leaves its network for good. Its jobs are handed over and its receipts brought to the router first; what it earned stays
// with the account, and its key and records stay in the state folder.
import type { Environment } from '../config/config.ts';
import type { OptionValues } from '../config/parse-flags.ts';
import { askAgent } from '../home/owner-line.ts';
import { IdentityFile } from '../home/identity-file.ts';
import { sendSigned } from '../link/signed-question.ts';
import { complain } from './complain.ts';
import { bringReceiptsHome, stopAgent } from './farewell.ts';
import { findOwnHome } from './own-home.ts';
import { ask, confirm } from './questions.ts';
import { SILENT_LOG } from './silent-log.ts';
import { tellLines } from './tell-lines.ts';

const WORD = 'leave';

/** Exit status 0 when it left, 1 when it could not or the owner thought again, 2 when nobody was there to ask. */
export async function runLeave(flags: OptionValues, env: Environment): Promise<number> {
  const home = await findOwnHome(flags, env);
  if (!home.ok) return complain(home.error.sentence, home.error.exit);
  const { folder, status, key } = home.value;
  const { router } = status;
  const sure = flags.sure === true ? true : await askTwice(status.name ?? status.node ?? 'this home', router);
  if (sure === null) return complain('Nobody is there to ask: say irori-node leave --yes.', 2);
  if (!sure) return complain('Nothing was done.', 1);
  const isForced = flags.loseReceipts === true;
  const brought = isForced ? null : await bringReceiptsHome(folder);
  if (brought?.ok === false) return complain(`${brought.error} Or leave without them: --lose-receipts.`, 1);
  const left = await sendSigned(
    { router, key, path: '/node/v1/leave', body: JSON.stringify({ force: isForced }) },
    Date.now(),
  );
  if (!left.ok) {
    if (status.paused !== 'owner') await askAgent(folder, { do: 'resume' });
    return complain(left.error, 1);
  }
  await (await IdentityFile.open(folder, SILENT_LOG)).forget(router);
  const isStopped = await stopAgent(folder, status.paused !== 'owner');
  process.stdout.write(
    tellLines([
      `This home has left ${router}. What it earned stays with your account there.`,
      ...(isStopped ? [] : ['The agent still runs and has nothing to do any more: end it with Ctrl-C.']),
      'If it starts at login: irori-node service remove',
      `Its key and its records stay in ${folder}; delete the folder if you want.`,
    ]),
  );
  return 0;
}

/** Null where nobody can answer. */
async function askTwice(name: string, router: string): Promise<boolean | null> {
  const first = await confirm(`Leave ${router} with ${name}? Its jobs are handed over first.`);
  if (first !== true) return first;
  return (await ask(`It cannot come back without a new code. Type ${WORD} to leave:`)) === WORD;
}
