// Which servers an owner's agent will not share, and why. Pure: given what was asked or answered, it says no in a sentence.

import type { IncomingHttpHeaders } from 'node:http';
import { BlockList, isIP } from 'node:net';
import { err, ok, type Result } from '../../schema/result.ts';
import { listApiPlaces, type ApiPlace } from './find-api.ts';
import { isStatement, type Product, type Said } from './probe-server.ts';

/** A server's address, taken apart. */
export interface ServerUrl extends ApiPlace {
  readonly hostname: string;
  readonly port: number;
  /** Where else the API may lie, should it not be where the owner said. */
  readonly elsewhere: readonly ApiPlace[];
}

type Reach = 'loopback' | 'lan' | 'forbidden' | 'public';

function blocks(...subnets: (readonly [string, number, 'ipv4' | 'ipv6'])[]): BlockList {
  const list = new BlockList();
  for (const [net, bits, family] of subnets) list.addSubnet(net, bits, family);
  return list;
}

const LOOPBACK = blocks(['127.0.0.0', 8, 'ipv4'], ['::1', 128, 'ipv6']);
/** Private networks, and the shared space (100.64/10) that home VPNs use. */
const LAN = blocks(
  ['10.0.0.0', 8, 'ipv4'],
  ['172.16.0.0', 12, 'ipv4'],
  ['192.168.0.0', 16, 'ipv4'],
  ['100.64.0.0', 10, 'ipv4'],
  ['fc00::', 7, 'ipv6'],
);
/** Link-local (where clouds answer with credentials), "any" addresses, multicast, and the metadata addresses inside private space. */
const FORBIDDEN = blocks(
  ['169.254.0.0', 16, 'ipv4'],
  ['0.0.0.0', 8, 'ipv4'],
  ['224.0.0.0', 3, 'ipv4'],
  ['100.100.100.200', 32, 'ipv4'],
  ['192.0.0.192', 32, 'ipv4'],
  ['::', 128, 'ipv6'],
  ['fe80::', 10, 'ipv6'],
  ['ff00::', 8, 'ipv6'],
  ['fd00:ec2::254', 128, 'ipv6'],
);

/** How far away an IP address is. IPv4 in IPv6 clothing (::ffff:a.b.c.d) is judged as the IPv4 address. */
export function judgeAddress(address: string): Reach {
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  if (FORBIDDEN.check(address, family)) return 'forbidden';
  if (LOOPBACK.check(address, family)) return 'loopback';
  return LAN.check(address, family) ? 'lan' : 'public';
}

/** Null when a connection to this IP address is allowed, else the reason. `allowLan` is the owner's explicit word. */
export function refuseAddress(address: string, allowLan: boolean): string | null {
  const reach = judgeAddress(address);
  if (reach === 'loopback' || (reach === 'lan' && allowLan)) return null;
  if (reach === 'lan') return `${address} is another machine of your network. Say --allow-lan if it is yours to share.`;
  if (reach === 'public')
    return `${address} is on the internet. Only servers on this machine or in your own network can be shared.`;
  return `${address} is a link-local, metadata or reserved address. It is never shared; use 127.0.0.1 for this machine.`;
}

/** Takes the owner's base URL apart, or says why it cannot be shared. Names are judged again when they are resolved. */
export function refuseBaseUrl(text: string, allowLan: boolean): Result<ServerUrl, string> {
  if (/^[\w.-]+:\d{1,5}(?:\/|$)/.test(text)) return err(`Write it with http:// in front: http://${text.slice(0, 100)}`);
  if (!URL.canParse(text)) return err(`"${text.slice(0, 100)}" is not a URL. Write it like http://127.0.0.1:11434`);
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    return err(`The server's URL begins with ${url.protocol} but must begin with http: or https:`);
  if (url.username !== '' || url.password !== '')
    return err('Leave name and password out of the URL; an API key has its own setting.');
  if (url.search !== '' || url.hash !== '') return err("The server's URL must end with its path: no ? and no #.");
  const hostname = url.hostname.replace(/^\[|\]$/g, '');
  const refusal = isIP(hostname) === 0 ? refuseName(hostname, allowLan) : refuseAddress(hostname, allowLan);
  if (refusal !== null) return err(refusal);
  const [named, ...elsewhere] = listApiPlaces(url.origin, url.pathname);
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
  return ok({ root: url.origin, api: `${url.origin}/v1`, ...named, hostname, port, elsewhere });
}

/** True for a hostname that cannot be another machine. */
export function isThisMachine(hostname: string): boolean {
  if (isIP(hostname) !== 0) return judgeAddress(hostname) === 'loopback';
  const name = hostname.toLowerCase().replace(/\.$/, '');
  return name === 'localhost' || name.endsWith('.localhost');
}

