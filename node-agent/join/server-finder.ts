// Looks for model servers on this machine, and only there: every usual port of 127.0.0.1 and ::1 at once. Told by their own answers (backends/), refused by
// the same rules as `up` has. The one door of joining to model servers.
import { HttpDoor } from '../backends/http-door.ts';
import { refuseBaseUrl } from '../backends/refuse-server.ts';
import { ServerSight } from '../backends/server-sight.ts';
import { tellName } from '../backends/tell-name.ts';
import type { Known } from '../backends/server-sight.ts';
import type { FoundModel, FoundServer } from './found-server.ts';
import { NAME_PATHS, PLACES, tellProduct } from './tell-product.ts';

const HOSTS = ['127.0.0.1', '[::1]'] as const;
const QUESTION_MS = 300;

export interface FinderOptions {
  /** Of servers that want one. */
  readonly keyOf: (url: string) => string | null;
  readonly allowLan: boolean;
  readonly allowNetworks: boolean;
  /** Other ports than the usual ones. */
  readonly ports?: readonly number[];
  readonly questionMs?: number;
}

/** What answers like a model server, usable or refused with the reason. Takes about a second at most; never rejects. */
export async function findServers(options: FinderOptions): Promise<FoundServer[]> {
  const ports = options.ports ?? PLACES.map(({ port }) => port);
  const looks = ports.flatMap((port) => HOSTS.map((host) => lookAt(`http://${host}:${port}`, options, false)));
  const found = (await Promise.all(looks)).filter((server) => server !== null);
  // A server that listens at both addresses is one.
  return found.filter(({ port }, index) => found.findIndex((other) => other.port === port) === index);
}

/** One server that the owner named: what is wrong with it is told whatever it is. */
export async function lookAtServer(url: string, options: FinderOptions): Promise<FoundServer> {
  const found = await lookAt(url, { questionMs: 3000, ...options }, true);
  return found ?? refused(url, 0, 'nothing answered');
}

/** Null where nobody is there, or what is there is no model server at all. */
async function lookAt(url: string, options: FinderOptions, isNamed: boolean): Promise<FoundServer | null> {
  const server = refuseBaseUrl(url, options.allowLan);
  if (!server.ok) return refused(url, 0, server.error);
  const { keyOf, allowLan, allowNetworks, questionMs = QUESTION_MS } = options;
  const apiKey = keyOf(url);
  const door = new HttpDoor(server.value, { allowLan, ...(apiKey === null ? {} : { apiKey }) });
  try {
    const list = await door.ask(`${server.value.api}/models`, { timeoutMs: questionMs });
    if (list.failure === 'refused' && !isNamed) return null;
    const sight = new ServerSight(door, { allowNetworks, limits: { questionMs } });
    const known = await sight.look();
    if (known.ok) return await describe(url, door, known.value, questionMs);
    // Anything may stand at port 8080: only what has a list of models, or a locked one, is worth a word.
    const isServer = list.status === 200 || list.status === 401 || list.status === 403;
    return isNamed || isServer
      ? refused(url, server.value.port, known.error.replace(`${server.value.root}: `, ''))
      : null;
  } finally {
    door.close();
  }
}

function refused(url: string, port: number, refusal: string): FoundServer {
  return { url, port, product: 'A model server', version: null, models: [], leftOut: [], warnings: [], refusal };
}

async function describe(url: string, door: HttpDoor, known: Known, questionMs: number): Promise<FoundServer> {
  const { port, root } = door.server;
  const said = known.product === 'unknown' ? await askNames(door, root, questionMs) : new Map<string, unknown>();
  const { listing } = known;
  const slots = listing.slots ?? 1;
  const models = listing.models.map((model): FoundModel => ({
    // As it leaves this machine: a server may call it by the path of its file.
    name: tellName(model.name),
    digest: model.digest,
    sizeBytes: model.sizeBytes ?? null,
    contextTokens: model.contextTokens,
    isContextGuessed: model.isContextGuessed === true,
    isLoaded: (model.loadMs ?? 0) === 0,
    slots,
  }));
  const leftOut = listing.excluded.map(({ name, why }) => ({ name: tellName(name), why }));
  const product = tellProduct(known.product, port, said);
  const { version, warnings } = known;
  return { url, port, product, version, models, leftOut, warnings, refusal: null };
}

async function askNames(door: HttpDoor, root: string, timeoutMs: number): Promise<Map<string, unknown>> {
  const answers = await Promise.all(
    NAME_PATHS.map(async (path) => [path, await door.ask(`${root}${path}`, { timeoutMs })] as const),
  );
  return new Map(answers.flatMap(([path, { status, json }]) => (status === 200 ? [[path, json] as const] : [])));
}
