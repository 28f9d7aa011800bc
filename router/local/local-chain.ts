// The chain of a local network: this machine's own, or another test chain by its URL. Irori's contracts are deployed once, the router's and the root key are
// bonded out of what the token starts with, and the keys that pay for gas get coins.
import { statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  createPublicClient,
  createTestClient,
  createWalletClient,
  defineChain,
  formatEther,
  http,
  publicActions,
  walletActions,
} from 'viem';
import type { Abi, Account, Address, Chain, Hex, HttpTransport, PublicClient, WalletClient } from 'viem';
import { privateKeyToAccount, privateKeyToAddress } from 'viem/accounts';
import { fromHex } from '../../schema/bytes.ts';
import { NODE_BOND } from '../../schema/chain-messages.ts';
import { makeMessageSigner } from '../../schema/receipt.ts';
import type { RuleValues } from '../../schema/rules-abi.ts';
import { findTestChain, LOCAL_CHAIN } from '../../schema/test-chains.ts';
import type { TestChainKind } from '../../schema/test-chains.ts';
import { openChainFolder } from './chain-folder.ts';
import type { ChainFolder, ChainKeys, DeployedChain } from './chain-folder.ts';
import { deployContracts, readArtifact, usualRules } from './chain-contracts.ts';
import type { ContractName, Contracts } from './chain-contracts.ts';
import { StartError } from './start-error.ts';
import { startAnvil } from './test-chain.ts';
import type { Anvil } from './test-chain.ts';

const TOKEN = 10n ** 18n;
/** What the token starts with; a tenth of a percent of it makes a key that may lose half of it a few times. */
const AT_START = 100_000n * TOKEN;
const BOND = 1000n * TOKEN;
/** Coins of each key that pays on this machine's own chain. */
const OWN_COINS = 1000n * TOKEN;
/** Gas of all that a deployment sends. */
const DEPLOY_GAS = 18_000_000n;
/** Older states are not asked for. */
const KEPT_STATES = 128;
const STATE_WAIT_MS = 10_000;

const OWN = findOwn();

