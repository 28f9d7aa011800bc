// The router's address as the owner gave it, taken apart. Pure.
import { isIP } from 'node:net';
import { judgeAddress } from '../backends/refuse-server.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';

export interface RouterUrl {
  /** Without a slash at its end; names this router in the state folder. */
  readonly origin: string;
  readonly enrolUrl: string;
  /** ws: or wss: address of the socket. */
  readonly linkUrl: string;
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** True for a URL's host name that means this machine. */
export function isLoopbackHost(hostname: string): boolean {
  return LOOPBACK.test(hostname);
}

/** Names that no public zone holds; what they resolve to is judged when they are dialled. */
const PRIVATE_NAME = /^[^.:]+$|\.(local|lan|internal|home\.arpa)$/;

/** By its address, or by a name that is not of the internet: `10.irori.example` is a name, not an address. */
function isPrivateHost(hostname: string): boolean {
  const bare = hostname.replace(/^\[|\]$/g, '');
  return isIP(bare) === 0 ? PRIVATE_NAME.test(hostname) : judgeAddress(bare) === 'lan';
}

/** https anywhere; plain http only on this machine, or in the home's own network with `allowLan`. Errors are sentences for the owner. */
export function parseRouterUrl(text: string, allowLan: boolean): Result<RouterUrl, string> {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    return err(`--router must be an https address such as https://irori.example, not '${text.slice(0, 100)}'.`);
  if (url.username !== '' || url.password !== '') return err('--router must not hold a user name or password.');
  const isLoopback = isLoopbackHost(url.hostname);
  if (url.protocol === 'http:' && !isLoopback && !(allowLan && isPrivateHost(url.hostname)))
    return err(
      `--router must use https: over plain http anyone on the way could read prompts. Use https://${url.host}.`,
    );
  const path = url.pathname.replace(/\/+$/, '').replace(/\/v1$/, '');
  const origin = url.origin + path;
  return ok({ origin, enrolUrl: `${origin}/node/enrol`, linkUrl: `${origin.replace(/^http/, 'ws')}/node/link` });
}
