// A network with a chain, a home that earns in it, and what has to be true of chain and books whatever happened to them meanwhile.
import assert from 'node:assert/strict';
import { parseTransaction, recoverTransactionAddress } from 'viem';
import type { Hex, TransactionSerialized } from 'viem';
import { privateKeyToAddress } from 'viem/accounts';
import { parseEpochFile } from '../../schema/epoch-file.ts';
import type { EpochFile } from '../../schema/epoch-file.ts';
import { hashEpochLeaf, payableOf } from '../../schema/epoch-leaf.ts';
import { growEpochTree } from '../../schema/epoch-tree.ts';
import { askOnline, learnDigest, listModel } from './ask.ts';
import { isLedgerSound, movedBy, readBooks } from './books.ts';
import { startChainStack } from './chain-stack.ts';
import type { ChainStack } from './chain-stack.ts';
import { startModelServer } from './model-server.ts';
import type { TestAccount } from './stack.ts';
import { until } from './until.ts';

const MODEL = 'test/chaos';
const { owner: EARN } = movedBy(15);
const UNIT = 10n ** 12n;
/** What a restart, and a replaced transaction, need of them; more is a way that leads nowhere. */
const MOST_TURNS = 400;

export interface ChaosWorld {
  readonly stack: ChainStack;
  readonly work: (jobs?: number) => Promise<void>;
  /** The epoch that runs is over, as if its end had come and gone; its number. */
  readonly endEpoch: () => Promise<number>;
  /** One run of the router's clock, which may fail: it is to be as if it had not been. */
  readonly tick: (at?: number) => Promise<void>;
  readonly isPublished: (epoch: number) => Promise<boolean>;
  readonly pending: () => Promise<number>;
  /** Of how many blocks a reorg takes the root of this epoch away. */
  readonly depthOf: (epoch: number) => Promise<number>;
  /** Lets time go on for router and chain until this epoch's root is final. */
  readonly settle: (epoch: number) => Promise<void>;
  /** Throws where chain and books say different things, or an epoch has two roots. */
  readonly judge: (epoch: number) => Promise<void>;
  /** The home's wallet gets all of it, and the books hear of it. */
  readonly claim: (epoch: number) => Promise<void>;
  /** Transactions of the gas key that the router has sent, the last one last. */
  readonly sent: { readonly nonce: number; readonly data: Hex; readonly maxFee: bigint }[];
  /** Once, when the router asks this of the chain: instead of it, or `after` it, what is given here; the router hears nothing. */
  readonly when: (method: string, act: () => Promise<void>, after?: 'after') => Promise<void>;
  readonly stop: () => Promise<void>;
}

export async function openChaosWorld(): Promise<ChaosWorld> {
  const stack = await startChainStack({ keepsChain: true });
  const models = await startModelServer();
  const wallet = await stack.makeWallet();
  const [owner, caller] = [await stack.makeAccount(), await stack.makeAccount(10_000_000)];
  const args = ['--models', 'say-8x0', '--backend', models.url, '--wallet', privateKeyToAddress(wallet)];
  await stack.startAgent({ owner, args });
  await listModel(stack, { owner, id: MODEL, digest: await learnDigest(stack, owner, 'say-8x0') });
  const stop = async (): Promise<void> => {
    await stack.stop();
    await models.stop();
  };
  return { ...makeWorld(stack, { owner, caller, wallet }), stop };
}

interface Parties {
  readonly owner: TestAccount;
  readonly caller: TestAccount;
  readonly wallet: Hex;
}

