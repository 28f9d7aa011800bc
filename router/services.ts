// Opens every door once per isolate and hands them over as one object: routes and Durable Objects touch no door themselves.
import type { Hex } from '../schema/bytes.ts';
import { fromHex } from '../schema/bytes.ts';
import type { ChatRequest } from '../schema/openai.ts';
import { AREAS } from '../schema/places.ts';
import type { Place } from '../schema/places.ts';
import { computeCharge, splitCharge } from '../schema/prices.ts';
import { JOB_TICKET, makeMessageSigner } from '../schema/receipt.ts';
import type { MessageSigner } from '../schema/receipt.ts';
import type { Result } from '../schema/result.ts';
import type { SettlementJson } from '../schema/settlement.ts';
import { addressOfPrivateKey, HANDSHAKE_DOMAIN } from '../schema/typed-data.ts';
import type { Domain } from '../schema/typed-data.ts';
import { makeApiKeys } from './auth/api-keys.ts';
import type { ApiKeys } from './auth/api-keys.ts';
import { makeAccounts } from './auth/accounts.ts';
import type { Accounts } from './auth/accounts.ts';
import type { Caller, KeyFault } from './auth/judge-key.ts';
import { KeyCache } from './auth/key-cache.ts';
import { makeNodeCallers } from './auth/node-callers.ts';
import type { NodeFault } from './auth/node-callers.ts';
import { makeNodeTokens } from './auth/node-tokens.ts';
import type { NodeTokens } from './auth/node-tokens.ts';
import { makeNodes, poolsOf } from './auth/nodes.ts';
import type { Nodes } from './auth/nodes.ts';
import { makePools } from './auth/pools.ts';
import type { Pools } from './auth/pools.ts';
import type { Account } from './billing/account.ts';
import { makeCatalogue, makeCatalogueCache } from './billing/catalogue.ts';
import type { Catalogue } from './billing/catalogue.ts';
import { makeJobLog } from './billing/job-log.ts';
import type { JobLog } from './billing/job-log.ts';
import { makeLedger } from './billing/ledger.ts';
import type { Ledger } from './billing/ledger.ts';
import type { NodeAccount } from './billing/node-account.ts';
import { countPrompt, decidePart } from './billing/count-part.ts';
import { delayHub, parseHubDelays } from './services/delayed-hub.ts';
import type { Env } from './env.ts';
import { decideGrant } from './placement/decide-grant.ts';
import { hashPrefixes } from './placement/hash-prefixes.ts';
import { makeHomeFinder } from './placement/home-finder.ts';
import type { HomeFinder } from './placement/home-finder.ts';
import { HubRtts } from './placement/hub-rtts.ts';
import { LEARNING_RULES } from './placement/learning-rules.ts';
import { OutputLengths } from './placement/output-lengths.ts';
import { PrefixHolders } from './placement/prefix-holders.ts';
import { openPresence } from './placement/presence.ts';
import { HUB_SIZES, hubFor, planHubs } from './area/plan-hubs.ts';
import { makePresenceCache } from './placement/presence-cache.ts';
import type { Area } from './area/area.ts';
import type { AreaServices } from './area/area-services.ts';
import { FIRST_PAUSE_MS } from './homes/cool-node.ts';
import type { Hub } from './hub/hub.ts';
import type { HubServices, Prefixes } from './hub/hub-services.ts';
import type { NodeWhy } from './homes/make-why.ts';
import { WhyFinder } from './area/why-finder.ts';
import { countHomes, findModel, listModels } from './routes/served-models.ts';
import type { ModelListing, ServedModel } from './routes/served-models.ts';

export type { Caller, ModelListing, ServedModel };

export interface HoldRefusal {
  readonly reason: 'no-credit' | 'key-revoked' | 'account-disabled';
  readonly available: number;
}

/** A node that may dial in, or why not. */
export interface LinkNode {
  readonly address: Hex;
  readonly ownerAccountId: string;
  readonly wallet: Hex | null;
  /** Pool ids, and `public` where it lends itself to everyone. */
  readonly pools: readonly string[];
  readonly isRevoked: boolean;
  readonly reason: string | null;
}

