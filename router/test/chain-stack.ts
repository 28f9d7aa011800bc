// The whole network for one test file, on a chain of its own whose clock goes with the time that the router is told.
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestClient, http, publicActions, walletActions } from 'viem';
import type { Abi, Hex, TransactionReceipt } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { foundry } from 'viem/chains';
import { epochOf } from '../../schema/epoch.ts';
import type { RuleValues } from '../../schema/rules-abi.ts';
import { ZERO_WORD } from '../../schema/typed-data.ts';
import type { ContractName } from '../local/chain-contracts.ts';
import { openLocalChain } from '../local/local-chain.ts';
import type { LocalChain } from '../local/local-chain.ts';
import { startRpcProxy } from './rpc-proxy.ts';
import type { RpcProxy } from './rpc-proxy.ts';
import { startStack } from './stack.ts';
import type { Stack } from './stack.ts';
import { until } from './until.ts';

/** Length of its epochs where nothing else is said, s. */
const CHAIN_EPOCH_SECONDS = 3600;
/** An epoch is closed a while after its end. */
const EPOCHS_AT_ONCE = 3;

export interface ChainStack extends Stack {
  readonly chain: LocalChain;
  /** What the router speaks through. */
  readonly rpc: RpcProxy;
  /** The chain's own door, past `rpc`: reads, and anvil's own questions. */
  readonly client: TestClient;
  readonly epochSeconds: number;
  /** The time that router and chain are told, ms since epoch: never before the machine's, but for `behind`. */
  readonly now: () => number;
  readonly mine: (blocks: number) => Promise<void>;
  /** Time goes on for the chain, and for the router's next run. */
  readonly pass: (seconds: number) => Promise<void>;
  /** One run of the router's clock at that time. */
  readonly tick: () => Promise<void>;
  /** Closes the epoch that runs as if its end had come and gone; its number, once it is published. `earned`: units that all homes have been paid for ever, to wait for. */
  readonly closeEpoch: (earned?: number) => Promise<number>;
  /** Lets a posted root become final: its window passes, the router's clock runs, and what is sent becomes deep. */
  readonly finalise: () => Promise<void>;
  readonly read: <T>(contract: ContractName, name: string, args?: readonly unknown[]) => Promise<T>;
  /** Throws Error with the name of the contract's own error where it refuses. */
  readonly send: (
    key: Hex,
    contract: ContractName,
    name: string,
    args?: readonly unknown[],
  ) => Promise<TransactionReceipt>;
  /** A new key with coins for gas, and with whole tokens of the holder's. */
  readonly makeWallet: (tokens?: bigint) => Promise<Hex>;
  /** Anvil dies and comes again over what it has written; its clock goes on where it was. Only with `keepsChain`. */
  readonly restartChain: () => Promise<void>;
}

type StackOptions = NonNullable<Parameters<typeof startStack>[0]>;

export interface ChainStackOptions extends StackOptions {
  readonly epochSeconds?: number;
  readonly rules?: Partial<RuleValues>;
  /** How far the chain's clock, and what the router is told, are behind the machine's at first, s: what counts from a later epoch on then counts at once. */
  readonly behind?: number;
  /** The chain's state is kept in a file, for tests that kill it. */
  readonly keepsChain?: boolean;
}

type TestClient = ReturnType<typeof makeClient>;

// eslint-disable-next-line @typescript-eslint/explicit-function-return-type
const makeClient = (url: string) =>
  createTestClient({ mode: 'anvil', chain: foundry, transport: http(url), pollingInterval: 20 })
    .extend(publicActions)
    .extend(walletActions);

/** Skip a file that uses it where `findAnvil()` is null. */
export async function startChainStack(options: ChainStackOptions = {}): Promise<ChainStack> {
  const { epochSeconds = CHAIN_EPOCH_SECONDS, rules, behind = 0, keepsChain = false, bindings, ...more } = options;
  const folder = keepsChain ? await mkdtemp(join(tmpdir(), 'irori-chain-')) : null;
  const routerKey: Hex =
    (bindings?.['ROUTER_SIGNING_KEY'] as Hex | undefined) ?? `0x${randomBytes(32).toString('hex')}`;
  const chain = await openLocalChain({
    stateDir: folder,
    routerKey,
    epochSeconds,
    ...(rules ? { rules } : {}),
    ...(behind > 0 && { beginsAt: Math.floor(Date.now() / 1000) - behind }),
  });
  const rpc = await startRpcProxy(chain.url);
  const stack = await startStack({
    ...more,
    bindings: {
      ...chain.bindings,
      CHAIN_RPC_URL: rpc.url,
      ROUTER_SIGNING_KEY: routerKey,
      EPOCH_SECONDS: String(epochSeconds),
      ...bindings,
    },
  });
  const stopStack = stack.stop.bind(stack);
  const stop = async (): Promise<void> => {
    await stopStack();
    await rpc.stop();
    await chain.stop();
    if (folder !== null) await rm(folder, { recursive: true, force: true });
  };
  return Object.assign(stack, { chain, rpc, epochSeconds, ...makeDoors(stack, chain, { epochSeconds, behind }), stop });
}

