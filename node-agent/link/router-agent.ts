// The HTTP agent with which the router is reached: through the owner's proxy where the environment names one. Model servers never are.
import { Agent as HttpAgent } from 'node:http';
import type { Agent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { isLoopbackHost } from './parse-router-url.ts';

/** Node reads HTTPS_PROXY, HTTP_PROXY and NO_PROXY (or lower case) by itself. A router on this machine is dialled straight. */
export function makeRouterAgent(url: string, env: NodeJS.ProcessEnv): Agent {
  const { protocol, hostname } = new URL(url);
  const proxyEnv = isLoopbackHost(hostname) ? {} : { proxyEnv: env };
  return protocol === 'https:' || protocol === 'wss:' ? new HttpsAgent(proxyEnv) : new HttpAgent(proxyEnv);
}