export interface Services {
  readonly keys: ApiKeys;
  readonly accounts: Accounts;
  readonly nodes: Nodes;
  readonly pools: Pools;
  readonly nodeTokens: NodeTokens;
  readonly catalogue: Catalogue;
  readonly ledger: Ledger;
  readonly jobLog: JobLog;
  readonly homes: HomeFinder;
  readonly domain: Domain;
  readonly routerAddress: Hex;
  readonly authenticate: (header: string | null) => Promise<Result<Caller, KeyFault>>;
  readonly findModel: (model: string, caller: Caller) => Promise<ServedModel>;
  readonly listModels: (caller: Caller, place: Place) => Promise<ModelListing[]>;
  /** Homes that serve the model now and that the caller may use. */
  readonly countHomes: (model: ServedModel, caller: Caller, place: Place) => Promise<number>;
  /** How long answers are by key and model, as this isolate has seen. */
  readonly outputLengths: OutputLengths;
  /** Hashes of a prompt's leading blocks, salted by account: homes that were sent them may still hold them. */
  readonly hashPrefixes: (accountId: string, messages: ChatRequest['messages']) => string[];
  readonly countPrompt: (request: ChatRequest, model: ServedModel) => { exact: number | null; bound: number };
  readonly findNode: (nodeId: string, token: string | null) => Promise<LinkNode | null>;
  readonly findReceipts: (wanted: {
    jobId: string;
    accountId: string;
  }) => Promise<{ settlements: SettlementJson[]; isPending: boolean }>;
  /** Which home asks; null when it is a caller. */
  readonly authenticateNode: (header: string | null) => Promise<Result<string, NodeFault> | null>;
  /** Why those homes had no job, in their order. */
  readonly findWhy: (nodeIds: readonly string[]) => Promise<NodeWhy[]>;
  readonly isPresenceUp: () => Promise<boolean>;
  readonly account: (accountId: string) => DurableObjectStub<Account>;
  readonly nodeAccount: (nodeId: string) => DurableObjectStub<NodeAccount>;
  readonly area: (area: string) => DurableObjectStub<Area>;
  readonly hub: (hub: string) => DurableObjectStub<Hub>;
}

/** Text of the random bytes that keys, codes and ids are made of. */
function random(bytes: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(bytes));
}

// One isolate serves one environment: what it learns of keys, catalogue and presence is shared by all its requests.
const keyCache = new KeyCache();
const catalogueCache = makeCatalogueCache();
const presenceCache = makePresenceCache(() => Date.now());
const hubRtts = new HubRtts();
const outputLengths = new OutputLengths();
const services = new WeakMap<Env, Services>();
const hubServices = new WeakMap<Env, HubServices>();

/** The doors of one environment; made on the first request, the same afterwards. */
export function makeServices(env: Env): Services {
  const known = services.get(env);
  if (known) return known;
  const made = openServices(env);
  services.set(env, made);
  return made;
}

function openServices(env: Env): Services {
  const { domain, routerAddress } = openSigner(env);
  const presence = openPresence({ url: env.UPSTASH_REDIS_REST_URL, token: env.UPSTASH_REDIS_REST_TOKEN });
  const keys = makeApiKeys({ db: env.DB, secret: env.KEY_HMAC_SECRET, cache: keyCache, random });
  const nodes = makeNodes({ db: env.DB, signer: makeMessageSigner(HANDSHAKE_DOMAIN), random });
  const nodeTokens = makeNodeTokens(env.NODE_TOKEN_SECRET);
  const nodeCallers = makeNodeCallers({ nodes, nodeTokens, signer: makeMessageSigner(HANDSHAKE_DOMAIN) });
  const catalogue = catalogueOf(env);
  const ledger = makeLedger(env.DB);
  const stubs = openStubs(env);
  const whys = new WhyFinder({
    areas: AREAS,
    seatsOf: (area, nodeIds) => stubs.area(area).seatsOf([...nodeIds]),
    why: (hub, nodeId) => stubs.hub(hub).why(nodeId),
    now: () => Date.now(),
  });
  const homes = makeHomeFinder({
    presence,
    cache: presenceCache,
    rtts: hubRtts,
    random: () => Math.random(),
    askArea: (area, ask) => stubs.area(area).offers(ask),
  });
  return {
    keys,
    accounts: makeAccounts({ db: env.DB, random }),
    nodes,
    pools: makePools({ db: env.DB, random }),
    nodeTokens,
    catalogue,
    ledger,
    jobLog: makeJobLog({
      db: env.DB,
      publicModels: async () => new Set((await catalogue.list(Date.now())).map(({ id }) => id)),
    }),
    homes,
    outputLengths,
    hashPrefixes: (accountId, messages) =>
      hashPrefixes(messages.map(({ role, content }) => `${role}\n${content}\n`).join(''), accountId),
    domain,
    routerAddress,
    ...stubs,
    authenticate: (header) => keys.authenticate(header, Date.now()),
    findModel: (model, caller) => findModel({ catalogue, homes }, model, caller),
    listModels: (caller, place) => listModels({ catalogue, homes }, caller, place),
    countHomes: (model, caller, place) => countHomes(homes, model, caller, place),
    countPrompt,
    findNode: (nodeId, token) => findNode({ nodes, nodeTokens }, nodeId, token),
    findReceipts: (wanted) => findReceipts({ ledger, account: stubs.account }, wanted),
    authenticateNode: (header) => nodeCallers.authenticate(header, Date.now()),
    findWhy: (nodeIds) => whys.find(nodeIds),
    isPresenceUp: () => presence.ping(),
  };
}

