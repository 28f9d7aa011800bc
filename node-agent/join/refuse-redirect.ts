// Where a hub may lead a download. Pure. The file's hash decides what is kept; this decides who is asked at all, for a stranger's word should not make this
// machine ask its own services, or ask in the open.
import { isIP } from 'node:net';
import { isThisMachine, judgeAddress } from '../backends/refuse-server.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';

/** The address to ask next. The error is a sentence that says what is wrong with it. */
export function refuseRedirect(from: string, to: string): Result<string, string> {
  if (!URL.canParse(to, from)) return err('what it names is no address.');
  const [source, target] = [new URL(from), new URL(to, from)];
  const host = target.host.slice(0, 100);
  if (target.protocol !== 'https:' && target.protocol !== 'http:') return err(`${target.protocol} is no web address.`);
  if (source.protocol === 'https:' && target.protocol !== 'https:') return err(`${host} is not asked by https.`);
  if (target.username !== '' || target.password !== '')
    return err(`${host} is to be asked with a name and a password.`);
  if (isNear(target.hostname) && !isNear(source.hostname))
    return err(`${host} is this machine, or in your own network.`);
  return ok(target.href);
}

/** As it is written: what a name resolves to is not looked at. */
function isNear(hostname: string): boolean {
  const bare = hostname.replace(/^\[|\]$/g, '');
  return isThisMachine(bare) || (isIP(bare) !== 0 && judgeAddress(bare) !== 'public');
}
