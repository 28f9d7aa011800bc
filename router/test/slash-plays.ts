// Each fault that costs a bond, played against a running network with a chain: a real home works for a real caller, and whoever holds a key cheats with it. Each
// play gives what was seen, and throws where it is not as it should be.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { privateKeyToAddress } from 'viem/accounts';
import { fromHex } from '../../schema/bytes.ts';
import type { Hex } from '../../schema/bytes.ts';
import { EPOCH_ROOT, NODE_BOND } from '../../schema/chain-messages.ts';
import type { EpochRoot } from '../../schema/chain-messages.ts';
import { receiptBundleSchema } from '../../schema/check-bundle.ts';
import { parseEpochFile } from '../../schema/epoch-file.ts';
import { hashEpochLeaf } from '../../schema/epoch-leaf.ts';
import { growEpochTree } from '../../schema/epoch-tree.ts';
import { ACCEPTANCE, makeMessageSigner, USAGE_RECEIPT } from '../../schema/receipt.ts';
import type { Acceptance, MessageSigner, UsageReceipt } from '../../schema/receipt.ts';
import type { Sealed } from '../../schema/seal.ts';
import { ZERO_ADDRESS, ZERO_WORD } from '../../schema/typed-data.ts';
import { askAll, learnDigest, listModel } from './ask.ts';
import { startChainStack } from './chain-stack.ts';
import type { ChainStack } from './chain-stack.ts';
import { plain, twinOf } from './contract-bench.ts';
import { startModelServer } from './model-server.ts';
import { until } from './until.ts';

const TOKEN = 10n ** 18n;
const MODEL = 'test/slashed';
const ROUTER_KEY: Hex = `0x${'5a'.repeat(32)}`;
/** Tokens behind the home's key. */
const HOME_BOND = 100n;

/** A message that somebody has signed, as the contracts take it. */
interface Signed<T> {
  readonly message: T;
  readonly proof: object;
}

export interface SlashWorld {
  readonly stack: ChainStack;
  readonly homeKey: Hex;
  readonly home: Hex;
  /** Anybody, with coins for gas and for a challenge's deposit. */
  readonly stranger: Hex;
  /** What the home signed and the router accepted, of two jobs, in the order of their numbers. */
  readonly receipts: readonly Signed<UsageReceipt>[];
  readonly acceptances: readonly Signed<Acceptance>[];
  readonly stop: () => Promise<void>;
}

export async function openSlashWorld(): Promise<SlashWorld> {
  const stack = await startChainStack({ bindings: { ROUTER_SIGNING_KEY: ROUTER_KEY } });
  const models = await startModelServer();
  const [owner, caller] = [await stack.makeAccount(), await stack.makeAccount(10_000_000)];
  const agent = await stack.startAgent({ owner, args: ['--models', 'say-8x0', '--backend', models.url] });
  await listModel(stack, { owner, id: MODEL, digest: await learnDigest(stack, owner, 'say-8x0') });
  const receipts: Signed<UsageReceipt>[] = [];
  const acceptances: Signed<Acceptance>[] = [];
  for (let i = 0; i < 2; i++) {
    const { irori } = await askAll(stack, { account: caller, model: MODEL, prompt: 'say-4x0', maxTokens: 50 });
    const bundle = await until('the receipt is accepted', async () => {
      const body = (await (await stack.call(`/v1/receipts/${irori.job}`, { key: caller.apiKey })).json()) as {
        readonly data: readonly unknown[];
      };
      const read = receiptBundleSchema.safeParse(body.data[0]);
      return read.success && read.data.acceptance ? read.data : null;
    });
    const { receipt, receiptSignature, receiptSeal, acceptance, acceptanceSignature, acceptanceSeal } = bundle;
    assert(receipt && receiptSignature && acceptance && acceptanceSignature);
    receipts.push({ message: receipt, proof: proofOf(receiptSignature, receiptSeal) });
    acceptances.push({ message: acceptance, proof: proofOf(acceptanceSignature, acceptanceSeal) });
  }
  const homeKey = (await readFile(join(agent.stateDir, 'session.key'), 'utf8')).trim() as Hex;
  const stop = async (): Promise<void> => {
    await stack.stop();
    await models.stop();
  };
  const home = privateKeyToAddress(homeKey).toLowerCase() as Hex;
  return { stack, homeKey, home, stranger: await stack.makeWallet(2n), receipts, acceptances, stop };
}

