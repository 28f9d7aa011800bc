// The HTTP agent with which the router is reached: through the owner's proxy where the environment names one. Model servers never are, and
// neither is a router that speaks plain http: it is on this machine or in the home's own network, whatever its name resolves to when it is dialled.
import { Agent as HttpAgent } from 'node:http';
import type { Agent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { LookupFunction } from 'node:net';
import { makeJudgedLookup } from '../backends/judged-lookup.ts';
import { judgeAddress } from '../backends/refuse-server.ts';
import { isLoopbackHost } from './parse-router-url.ts';

const LOOKUP_HERE = makeJudgedLookup(refuseAway);

/** Node reads HTTPS_PROXY, HTTP_PROXY and NO_PROXY (or lower case) by itself. A router on this machine is dialled straight. */
export function makeRouterAgent(url: string, env: NodeJS.ProcessEnv, lookup: LookupFunction = LOOKUP_HERE): Agent {
  const { protocol, hostname } = new URL(url);
  if (protocol === 'http:' || protocol === 'ws:') return new HttpAgent({ lookup });
  return new HttpsAgent(isLoopbackHost(hostname) ? {} : { proxyEnv: env });
}

/** The proxy that the environment names for a router's address, as it stands there; null where none is asked. */
export function findProxy(url: string, env: NodeJS.ProcessEnv): string | null {
  const { protocol, hostname } = new URL(url);
  if ((protocol !== 'https:' && protocol !== 'wss:') || isLoopbackHost(hostname)) return null;
  return env['HTTPS_PROXY'] ?? env['https_proxy'] ?? null;
}

/** Null for an address of this machine or of a private network, else why a router there is not dialled by plain http. */
export function refuseAway(address: string): string | null {
  const reach = judgeAddress(address);
  if (reach === 'loopback' || reach === 'lan') return null;
  return `the router's name resolves to ${address}, which is not in your network: over plain http anyone on the way could read prompts`;
}