function refuseName(hostname: string, allowLan: boolean): string | null {
  const name = hostname.toLowerCase();
  if (isThisMachine(hostname)) return null;
  if (/^metadata(\.|$)|^instance-data(\.|$)/.test(name))
    return `${hostname} is a metadata service. It is never shared.`;
  return allowLan
    ? null
    : `${hostname} may be another machine. Use 127.0.0.1 for this one, or say --allow-lan if that one is yours to share.`;
}

/** Networks that listen on this machine and send requests on to strangers, by the port each uses by default. */
const NETWORK_PORTS: ReadonlyMap<number, string> = new Map([
  [9337, 'mesh-llm'],
  [52415, 'exo'],
]);

/** Null, or why a server that is really another network's door is not shared. `ownedBy` is what /v1/models says of its models. */
export function refuseNetwork(server: {
  port: number;
  ownedBy: readonly string[];
  allowNetworks: boolean;
}): string | null {
  if (server.allowNetworks) return null;
  const byName = server.ownedBy.find((owner) => /^(mesh-?llm|exo)\b/i.test(owner));
  const network = byName ?? NETWORK_PORTS.get(server.port);
  if (network === undefined) return null;
  return `This looks like ${network}, a network that sends requests on to other machines, perhaps not yours. It is not shared; say --allow-networks if all of them are yours.`;
}

/** What only the owner knows: LM Studio tells nowhere which of its models run on another machine (lmstudio-ai/docs, LM Link). */
export function noteLinks(product: Product): string[] {
  return product === 'lm-studio'
    ? [
        'LM Studio serves models of other machines as its own where LM Link is on: share them only if those machines are yours.',
      ]
    : [];
}

/** True for the head of an answer that an Irori router gave: each of its answers, a refusal too, says what browsers may read of it. */
export function isOfRouter(headers: IncomingHttpHeaders): boolean {
  const told = headers['access-control-expose-headers'];
  return (typeof told === 'string' && /\bx-irori-node\b/i.test(told)) || 'x-irori-job' in headers;
}

/** Jobs would go round in a circle, or on to strangers' homes. */
export const ROUTER_SENTENCE =
  'An Irori router answers there, not a model server: its calls would come back to it. Name the server that holds your model, such as http://127.0.0.1:11434 for Ollama.';

/** Null, or why this address cannot be shared: the router that the home joins stands there itself. */
export function refuseRouter(server: Pick<ServerUrl, 'hostname' | 'port'>, router: URL): string | null {
  const hostname = router.hostname.replace(/^\[|\]$/g, '');
  const port = router.port === '' ? (router.protocol === 'https:' ? 443 : 80) : Number(router.port);
  const isThere = hostname.toLowerCase() === server.hostname.toLowerCase();
  const areHere = isThisMachine(hostname) && isThisMachine(server.hostname);
  return server.port === port && (isThere || areHere) ? ROUTER_SENTENCE : null;
}

/**
 * Null, or why a server that runs tools on the owner's machine is not shared: llama-server started with --tools or --agent lists
 * exec_shell_command, write_file and the like at GET /tools. Without them it answers 404, since June 2026 403 `feature_disabled`
 * (ggml-org/llama.cpp pull request 24970). Only what really lists tools is refused: jobs reach chat/completions and nothing else.
 */
export function refuseTools(tools: Said | undefined): string | null {
  return tools?.status === 200 && countEntries(tools.json) > 0 ? TOOLS_SENTENCE : null;
}

/** Null, or what the owner of a llama-server is told when it does not say whether it runs tools. Nothing else there tells (/props does not). */
export function doubtTools(product: Product, tools: Said | undefined): string | null {
  if (product !== 'llama-server' || (isStatement(tools) && (tools.status !== 200 || countEntries(tools.json) >= 0)))
    return null;
  const answer = tools === undefined || tools.status === 0 ? 'was not answered' : `answered ${tools.status}`;
  return `It could not be seen whether this llama-server runs tools on your machine (GET /tools ${answer}). It is shared, and jobs reach chat/completions only; start it without --tools and --agent to be sure.`;
}

const TOOLS_SENTENCE =
  'This server can run tools on your machine (GET /tools lists some), and a stranger could make it do so. Start it without --tools and --agent to share it.';

/** Entries of a list, also of one wrapped as {tools: []} or {data: []}; −1 when it is no list. */
function countEntries(json: unknown): number {
  if (Array.isArray(json)) return json.length;
  if (typeof json !== 'object' || json === null) return -1;
  const inner: unknown = Object.values(json).find((value) => Array.isArray(value));
  if (!Array.isArray(inner)) return -1;
  // Some servers answer every GET with their list of models.
  return inner.filter((entry) => !isModel(entry)).length;
}

function isModel(entry: unknown): boolean {
  if (typeof entry !== 'object' || entry === null) return false;
  // Some leave the word out: what has an id and no name is none of llama-server's tools.
  return 'object' in entry ? entry.object === 'model' : 'id' in entry && !('name' in entry) && !('function' in entry);
}
