// What the routes take from their environment, opened once per isolate: no route touches a door itself.
import { AREAS } from '../../schema/places.ts';
import { makeMessageSigner } from '../../schema/receipt.ts';
import type { Result } from '../../schema/result.ts';
import type { Timings } from '../../schema/timings.ts';
import { fromHex } from '../../schema/bytes.ts';
import type { Hex } from '../../schema/bytes.ts';
import { addressOfPrivateKey, HANDSHAKE_DOMAIN } from '../../schema/typed-data.ts';
import type { Domain } from '../../schema/typed-data.ts';
import { makeApiKeys } from '../auth/api-keys.ts';
import type { ApiKeys } from '../auth/api-keys.ts';
import { makeAccounts } from '../auth/accounts.ts';
import type { Accounts } from '../auth/accounts.ts';
import { makeChainCodes } from '../auth/chain-codes.ts';
import type { ChainCodes } from '../auth/chain-codes.ts';
import type { Caller, KeyFault } from '../auth/judge-key.ts';
import { FamilyTags } from '../auth/family-tags.ts';
import { FailedAttempts } from '../auth/failed-attempts.ts';
import { KeyCache } from '../auth/key-cache.ts';
import { makeNodeCallers } from '../auth/node-callers.ts';
import type { NodeFault } from '../auth/node-callers.ts';
import { makeNodeTokens } from '../auth/node-tokens.ts';
import type { NodeTokens } from '../auth/node-tokens.ts';
import { makeMembers } from '../auth/members.ts';
import type { Members } from '../auth/members.ts';
import { makeRepeatedPosts } from '../auth/repeated-posts.ts';
import type { RepeatedPosts } from '../auth/repeated-posts.ts';
import { makeNodes } from '../auth/nodes.ts';
import type { Nodes } from '../auth/nodes.ts';
import { ownOrigins, parseOrigins } from '../auth/own-origins.ts';
import { makePools } from '../auth/pools.ts';
import type { Pools } from '../auth/pools.ts';
import type { Catalogue } from '../billing/catalogue.ts';
import { listEarningDays, sumEarningDays } from '../billing/earning-days.ts';
import type { EarningDay, EarningSum } from '../billing/earning-days.ts';
import type { ToldPost } from '../chain/post-log.ts';
import type { EpochShelf } from '../billing/epoch-shelf.ts';
import type { Ledger } from '../billing/ledger.ts';
import type { Env } from '../env.ts';
import { makeHomeFinder } from '../placement/home-finder.ts';
import type { HomeFinder } from '../placement/home-finder.ts';
import { HubRtts } from '../placement/hub-rtts.ts';
import { OutputLengths } from '../placement/output-lengths.ts';
import { makePresenceCache } from '../placement/presence-cache.ts';
import type { NodeWhy } from '../homes/make-why.ts';
import { WhyFinder } from '../area/why-finder.ts';
import { makeLinkNodes } from '../auth/link-nodes.ts';
import { DialGate } from '../auth/dial-gate.ts';
import type { LinkFault, LinkNode } from '../auth/link-nodes.ts';
import { findReceipts } from '../billing/receipt-finder.ts';
import type { FoundReceipts } from '../billing/receipt-finder.ts';
import { AccountTurns } from './account-turns.ts';
import { openBooks } from './books.ts';
import type { BookDoors } from './books.ts';
import { BodyRoom } from './body-room.ts';
import { EndedJobs } from './ended-jobs.ts';
import { openCheckouts, openKeyless } from './payments.ts';
import type { Checkouts, Keyless } from './payments.ts';
import { openConsoleDoors } from './console-doors.ts';
import type { ConsoleDoors } from './console-doors.ts';
import { openOwnerDoors } from './owner-doors.ts';
import type { OwnerDoors } from './owner-doors.ts';
import { openChainCheck } from './chain-check.ts';
import type { CheckChain } from './chain-check.ts';
import { openFees } from './fees.ts';
import { makeFindLeaf } from './final-leaves.ts';
import type { FindLeaf } from './final-leaves.ts';
import type { FindFees } from './fees.ts';
import { openNetworkChain } from './network-chain.ts';
import type { TellChain } from './network-chain.ts';
import { PacedLook } from './paced-look.ts';
import { pickEpochSeconds, pickTimings } from './pick-local.ts';
import { openEpochShelf } from './epoch-shelf.ts';
import { openCatalogue, openLedger, openPresenceTable } from './shared.ts';
import { openSigner } from './signer.ts';
import type { RouterSigner } from './signer.ts';
import { openVote } from './vote.ts';
import type { LookAtVote } from './vote.ts';
import { openStubs } from './stubs.ts';
import type { Stubs } from './stubs.ts';

