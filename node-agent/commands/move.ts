// `irori-node move --code CODE`: this home goes on under the account of the code. What it earned so far stays with the old one.
import { createHash } from 'node:crypto';
import * as z from 'zod';
import { foldEnrolmentCode } from '../../schema/enrolment-code.ts';
import type { Environment } from '../config/config.ts';
import type { OptionValues } from '../config/parse-flags.ts';
import { lockFolder } from '../home/instance-lock.ts';
import { proveEnrolment } from '../link/enrolment.ts';
import { sendSigned } from '../link/signed-question.ts';
import { complain } from './complain.ts';
import { bringReceiptsHome, stopAgent } from './farewell.ts';
import { finishMove, keepTaken, openNextKey, readTaken } from './moved-home.ts';
import type { Taken } from './moved-home.ts';
import { findOwnHome } from './own-home.ts';
import type { OwnHome } from './own-home.ts';
import { confirm } from './questions.ts';
import { tellLines } from './tell-lines.ts';

const answerSchema = z.object({ node: z.string().max(100), account: z.string().max(100) });

/** Exit status 0 when it moved, 1 when it could not or the owner thought again, 2 for no code or nobody to ask. */
export async function runMove(flags: OptionValues, env: Environment): Promise<number> {
  const home = await findOwnHome(flags, env);
  if (!home.ok) return complain(home.error.sentence, home.error.exit);
  const { folder, status } = home.value;
  const begun = await readTaken(folder);
  if (begun !== null) return locked(folder, () => finish(folder, begun, flags));
  const given = typeof flags.moveCode === 'string' ? flags.moveCode : '';
  const code = foldEnrolmentCode(given) ?? given;
  if (code === '') return complain('Which account? irori-node move --code CODE, with a code from it.', 2);
  const sure =
    flags.sure === true
      ? true
      : await confirm('Move this home to the account of that code? What it earned stays with the old one.');
  if (sure === null) return complain('Nobody is there to ask: say irori-node move --code CODE --yes.', 2);
  if (!sure) return complain('Nothing was done.', 1);
  const brought = await bringReceiptsHome(folder);
  if (!brought.ok) return complain(brought.error, 1);
  if (!(await stopAgent(folder, status.paused !== 'owner')))
    return complain('The running agent does not end: end it, and move again.', 1);
  return locked(folder, () => move(home.value, code, flags));
}

/** Nobody starts an agent meanwhile, with a key that is on its way out. */
async function locked(folder: string, work: () => Promise<number>): Promise<number> {
  const lock = await lockFolder(folder);
  if (!lock.ok) return complain(lock.error.sentence, 1);
  try {
    return await work();
  } finally {
    lock.value.release();
  }
}

async function move({ folder, status, key }: OwnHome, code: string, flags: OptionValues): Promise<number> {
  const { router } = status;
  const next = await openNextKey(folder);
  if (!next.ok) return complain(next.error, 1);
  const proof = proveEnrolment({ url: `${router}/node/enrol`, code, key: next.value, wallet: null });
  const moved = await sendSigned({ router, key, path: '/node/v1/move', body: JSON.stringify(proof) }, Date.now());
  if (!moved.ok) return complain(`${moved.error} The home stays where it is: start it with irori-node up.`, 1);
  const read = answerSchema.safeParse(moved.value);
  if (!read.success) return complain(`${router} does not answer like an Irori router.`, 1);
  const codeHash = createHash('sha256').update(code).digest('hex');
  const taken = { router, ...read.data, codeHash, from: status.node ?? key.address };
  await keepTaken(folder, taken);
  return finish(folder, taken, flags);
}

async function finish(folder: string, taken: Taken, flags: OptionValues): Promise<number> {
  await finishMove(folder, taken);
  const { node, account, from } = taken;
  process.stdout.write(
    flags.json === true
      ? `${JSON.stringify({ node, account, from })}\n`
      : tellLines([
          `This home belongs to account ${account} now, as ${node}. Start it with irori-node up.`,
          `The old key and its records stay in ${folder}/left/${from}.`,
        ]),
  );
  return 0;
}