export interface LocalChainOptions {
  /** Folder for keys, addresses and the chain's state; null keeps nothing. */
  readonly stateDir: string | null;
  /** Another test chain; left out, this machine's own is started. */
  readonly url?: string;
  /** The router's signing key. */
  readonly routerKey: Hex;
  readonly epochSeconds: number;
  /** Values that differ from the usual ones. */
  readonly rules?: Partial<RuleValues>;
  /** What this machine's own chain takes for its beginning, s since epoch; now where left out. For tests whose epochs are to come and go. */
  readonly beginsAt?: number;
  /** Added to the environment of anvil, so that its process can be known. */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface LocalChain {
  readonly url: string;
  readonly chainId: number;
  readonly kind: TestChainKind;
  readonly contracts: Contracts;
  readonly keys: ChainKeys;
  /** The Worker's settings for it. */
  readonly bindings: Readonly<Record<string, string>>;
  /** Of anvil; null where the chain is not this machine's own, or is down. */
  readonly pid: () => number | null;
  /** Once anvil has ended since it was started last, whoever ended it. */
  readonly gone: () => Promise<void>;
  /** Ends anvil by SIGKILL; it stays down until `start`. */
  readonly kill: () => Promise<void>;
  /** Starts anvil again on its port, over the state that it keeps. */
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Throws StartError with one sentence where there is no such chain, or it is none of the list of test networks. */
export async function openLocalChain(options: LocalChainOptions): Promise<LocalChain> {
  const folder = openChainFolder(options.stateDir);
  if (options.url === undefined) checkSame(folder.deployed, OWN, options);
  const own = options.url === undefined ? await openOwn(options, folder) : null;
  const url = options.url ?? own?.url ?? '';
  try {
    const kind = await findKind(url);
    checkSame(folder.deployed, kind, options);
    const clients = makeClients(url, kind);
    if (kind.chainId === LOCAL_CHAIN) await giveCoins(clients, folder.keys);
    const contracts = folder.deployed
      ? await findDeployed(clients, folder.deployed)
      : await deploy(clients, { ...options, folder, port: own && Number(new URL(url).port) });
    await own?.settle();
    return {
      url,
      chainId: kind.chainId,
      kind,
      contracts,
      keys: folder.keys,
      bindings: {
        CHAIN_ID: String(kind.chainId),
        VERIFYING_CONTRACT: contracts.Payouts.address.toLowerCase(),
        CHAIN_RPC_URL: url,
        CHAIN_GOVERNOR: contracts.IroriGovernor.address.toLowerCase(),
        ROOT_SIGNING_KEY: folder.keys.root,
        CHAIN_GAS_KEY: folder.keys.gas,
        CHAIN_SPONSOR_KEY: folder.keys.sponsor,
      },
      pid: () => own?.pid() ?? null,
      gone: async () => own?.gone(),
      kill: async () => own?.kill(),
      start: async () => own?.start(),
      stop: async () => own?.stop(),
    };
  } catch (cause) {
    await own?.stop();
    throw cause;
  }
}

interface OwnChain {
  readonly url: string;
  readonly pid: () => number | null;
  readonly gone: () => Promise<void>;
  readonly kill: () => Promise<void>;
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
  /** Once what was sent until now is in the file. */
  readonly settle: () => Promise<void>;
}

async function openOwn(options: LocalChainOptions, { stateFile, deployed }: ChainFolder): Promise<OwnChain> {
  const kept = stateFile === null ? [] : ['--state', stateFile, '--state-interval', '1'];
  const begun = options.beginsAt === undefined ? [] : ['--timestamp', String(options.beginsAt)];
  const args = [...kept, ...begun, '--prune-history', String(KEPT_STATES)];
  const begin = async (port: number): Promise<Anvil> =>
    startAnvil({ port, args, ...(options.environment ? { environment: options.environment } : {}) });
  const wished = deployed?.port ?? 0;
  const first = await begin(wished).catch(async (cause: unknown) => {
    if (wished === 0) throw cause;
    return begin(0);
  });
  let anvil: Anvil | null = first;
  let last = first;
  const port = Number(new URL(first.url).port);
  if (deployed) await deepen(first.url);
  const end = async (signal: 'SIGKILL' | 'SIGTERM'): Promise<void> => {
    const ending = anvil;
    anvil = null;
    await ending?.stop(signal);
  };
  return {
    url: first.url,
    pid: () => anvil?.pid ?? null,
    gone: async () => last.gone,
    kill: async () => end('SIGKILL'),
    start: async () => {
      await end('SIGKILL');
      anvil = last = await begin(port);
      await deepen(first.url);
    },
    // Without a file there is nothing to write first.
    stop: async () => end(stateFile === null ? 'SIGKILL' : 'SIGTERM'),
    settle: async () => {
      if (stateFile !== null && !deployed) await untilWritten(stateFile, Date.now());
    },
  };
}

/** Of blocks before its start anvil has no states any more, and what is final is read some blocks below the last. */
async function deepen(url: string): Promise<void> {
  await createTestClient({ mode: 'anvil', transport: http(url) }).mine({ blocks: OWN.depth + 1 });
}

/** A chain that is killed within its first second would have forgotten what was deployed on it. */
async function untilWritten(stateFile: string, since: number): Promise<void> {
  const writtenAt = (): number => statSync(stateFile, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  for (const until = Date.now() + STATE_WAIT_MS; Date.now() < until; await sleep(50)) if (writtenAt() > since) return;
  throw new StartError(`anvil does not write its state to ${stateFile}.`);
}

function findOwn(): TestChainKind {
  const kind = findTestChain(LOCAL_CHAIN);
  if (!kind.ok) throw new StartError(kind.error);
  return kind.value;
}

async function findKind(url: string): Promise<TestChainKind> {
  const chainId = await createPublicClient({ transport: http(url, { retryCount: 1, timeout: 10_000 }) })
    .getChainId()
    .catch(() => {
      throw new StartError(`No chain answers at ${url}: --chain URL takes the address of a test chain's JSON-RPC.`);
    });
  const kind = findTestChain(chainId);
  if (!kind.ok) throw new StartError(kind.error);
  return kind.value;
}

function checkSame(deployed: DeployedChain | null, kind: TestChainKind, options: LocalChainOptions): void {
  if (deployed === null) return;
  if (deployed.chainId !== kind.chainId)
    throw new StartError(
      `What this folder deployed stands on chain ${deployed.chainId}, and this is ${kind.name} (${kind.chainId}). Start with that chain, or in another folder: --state DIR.`,
    );
  if (deployed.epochSeconds !== options.epochSeconds)
    throw new StartError(
      `The contracts of this folder have epochs of ${deployed.epochSeconds} s, not of ${options.epochSeconds} s; that cannot be changed.`,
    );
}

type Sender = WalletClient<HttpTransport, Chain, Account>;

interface Clients {
  readonly kind: TestChainKind;
  readonly url: string;
  readonly read: PublicClient<HttpTransport, Chain>;
  readonly walletOf: (key: Hex) => Sender;
}

function makeClients(url: string, kind: TestChainKind): Clients {
  const chain = defineChain({
    id: kind.chainId,
    name: kind.name,
    nativeCurrency: { name: 'test coins', symbol: 'TEST', decimals: 18 },
    rpcUrls: { default: { http: [url] } },
  });
  const transport = http(url);
  return {
    kind,
    url,
    read: createPublicClient({ chain, transport, pollingInterval: kind.chainId === LOCAL_CHAIN ? 20 : 1000 }),
    walletOf: (key) => createWalletClient({ account: privateKeyToAccount(key), chain, transport }),
  };
}

/** On a local chain they cost nothing. One that is not anvil may refuse it: then its keys must have some already. */
async function giveCoins({ url }: Clients, keys: ChainKeys): Promise<void> {
  const client = createTestClient({ mode: 'anvil', transport: http(url) })
    .extend(publicActions)
    .extend(walletActions);
  for (const key of Object.values(keys)) {
    const address = privateKeyToAddress(key);
    if ((await client.getBalance({ address })) < OWN_COINS / 10n)
      await client.setBalance({ address, value: OWN_COINS }).catch(() => undefined);
  }
}

/** Throws StartError where what was deployed is gone. */
async function findDeployed({ read, kind }: Clients, deployed: DeployedChain): Promise<Contracts> {
  const code = await read.getCode({ address: deployed.contracts.Payouts });
  if (code === undefined)
    throw new StartError(
      `The contracts that this folder deployed are not on ${kind.name} any more: was the chain's state lost, or reset? Restore chain-state.json, or begin with another folder (--state DIR): new contracts beside these books would pay all of them once more.`,
    );
  return contractsAt(deployed.contracts);
}

function contractsAt(places: DeployedChain['contracts']): Contracts {
  const entries = Object.entries(places).map(([name, address]) => [
    name,
    { address, abi: readArtifact(name).abi as Abi },
  ]);
  return Object.fromEntries(entries) as Contracts;
}

interface Deployment extends LocalChainOptions {
  readonly folder: ChainFolder;
  readonly port: number | null;
}

async function deploy(clients: Clients, deployment: Deployment): Promise<Contracts> {
  const { epochSeconds, routerKey, folder, port } = deployment;
  const { keys } = folder;
  await spreadCoins(clients, keys);
  const length = BigInt(epochSeconds);
  const contracts = await deployContracts(
    { read: clients.read, write: clients.walletOf(keys.deployer) },
    {
      epochSeconds,
      rules: { ...usualRules(epochSeconds), ...deployment.rules },
      guardian: privateKeyToAddress(keys.guardian),
      rootKey: privateKeyToAddress(keys.root),
      routerKey: privateKeyToAddress(routerKey),
      holder: privateKeyToAddress(keys.holder),
      atStart: AT_START,
      timelockDelay: 2n * length,
      votingDelay: length,
      votingPeriod: 3n * length,
      threshold: 100n * TOKEN,
    },
  );
  await bondKeys(clients, contracts, [keys.root, routerKey], keys.holder);
  const places = Object.fromEntries(Object.entries(contracts).map(([name, { address }]) => [name, address]));
  folder.write({
    chainId: clients.kind.chainId,
    epochSeconds,
    ...(port === null ? {} : { port }),
    block: Number(await clients.read.getBlockNumber()),
    contracts: places as Record<ContractName, Address>,
  });
  return contracts;
}

/** Out of the deployer's, on a chain where coins come from elsewhere. Throws StartError where it has none. */
async function spreadCoins({ read, walletOf, kind }: Clients, keys: ChainKeys): Promise<void> {
  const from = privateKeyToAddress(keys.deployer);
  const least = (await read.getGasPrice()) * DEPLOY_GAS;
  const has = await read.getBalance({ address: from });
  if (has < least)
    throw new StartError(
      `Deploying needs coins for gas on ${kind.name}: about ${formatEther(least * 2n)} at present. Send test coins (they have no value; a faucet gives them) to ${from}, then start again.`,
    );
  // What is left pays for the deployment: half of what is not needed for it goes to who pays for gas later.
  const spare = has - least;
  const wallet = walletOf(keys.deployer);
  for (const to of [keys.holder, keys.gas, keys.sponsor].map((key) => privateKeyToAddress(key))) {
    if ((await read.getBalance({ address: to })) > 0n) continue;
    const hash = await wallet.sendTransaction({ to, value: spare / 6n });
    await read.waitForTransactionReceipt({ hash });
  }
}

async function bondKeys(
  { read, walletOf, kind }: Clients,
  contracts: Contracts,
  bonded: readonly Hex[],
  holder: Hex,
): Promise<void> {
  const wallet = walletOf(holder);
  const owner = wallet.account.address;
  const signer = makeMessageSigner({
    chainId: kind.chainId,
    verifyingContract: contracts.Payouts.address.toLowerCase() as Hex,
  });
  const send = async (name: ContractName, functionName: string, args: unknown[]): Promise<void> => {
    const call = { ...contracts[name], functionName, args, account: wallet.account };
    // An estimate is too low where votes are written down: their cost depends on the second.
    const gas = ((await read.estimateContractGas(call)) * 3n) / 2n;
    const hash = await wallet.writeContract({ ...call, gas });
    const { status } = await read.waitForTransactionReceipt({ hash });
    if (status !== 'success') throw new Error(`${functionName} was reverted`);
  };
  await send('IroriToken', 'approve', [contracts.Bonds.address, BOND * BigInt(bonded.length)]);
  for (const key of bonded) {
    const node = privateKeyToAddress(key);
    const consent = signer.sign(NODE_BOND, { node, owner, nonce: 0n }, fromHex(key));
    await send('Bonds', 'bond', [node, BOND, consent]);
  }
}