export interface Services extends Stubs, BookDoors, OwnerDoors, ConsoleDoors {
  readonly timings: Timings;
  readonly keys: ApiKeys;
  readonly accounts: Accounts;
  /** Whether homes are paid on a chain, and from which address the router pays their claims' gas; null for none. */
  readonly hasChain: boolean;
  readonly sponsor: Hex | null;
  readonly findLeaf: FindLeaf;
  /** Null where there is no chain. */
  readonly checkChain: CheckChain | null;
  readonly chainCodes: ChainCodes;
  readonly members: Members;
  readonly posts: RepeatedPosts;
  readonly nodes: Nodes;
  readonly pools: Pools;
  readonly nodeTokens: NodeTokens;
  readonly catalogue: Catalogue;
  readonly ledger: Ledger;
  readonly homes: HomeFinder;
  readonly domain: Domain;
  /** Whose signatures receipts have: the key that signs now, those before it, and how these handed over. */
  readonly routerSigner: Pick<RouterSigner, 'signer' | 'routers' | 'handovers'>;
  readonly authenticate: (header: string | null) => Promise<Result<Caller, KeyFault>>;
  /** By what stands in D1 now. */
  readonly authenticateAnew: (header: string | null) => Promise<Result<Caller, KeyFault>>;
  /** How long answers are by key and model, as this isolate has seen. */
  readonly outputLengths: OutputLengths;
  /** Room for what callers send. */
  readonly bodies: BodyRoom;
  readonly endedJobs: EndedJobs;
  readonly attempts: FailedAttempts;
  /** Whether two addresses are of one family. */
  readonly families: FamilyTags;
  /** For work that holds the thread up. */
  readonly turns: AccountTurns;
  readonly findNode: (nodeId: string, token: string | null, from: string) => Promise<Result<LinkNode, LinkFault>>;
  readonly findReceipts: (wanted: { jobId: string; accountId: string }) => Promise<FoundReceipts>;
  /** Which home asks; null when it is a caller. */
  readonly authenticateNode: (header: string | null, requestUrl: string) => Promise<Result<string, NodeFault> | null>;
  /** The origins that a home may have dialled to reach this request. */
  readonly ownOrigins: (requestUrl: string) => readonly string[];
  /** Why those homes had no job, in their order. */
  readonly findWhy: (nodeIds: readonly string[]) => Promise<NodeWhy[]>;
  readonly isPresenceUp: () => Promise<boolean>;
  /** Null where no credit can be bought by card. */
  readonly checkouts: Checkouts | null;
  /** Null where every call needs a key. */
  readonly keyless: Keyless | null;
  /** Length of an epoch, and the published ones. */
  readonly epochSeconds: number;
  readonly shelf: EpochShelf;
  /** How far epochs of a span are on the chain, both ends included; null where there is no chain. */
  readonly tellPosts: ((from: number, to: number) => Promise<ToldPost[]>) | null;
  /** What the network takes of charges, as far as a vote has changed it. */
  readonly findFees: FindFees;
  /** Where it pays. */
  readonly tellChain: TellChain;
  /** What stands to the vote; null where there is no chain. */
  readonly lookAtVote: LookAtVote | null;
  readonly listEarningDays: (nodeIds: readonly string[], fromDay: number) => Promise<EarningDay[]>;
  readonly sumEarningDays: (
    nodeIds: readonly string[],
    days: { readonly fromDay: number; readonly today: number },
  ) => Promise<EarningSum[]>;
}

/** Text of the random bytes that keys, codes and ids are made of. */
function random(bytes: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(bytes));
}

// One isolate serves one environment: what it learns of keys, catalogue and presence is shared by all its requests.
const keyCache = new KeyCache();
const dialGate = new DialGate();
const presenceCache = makePresenceCache(() => Date.now());
const hubRtts = new HubRtts();
const outputLengths = new OutputLengths();
const bodies = new BodyRoom();
const turns = new AccountTurns();
const endedJobs = new EndedJobs();
const attempts = new FailedAttempts();
const services = new WeakMap<Env, Services>();

/** The doors of one environment; made on the first request, the same afterwards. */
export function makeServices(env: Env): Services {
  const known = services.get(env);
  if (known) return known;
  const made = openServices(env);
  services.set(env, made);
  return made;
}