function makeWorld(stack: ChainStack, { owner, caller, wallet }: Parties): Omit<ChaosWorld, 'stop'> {
  const { sent, when } = watchRpc(stack);
  let jobs = 0;
  const tick: ChaosWorld['tick'] = async (at = stack.now()) => stack.network.runSchedule(at).catch(() => undefined);
  const owed = async (): Promise<number> => (await readBooks(stack))[`owner:${owner.id}`] ?? 0;
  const rootAt = async (name: 'pending' | 'last'): Promise<number> =>
    (await stack.read<readonly [Hex, bigint, number]>('Payouts', name))[2];
  const lieDeep = async (): Promise<void> => {
    await stack.mine(stack.chain.kind.depth + 1);
    await tick();
  };
  const isPublished: ChaosWorld['isPublished'] = async (epoch) =>
    stack.call(`/audit/epochs/${epoch}`).then(
      ({ status }) => status === 200,
      () => false,
    );
  return {
    stack,
    sent,
    when,
    tick,
    isPublished,
    work: async (count = 1) => {
      const ask = { account: caller, model: MODEL, prompt: 'say-4x0', maxTokens: 50 };
      for (let i = 0; i < count; i++) await askOnline(stack, ask);
      jobs += count;
      await until('the book has it', async () => (await owed()) === jobs * EARN);
    },
    endEpoch: async () => {
      await stack.pass(3 * stack.epochSeconds);
      return Math.floor((stack.now() - 60_000) / 1000 / stack.epochSeconds) - 1;
    },
    pending: async () => rootAt('pending'),
    depthOf: async (epoch) => {
      const found = (await listPosted(stack)).find((posted) => posted.epoch === epoch);
      assert(found, `epoch ${epoch} is not posted`);
      return Number((await stack.client.getBlockNumber()) - found.block) + 1;
    },
    settle: async (epoch) => {
      const { windowSeconds } = await stack.read<{ windowSeconds: number }>('Rules', 'values');
      let hasPassed = false;
      for (let turn = 0; turn < MOST_TURNS; turn++) {
        if ((await rootAt('last')) === epoch) return lieDeep();
        await tick();
        if (!hasPassed && (await rootAt('pending')) === epoch) {
          hasPassed = true;
          await stack.pass(windowSeconds);
        }
        await stack.mine(1);
      }
      assert.fail(`the root of epoch ${epoch} is not final after ${MOST_TURNS} turns`);
    },
    judge: async (epoch) => {
      await judgeRoots(stack, epoch);
      const { leaves } = await readFile(stack, epoch);
      assert.deepEqual(leaves.map(payableOf), [BigInt(jobs * EARN)], 'the root pays what the home was told');
      assert.equal(await owed(), jobs * EARN, 'the book has what the home was told');
      await until('the ledger is sound', async () => isLedgerSound(stack));
    },
    claim: async (epoch) => {
      const { leaves } = await readFile(stack, epoch);
      const [leaf] = leaves;
      assert(leaf);
      const proof = growEpochTree(leaves.map(hashEpochLeaf)).prove(hashEpochLeaf(leaf)) ?? [];
      await stack.send(wallet, 'Payouts', 'claim', [leaf, proof]);
      await stack.mine(stack.chain.kind.depth);
      await until('the books have the claim', async () => {
        await tick();
        return (await owed()) === 0;
      });
      const balance = await stack.read<bigint>('IroriToken', 'balanceOf', [privateKeyToAddress(wallet)]);
      assert.equal(balance, BigInt(jobs * EARN) * UNIT, 'the wallet has what the books had');
      assert.equal((await readBooks(stack))['chain'], jobs * EARN);
    },
  };
}

/** What goes over the wire to the chain, and what happens there in its place. */
function watchRpc(stack: ChainStack): Pick<ChaosWorld, 'sent' | 'when'> {
  const sent: ChaosWorld['sent'] = [];
  const gasKey = privateKeyToAddress(stack.chain.keys.gas).toLowerCase();
  let trap: { method: string; act: () => Promise<void>; isAfter: boolean; sprung: () => void } | null = null;
  stack.rpc.onAsked = async (method, params) => {
    if (method === 'eth_sendRawTransaction') {
      const [raw] = params as [TransactionSerialized];
      const from = await recoverTransactionAddress({ serializedTransaction: raw });
      const { nonce = 0, data = '0x', maxFeePerGas: maxFee = 0n } = parseTransaction(raw);
      if (from.toLowerCase() === gasKey) sent.push({ nonce, data, maxFee });
    }
    if (trap?.method !== method) return;
    const { act, isAfter, sprung } = trap;
    trap = null;
    if (isAfter) await stack.client.request({ method, params } as never);
    await act();
    sprung();
    throw new Error('nothing comes back');
  };
  return {
    sent,
    when: (method, act, after) =>
      new Promise((sprung) => (trap = { method, act, isAfter: after === 'after', sprung: () => sprung() })),
  };
}

/** Of each epoch one root, and that which was published for it; and for each nonce of the gas key one call. */
async function judgeRoots(stack: ChainStack, newest: number): Promise<void> {
  const posted = await listPosted(stack);
  assert.equal(new Set(posted.map(({ epoch }) => epoch)).size, posted.length, 'an epoch was posted twice');
  for (const { epoch, fileHash } of posted) {
    const text = await (await stack.call(`/audit/epochs/${epoch}`)).text();
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
    assert.equal(`0x${Buffer.from(digest).toString('hex')}`, fileHash, `epoch ${epoch} has another root than its file`);
  }
  const [root, total, epoch] = await stack.read<readonly [Hex, bigint, number]>('Payouts', 'last');
  const { leaves } = await readFile(stack, newest);
  assert.equal(epoch, newest);
  assert.equal(root, growEpochTree(leaves.map(hashEpochLeaf)).root);
  assert.equal(
    total,
    leaves.map(payableOf).reduce((sum, one) => sum + one, 0n),
  );
}

async function readFile(stack: ChainStack, epoch: number): Promise<EpochFile> {
  const file = parseEpochFile(await (await stack.call(`/audit/epochs/${epoch}`)).text());
  assert(file.ok, `the file of epoch ${epoch} cannot be read`);
  return file.value;
}

interface PostedRoot {
  readonly epoch: number;
  readonly root: Hex;
  readonly fileHash: Hex;
}

async function listPosted({ client, chain }: ChainStack): Promise<(PostedRoot & { readonly block: bigint })[]> {
  const { address, abi } = chain.contracts.Payouts;
  const logs = await client.getContractEvents({ address, abi, eventName: 'Posted', fromBlock: 0n });
  return logs.map((log) => ({ ...(log as unknown as { args: PostedRoot }).args, block: log.blockNumber }));
}
