// `irori-node name TEXT`: what this machine is called, in its own status and for its account.
import type { Environment } from '../config/config.ts';
import { changeConfig } from '../config/config-file.ts';
import type { OptionValues } from '../config/parse-flags.ts';
import { askAgent } from '../home/owner-line.ts';
import { sendSigned } from '../link/signed-question.ts';
import { complain } from './complain.ts';
import { findOwnHome } from './own-home.ts';
import { tellLines } from './tell-lines.ts';

const MOST_CHARS = 80;

/** Exit status 0 when both know it, 1 when the router could not be told, 2 for no name. */
export async function runName(words: readonly string[], flags: OptionValues, env: Environment): Promise<number> {
  const name = words.join(' ').trim();
  if (name === '' || name.length > MOST_CHARS || /\p{C}/u.test(name))
    return complain(`A name has 1 to ${MOST_CHARS} letters: irori-node name TEXT.`, 2);
  const home = await findOwnHome(flags, env);
  if (!home.ok) return complain(home.error.sentence, home.error.exit);
  const { folder, status, key } = home.value;
  const kept = await changeConfig(folder, { name });
  if (!kept.ok) return complain(kept.error, 1);
  await askAgent(folder, { do: 'reload' });
  const question = { router: status.router, key, path: '/node/v1/self', body: JSON.stringify({ name }) };
  const told = await sendSigned({ ...question, method: 'PATCH' }, Date.now());
  if (!told.ok) return complain(`It is called ${name} here. Your account was not told: ${told.error}`, 1);
  process.stdout.write(
    flags.json === true
      ? `${JSON.stringify({ name })}\n`
      : tellLines([`This home is called ${name}, here and in your account.`]),
  );
  return 0;
}