function openServices(env: Env): Services {
  const routerSigner = openSigner(env);
  const presence = openPresenceTable(env);
  const origins = parseOrigins(env.ROUTER_ORIGINS);
  const presenceLook = new PacedLook(() => presence.ping());
  const { KEY_HMAC_SECRET: secret, KEY_HMAC_SECRET_PREVIOUS: previous } = env;
  const keys = makeApiKeys({ db: env.DB, secret, previous, cache: keyCache, random });
  const nodes = makeNodes({ db: env.DB, signer: makeMessageSigner(HANDSHAKE_DOMAIN), random });
  const nodeTokens = makeNodeTokens(env.NODE_TOKEN_SECRET, env.NODE_TOKEN_SECRET_PREVIOUS);
  const nodeCallers = makeNodeCallers({ nodes, nodeTokens, signer: makeMessageSigner(HANDSHAKE_DOMAIN) });
  const linkNodes = makeLinkNodes({ nodes, nodeTokens, gate: dialGate });
  const catalogue = openCatalogue(env);
  const ledger = openLedger(env);
  const stubs = openStubs(env);
  const whys = openWhys(stubs);
  const homes = makeHomeFinder({
    presence,
    cache: presenceCache,
    rtts: hubRtts,
    random: () => Math.random(),
    askArea: (area, ask) => stubs.area(area).offers(ask),
  });
  return {
    timings: pickTimings(env),
    keys,
    ...openAccountTables(env.DB),
    nodes,
    nodeTokens,
    catalogue,
    ledger,
    homes,
    outputLengths,
    bodies,
    turns,
    endedJobs,
    attempts,
    families: new FamilyTags(secret),
    domain: routerSigner.domain,
    routerSigner,
    ...stubs,
    ...openBooks(env, catalogue),
    ...openConsoleDoors(env, random),
    ...openOwnerDoors(env, { ledger, stubs, random }),
    authenticate: (header) => keys.authenticate(header, Date.now()),
    authenticateAnew: (header) => keys.authenticateAnew(header, Date.now()),
    findNode: (nodeId, token, from) => linkNodes.find(nodeId, token, from),
    findReceipts: (wanted) => findReceipts({ ledger, account: stubs.account }, wanted),
    authenticateNode: (header, requestUrl) =>
      nodeCallers.authenticate(header, ownOrigins(origins, requestUrl), Date.now()),
    ownOrigins: (requestUrl) => ownOrigins(origins, requestUrl),
    findWhy: (nodeIds) => whys.find(nodeIds),
    isPresenceUp: () => presenceLook.ask(Date.now()),
    checkouts: openCheckouts(env, stubs),
    keyless: openKeyless(env),
    ...openEpochs(env),
    ...openChain(env, stubs, nodes),
  };
}

function openAccountTables(db: D1Database): Pick<Services, 'accounts' | 'members' | 'pools' | 'posts'> {
  return {
    accounts: makeAccounts({ db, random }),
    members: makeMembers({ db, random }),
    pools: makePools({ db, random }),
    posts: makeRepeatedPosts(db),
  };
}

function openEpochs(env: Env): Pick<Services, 'epochSeconds' | 'shelf' | 'listEarningDays' | 'sumEarningDays'> {
  return {
    epochSeconds: pickEpochSeconds(env),
    shelf: openEpochShelf(env),
    listEarningDays: (nodeIds, fromDay) => listEarningDays(env.DB, nodeIds, fromDay),
    sumEarningDays: (nodeIds, days) => sumEarningDays(env.DB, nodeIds, days),
  };
}

type ChainServices = Pick<
  Services,
  | 'tellChain'
  | 'tellPosts'
  | 'chainCodes'
  | 'hasChain'
  | 'sponsor'
  | 'checkChain'
  | 'findLeaf'
  | 'findFees'
  | 'lookAtVote'
>;

/** What there is of a chain, where there is one. */
function openChain(env: Env, stubs: Stubs, nodes: Nodes): ChainServices {
  const { CHAIN_RPC_URL: url, CHAIN_SPONSOR_KEY: key } = env;
  return {
    tellChain: openNetworkChain(env),
    tellPosts: url === undefined ? null : async (from, to) => stubs.settler().tellPosts(from, to),
    chainCodes: makeChainCodes({ db: env.DB, random }),
    hasChain: url !== undefined,
    sponsor: url === undefined || key === undefined ? null : addressOfPrivateKey(fromHex(key as Hex)),
    checkChain: openChainCheck(env, stubs, nodes),
    findLeaf: makeFindLeaf(openEpochShelf(env)),
    findFees: openFees(env, stubs),
    lookAtVote: openVote(env),
  };
}

function openWhys(stubs: Stubs): WhyFinder {
  return new WhyFinder({
    areas: AREAS,
    seatsOf: (area, nodeIds) => stubs.area(area).seatsOf([...nodeIds]),
    why: (hub, nodeId) => stubs.hub(hub).why(nodeId),
    now: () => Date.now(),
  });
}