function proofOf(signature: Hex, sealed: Sealed | null | undefined): object {
  return sealed ? { signature, seal: sealed.seal, siblings: sealed.proof } : plain(signature);
}

export interface Play {
  readonly name: string;
  readonly run: (world: SlashWorld) => Promise<string[]>;
}

export const PLAYS: readonly Play[] = [
  { name: 'two receipts of one number', run: playReceipts },
  { name: 'two acceptances of one count', run: (world) => playAcceptances(world, { amountMore: 1n }) },
  { name: 'a total that falls', run: (world) => playAcceptances(world, { countMore: 1n, totalLess: 1n }) },
  { name: 'an epoch that falls', run: (world) => playAcceptances(world, { countMore: 1n, epochLess: 1 }) },
  { name: 'a challenge of what the root holds', run: playUnfounded },
  { name: 'two roots of one epoch', run: playRoots },
  { name: 'an omission that nobody answers', run: playOmission },
];

/** The home's owner runs a second agent with the same key, and signs one number twice. */
async function playReceipts(world: SlashWorld): Promise<string[]> {
  const { stack, home, homeKey } = world;
  await bondHome(world);
  const [one, next] = world.receipts;
  assert(one && next);
  const signer = signerOf(stack);
  const forged = { ...one.message, outputTokens: one.message.outputTokens + 1 };
  const signature = signer.sign(USAGE_RECEIPT, forged, fromHex(homeKey));
  const evidence = [one.message, one.proof, forged, plain(signature)];
  const refused = await refuseAll(world, 'slashReceipts', {
    'the same receipt twice': [one.message, one.proof, one.message, one.proof],
    'another number': [one.message, one.proof, next.message, next.proof],
    'the high-s twin of the signature': [one.message, one.proof, forged, plain(twinOf(signature))],
    'a receipt that somebody else signed': [
      one.message,
      one.proof,
      forged,
      plain(signer.sign(USAGE_RECEIPT, forged, fromHex(world.stranger))),
    ],
  });
  const lost = await slash(world, home, 'slashReceipts', evidence);
  const after = await refuseAll(world, 'slashReceipts', {
    'the same evidence again': evidence,
    'the same evidence swapped': [forged, plain(signature), one.message, one.proof],
  });
  return [...refused, lost, ...after];
}

/** Whoever holds the router's key signs another acceptance beside the real one. `epochLess` is a fault of its own, since each counts by the later one's epoch. */
async function playAcceptances(
  world: SlashWorld,
  how: { amountMore?: bigint; countMore?: bigint; totalLess?: bigint; epochLess?: number },
): Promise<string[]> {
  const { stack, acceptances } = world;
  const [one] = acceptances;
  assert(one);
  const { amountMore = 0n, countMore = 0n, totalLess = 0n, epochLess = 0 } = how;
  // Each play is of another epoch than the one before: one of a node and an epoch is punished once.
  const at = one.message.epoch - (countMore === 0n ? 0 : epochLess === 0 ? 1 : 2);
  const sign = (message: Acceptance): Signed<Acceptance> => ({
    message,
    proof: plain(signerOf(stack).sign(ACCEPTANCE, message, fromHex(ROUTER_KEY))),
  });
  const real = at === one.message.epoch ? one : sign({ ...one.message, epoch: at });
  const other = sign({
    ...real.message,
    amount: real.message.amount + amountMore,
    count: real.message.count + countMore,
    cumulativeAmount: real.message.cumulativeAmount + amountMore - totalLess,
    epoch: at - epochLess,
  });
  const evidence = [real.message, real.proof, other.message, other.proof];
  const fair = sign({ ...real.message, count: real.message.count + 1n });
  const refused = await refuseAll(world, 'slashAcceptances', {
    'two that follow each other': [real.message, real.proof, fair.message, fair.proof],
    'the same one twice': [real.message, real.proof, real.message, real.proof],
  });
  const lost = await slash(world, privateKeyToAddress(ROUTER_KEY), 'slashAcceptances', evidence);
  const after = await refuseAll(world, 'slashAcceptances', {
    'the same evidence swapped': [other.message, other.proof, real.message, real.proof],
  });
  return [...refused, lost, ...after];
}