function openSigner(env: Env): { domain: Domain; signer: MessageSigner; routerKey: Uint8Array; routerAddress: Hex } {
  const domain: Domain = { chainId: Number(env.CHAIN_ID), verifyingContract: env.VERIFYING_CONTRACT as Hex };
  const routerKey = fromHex(env.ROUTER_SIGNING_KEY);
  return { domain, signer: makeMessageSigner(domain), routerKey, routerAddress: addressOfPrivateKey(routerKey) };
}

function openStubs(env: Env): Pick<Services, 'account' | 'nodeAccount' | 'area' | 'hub'> {
  const delays = env.LOCAL_PLACES === '1' ? parseHubDelays(env.LOCAL_HUB_DELAYS) : null;
  return {
    account: (accountId) => env.ACCOUNT.get(env.ACCOUNT.idFromName(accountId)),
    nodeAccount: (nodeId) => env.NODE_ACCOUNT.get(env.NODE_ACCOUNT.idFromName(nodeId)),
    area: (area) => env.AREA.get(env.AREA.idFromName(area), { locationHint: area as DurableObjectLocationHint }),
    // A hub is made where its area is: near the homes that dial it.
    hub: (hub) => {
      const area = hub.split(':')[1] ?? '';
      const stub = env.HUB.get(env.HUB.idFromName(hub), { locationHint: area as DurableObjectLocationHint });
      const rttMs = delays?.[area] ?? 0;
      return rttMs > 0 ? delayHub(stub, rttMs) : stub;
    },
  };
}

/** A node that dials in: by the token of its last connection, else by the books. Null when it is not enrolled. */
async function findNode(
  doors: Pick<Services, 'nodes' | 'nodeTokens'>,
  nodeId: string,
  token: string | null,
): Promise<LinkNode | null> {
  const claims = token ? await doors.nodeTokens.verify(token, Date.now()) : null;
  if (claims?.ok && claims.value.nodeId === nodeId) {
    const { address, accountId, wallet, pools } = claims.value;
    return { address, ownerAccountId: accountId, wallet: wallet as Hex | null, pools, isRevoked: false, reason: null };
  }
  const row = await doors.nodes.find(nodeId);
  if (!row) return null;
  return {
    address: row.address as Hex,
    ownerAccountId: row.accountId,
    wallet: row.wallet as Hex | null,
    pools: poolsOf(row),
    isRevoked: row.revokedAt !== null,
    reason: row.revokedReason,
  };
}

/** A job's settlements: from the book, or while they are on their way there from the account that decided them. */
async function findReceipts(
  doors: Pick<Services, 'ledger' | 'account'>,
  { jobId, accountId }: { jobId: string; accountId: string },
): Promise<{ settlements: SettlementJson[]; isPending: boolean }> {
  const booked = await doors.ledger.findReceipts(accountId, jobId);
  if (booked.some(({ isFinal }) => isFinal)) return { settlements: booked, isPending: false };
  const { settlements, waiting, pending } = await doors.account(accountId).receipts(jobId);
  const known = new Set(booked.map(({ part }) => part));
  const rest = [...settlements, ...waiting].filter(({ part }) => !known.has(part));
  return { settlements: [...booked, ...rest].toSorted((a, b) => a.part - b.part), isPending: pending };
}