type Doors = Omit<ChainStack, keyof Stack | 'chain' | 'rpc' | 'epochSeconds'>;

function makeDoors(
  stack: Stack,
  chain: LocalChain,
  { epochSeconds, behind }: { readonly epochSeconds: number; readonly behind: number },
): Doors {
  const client = makeClient(chain.url);
  /** How much the told time is ahead of the machine's, ms. */
  let ahead = -1000 * behind;
  const now = (): number => Date.now() + ahead;
  const warp = async (): Promise<void> => {
    const { timestamp } = await client.getBlock();
    const told = BigInt(Math.floor(now() / 1000));
    await client.setNextBlockTimestamp({ timestamp: told > timestamp ? told : timestamp + 1n });
    await client.mine({ blocks: 1 });
  };
  const pass = async (seconds: number): Promise<void> => {
    ahead += 1000 * seconds;
    await warp();
  };
  const tick = async (): Promise<void> => stack.network.runSchedule(now());
  const mine = async (blocks: number): Promise<void> => client.mine({ blocks });
  const read: Doors['read'] = async (contract, name, args = []) =>
    (await client.readContract({ ...chain.contracts[contract], functionName: name, args })) as never;
  const send: Doors['send'] = async (key, contract, name, args = []) => {
    const call = { ...chain.contracts[contract], functionName: name, args, account: privateKeyToAccount(key) };
    await client.simulateContract(call);
    const gas = ((await client.estimateContractGas(call)) * 3n) / 2n;
    const hash = await client.writeContract({ ...call, abi: call.abi as Abi, gas });
    const receipt = await client.waitForTransactionReceipt({ hash });
    if (receipt.status !== 'success') throw new Error(`${name} was reverted`);
    return receipt;
  };
  return {
    client,
    now,
    mine,
    pass,
    tick,
    read,
    send,
    closeEpoch: async (earned) => {
      if (earned !== undefined)
        await until('the book has what the homes earned', async () => (await readEarned(stack)) >= earned);
      await pass(EPOCHS_AT_ONCE * epochSeconds);
      const epoch = epochOf(now() - 60_000, epochSeconds) - 1;
      await tick();
      await until('the epoch is published', async () => (await stack.call(`/audit/epochs/${epoch}`)).status === 200);
      return epoch;
    },
    finalise: async () => {
      const { windowSeconds } = await read<{ windowSeconds: number }>('Rules', 'values');
      // A block's time may be a second ahead of what the router is told.
      await pass(windowSeconds + 1);
      await until('no root waits to be final', async () => {
        await tick();
        const [pending] = await read<readonly { readonly root: Hex }[]>('Payouts', 'state');
        return pending?.root === ZERO_WORD;
      });
      await mine(chain.kind.depth + 1);
      await tick();
    },
    makeWallet: async (tokens = 0n) => {
      const key: Hex = `0x${randomBytes(32).toString('hex')}`;
      const { address } = privateKeyToAccount(key);
      await client.setBalance({ address, value: 10n ** 18n });
      if (tokens > 0n) await send(chain.keys.holder, 'IroriToken', 'transfer', [address, tokens * 10n ** 18n]);
      return key;
    },
    restartChain: async () => {
      await chain.kill();
      await chain.start();
      await warp();
    },
  };
}

const EARNED = 'SELECT coalesce(sum(r.value->>8), 0) AS total FROM flushes AS f, json_each(f.earnings) AS r';

/** Units that the book has of all homes. */
async function readEarned(stack: Stack): Promise<number> {
  const found = await (await stack.network.database()).prepare(EARNED).all<{ total: number }>();
  return found.results[0]?.total ?? 0;
}