/** Somebody challenges an honest root: the router answers by itself, and has the deposit. */
async function playUnfounded(world: SlashWorld): Promise<string[]> {
  const { stack } = world;
  const epoch = await stack.closeEpoch(totalOf(world));
  await until('the root is posted', async () => {
    await stack.tick();
    return (await pendingOf(stack)).epoch === epoch;
  });
  const before = await bondedOf(stack, rootAddress(stack));
  await challenge(world);
  await until('the router has answered', async () => {
    await stack.tick();
    return (await pendingOf(stack)).open === 0;
  });
  await stack.finalise();
  await until('the root is final', async () => {
    await stack.tick();
    return (await stack.read<readonly unknown[]>('Payouts', 'last'))[2] === epoch;
  });
  assert.equal(await bondedOf(stack, rootAddress(stack)), before);
  return ['the router answered, the root is final, nobody was slashed'];
}

/** Whoever holds the root key posts a root without the home. */
async function playOmission(world: SlashWorld): Promise<string[]> {
  const { stack, stranger } = world;
  await stack.pass(2 * stack.epochSeconds);
  const epoch = Math.floor(stack.now() / 1000 / stack.epochSeconds) - 1;
  const last = await stack.read<readonly [Hex, bigint, number]>('Payouts', 'last');
  const root = `0x${'ab'.repeat(32)}` as const;
  await post(world, { epoch, root, total: last[1], fileHash: ZERO_WORD });
  const [before, mine] = [await bondedOf(stack, rootAddress(stack)), await balanceOf(stack, stranger)];
  const id = await challenge(world);
  await assert.rejects(stack.send(stranger, 'Payouts', 'enforce', [id]), /MayBeAnswered/);
  const { windowSeconds } = await stack.read<{ windowSeconds: number }>('Rules', 'values');
  await stack.pass(windowSeconds);
  await assert.rejects(stack.send(stranger, 'Payouts', 'finalise'), /IsChallenged/);
  await stack.send(stranger, 'Payouts', 'enforce', [id]);
  assert.equal((await pendingOf(stack)).epoch, 0);
  const [left, gained] = [await bondedOf(stack, rootAddress(stack)), (await balanceOf(stack, stranger)) - mine];
  assert.equal(left, before / 2n);
  assert.equal(gained, before / 8n);
  return [`the root is void, ${inTokens(before - left)} of its signer lost, ${inTokens(gained)} to who challenged`];
}

/** Whoever holds the root key signs a second root of the epoch that is final. */
async function playRoots(world: SlashWorld): Promise<string[]> {
  const { stack } = world;
  const [, , epoch] = await stack.read<readonly [Hex, bigint, number]>('Payouts', 'last');
  const text = await (await stack.call(`/audit/epochs/${epoch}`)).text();
  const file = parseEpochFile(text);
  assert(file.ok);
  const { root } = growEpochTree(file.value.leaves.map(hashEpochLeaf));
  const posted = await readPosted(stack, epoch);
  assert.equal(posted.message.root, root);
  const other = { ...posted.message, total: posted.message.total + 1n };
  const signature = signRoot(stack, other);
  const evidence = [posted.message, posted.signature, other, signature];
  const refused = await refuseAll(world, 'slashRoots', {
    'the same root twice': [posted.message, posted.signature, posted.message, posted.signature],
    'the high-s twin of the signature': [posted.message, posted.signature, other, twinOf(signature)],
  });
  const lost = await slash(world, rootAddress(stack), 'slashRoots', evidence);
  const after = await refuseAll(world, 'slashRoots', {
    'the same evidence swapped': [other, signature, posted.message, posted.signature],
  });
  return [...refused, lost, ...after];
}

/** Half of what is bonded goes, a quarter of that to who showed it. */
async function slash(world: SlashWorld, key: Hex, name: string, evidence: readonly unknown[]): Promise<string> {
  const { stack, stranger } = world;
  const [before, mine] = [await bondedOf(stack, key), await balanceOf(stack, stranger)];
  await stack.send(stranger, 'Bonds', name, evidence);
  const [left, gained] = [await bondedOf(stack, key), (await balanceOf(stack, stranger)) - mine];
  assert.equal(left, before / 2n);
  assert.equal(gained, before / 8n);
  return `${inTokens(before - left)} of ${inTokens(before)} lost, ${inTokens(gained)} of it to the stranger who showed it`;
}