function catalogueOf(env: Env): Catalogue {
  return makeCatalogue({ db: env.DB, cache: catalogueCache });
}

function openPrefixes(): Prefixes {
  const holders = new PrefixHolders();
  return {
    note: (nodeId, prefixes) => holders.note(nodeId, prefixes),
    expectCachedTokens: (nodeId, prefixes) => holders.expectCachedTokens(nodeId, prefixes),
    forget: (nodeId) => holders.forget(nodeId),
  };
}

/** What the hub takes from the other rooms. */
export function makeHubServices(env: Env): HubServices {
  const known = hubServices.get(env);
  if (known) return known;
  const { domain, signer, routerKey, routerAddress } = openSigner(env);
  const presence = openPresence({ url: env.UPSTASH_REDIS_REST_URL, token: env.UPSTASH_REDIS_REST_TOKEN });
  const nodeTokens = makeNodeTokens(env.NODE_TOKEN_SECRET);
  const catalogue = catalogueOf(env);
  const stubs = openStubs(env);
  const made: HubServices = {
    signer,
    handshake: makeMessageSigner(HANDSHAKE_DOMAIN),
    domain,
    routerAddress,
    decideGrant,
    learning: {
      firstPauseMs: pickLocal(env, env.HUB_COOLING_MS, FIRST_PAUSE_MS),
      ...LEARNING_RULES,
    },
    openPrefixes: () => openPrefixes(),
    handHistory: (hub, nodeId, json) => stubs.hub(hub).takeHistory(nodeId, json),
    signTicket: (ticket) => signer.sign(JOB_TICKET, ticket, routerKey),
    issueNodeToken: ({ nodeId, address, ownerAccountId, wallet, pools }, now) =>
      nodeTokens.issue({ nodeId, address, accountId: ownerAccountId, wallet, pools }, now),
    catalogue: () => catalogue.list(Date.now()),
    forgetCatalogue: () => catalogue.forget(),
    writePresence: (changes) => presence.write(changes),
    decideCounts: decidePart,
    earnOf: (ticket, counts) =>
      splitCharge(computeCharge({ priceIn: Number(ticket.priceIn), priceOut: Number(ticket.priceOut) }, counts)).earn,
    acceptSettlements: async (nodeId, settlements) => stubs.nodeAccount(nodeId).acceptAll([...settlements]),
    settleCaller: async (accountId, settlements) => stubs.account(accountId).settleAll([...settlements]),
    acceptLate: async (nodeId, late) => stubs.nodeAccount(nodeId).acceptLate(late),
    findUnsigned: async (nodeId) => stubs.nodeAccount(nodeId).unsigned(),
    reportToArea: async (area, report) => {
      await stubs.area(area).report(report);
    },
  };
  hubServices.set(env, made);
  return made;
}

/** A number that only the local network may set, else the standard one. */
function pickLocal(env: Env, text: string | undefined, standard: number): number {
  const isSet = env.LOCAL_PLACES === '1' && text !== undefined && /^[0-9]{1,9}$/.test(text);
  return isSet ? Number(text) : standard;
}

/** Homes that dropped off for less than this still count where they sat: a deployment lets all of them redial. */
const LINGER_MS = 600_000;

/** What an area takes from placement. On the local network the sizes of hubs may be set, so that a few agents fill several. */
export function makeAreaServices(env: Env): AreaServices {
  const sizes = {
    minSlots: pickLocal(env, env.HUB_MIN_SLOTS, HUB_SIZES.minSlots),
    maxSlots: pickLocal(env, env.HUB_MAX_SLOTS, HUB_SIZES.maxSlots),
  };
  return {
    sizes,
    lingerMs: pickLocal(env, env.HUB_LINGER_MS, LINGER_MS),
    planHubs: (now) => planHubs({ ...now, sizes }),
    hubFor,
  };
}