async function refuseAll(
  { stack, stranger }: SlashWorld,
  name: string,
  evidence: Readonly<Record<string, readonly unknown[]>>,
): Promise<string[]> {
  const told: string[] = [];
  for (const [what, args] of Object.entries(evidence)) {
    const fault = await stack.send(stranger, 'Bonds', name, args).then(
      () => null,
      (error: unknown) => String(error),
    );
    const [word] = /NotEvidence|AlreadyPunished|ECDSAInvalid\w+|NotUnderSeal/.exec(fault ?? '') ?? [];
    assert(word !== undefined, `${what} was not refused as it should be: ${fault ?? 'it was taken'}`);
    told.push(`${what}: refused (${word})`);
  }
  return told;
}

async function bondHome({ stack, home, homeKey }: SlashWorld): Promise<void> {
  const owner = await stack.makeWallet(HOME_BOND);
  const message = { node: home, owner: privateKeyToAddress(owner), nonce: 0n };
  const consent = signerOf(stack).sign(NODE_BOND, message, fromHex(homeKey));
  await stack.send(owner, 'IroriToken', 'approve', [stack.chain.contracts.Bonds.address, HOME_BOND * TOKEN]);
  await stack.send(owner, 'Bonds', 'bond', [home, HOME_BOND * TOKEN, consent]);
}

/** With the home's newest acceptance; gives the challenge's id. */
async function challenge({ stack, stranger, acceptances }: SlashWorld): Promise<Hex> {
  const newest = acceptances.at(-1);
  assert(newest);
  await stack.send(stranger, 'IroriToken', 'approve', [stack.chain.contracts.Payouts.address, TOKEN]);
  const { logs } = await stack.send(stranger, 'Payouts', 'challenge', [newest.message, newest.proof]);
  const told = logs.find(({ address }) => address === stack.chain.contracts.Payouts.address.toLowerCase());
  return told?.topics[1] ?? ZERO_WORD;
}

async function post({ stack, stranger }: SlashWorld, message: EpochRoot): Promise<void> {
  await stack.send(stranger, 'Payouts', 'post', [message, signRoot(stack, message)]);
}

/** What the router has posted, out of the transaction that did. */
async function readPosted(
  { client, chain }: ChainStack,
  epoch: number,
): Promise<{ readonly message: EpochRoot; readonly signature: Hex }> {
  const { address, abi } = chain.contracts.Payouts;
  const logs = await client.getContractEvents({ address, abi, eventName: 'Posted', fromBlock: 0n });
  const found = logs.find((log) => (log as unknown as { args: { epoch: number } }).args.epoch === epoch);
  assert(found?.transactionHash);
  const { input } = await client.getTransaction({ hash: found.transactionHash });
  const word = (at: number): Hex => `0x${input.slice(10 + 64 * at, 74 + 64 * at)}`;
  return {
    message: { epoch: Number(word(0)), root: word(1), total: BigInt(word(2)), fileHash: word(3) },
    signature: `0x${input.slice(10 + 64 * 6, 10 + 64 * 6 + 130)}`,
  };
}

function signRoot({ chain }: ChainStack, message: EpochRoot): Hex {
  return signerOfChain(chain.contracts.Payouts.address).sign(EPOCH_ROOT, message, fromHex(chain.keys.root));
}

function signerOf({ chain }: ChainStack): MessageSigner {
  return signerOfChain(chain.contracts.Payouts.address);
}

function signerOfChain(payouts: Hex): MessageSigner {
  return makeMessageSigner({ chainId: 31_337, verifyingContract: payouts.toLowerCase() as Hex });
}

function rootAddress({ chain }: ChainStack): Hex {
  return privateKeyToAddress(chain.keys.root);
}

function totalOf({ acceptances }: SlashWorld): number {
  return Number(acceptances.at(-1)?.message.cumulativeAmount ?? 0n);
}

async function pendingOf(stack: ChainStack): Promise<{ readonly epoch: number; readonly open: number }> {
  const [, , epoch, open] = await stack.read<readonly [Hex, bigint, number, number]>('Payouts', 'pending');
  return { epoch, open };
}

async function bondedOf(stack: ChainStack, key: Hex): Promise<bigint> {
  return stack.read<bigint>('Bonds', 'bondedOf', [key]);
}

async function balanceOf(stack: ChainStack, key: Hex): Promise<bigint> {
  return stack.read<bigint>('IroriToken', 'balanceOf', [key === ZERO_ADDRESS ? key : privateKeyToAddress(key)]);
}

function inTokens(amount: bigint): string {
  return `${Number(amount / 10n ** 12n) / 1e6} test tokens`;
}
