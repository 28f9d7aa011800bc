// What a home needs of the chain to challenge a root that leaves out what the router has signed for, and the calls that it sends. The numbers of its own
// challenges are kept in the state folder: the deposit of one comes back long after the root that it was about is gone.
import { join } from 'node:path';
import * as z from 'zod';
import { toHex } from '../../schema/bytes.ts';
import type { Hex } from '../../schema/bytes.ts';
import { BONDS_ABI, PAYOUTS_ABI, RULES_ABI, TOKEN_ABI } from '../../schema/contracts/abi.ts';
import { hashEpochLeaf } from '../../schema/epoch-leaf.ts';
import { foldProof } from '../../schema/merkle.ts';
import { ACCEPTANCE, makeMessageSigner } from '../../schema/receipt.ts';
import { hashFields, word, ZERO_ADDRESS, ZERO_WORD } from '../../schema/typed-data.ts';
import type { StructType } from '../../schema/typed-data.ts';
import { readJsonFile, writeDurably } from '../home/durable-file.ts';
import type { SignedAcceptance } from '../receipts/log-records.ts';
import { readSignedTotals } from '../receipts/signed-totals.ts';
import type { OpenChain } from './chain-client.ts';
import type { ChainCall } from './chain-sender.ts';
import type { ChallengeLook } from './decide-challenge.ts';
import { findEpochFile } from './epoch-file-finder.ts';
import { findKnownLeaves } from './known-leaves.ts';

const FILE = 'challenges.json';
/** What is remembered: one an epoch would be a router that leaves this home out all the time. */
const MOST_KEPT = 32;
const keptSchema = z.array(z.object({ id: word.bytes32, epoch: word.uint32 })).max(MOST_KEPT);
type Kept = z.output<typeof keptSchema>;

/** What `decideChallenge` is asked, and what a challenge would show. */
export interface ChallengeFacts {
  readonly look: ChallengeLook;
  readonly shown: SignedAcceptance | null;
  readonly id: Hex | null;
  /** How long a root waits, and how long an answer to a challenge is waited for, s. */
  readonly windowSeconds: number;
  /** Why nobody could show what is under the root; null where it was seen. */
  readonly unseen: string | null;
}

interface Asked {
  readonly folder: string;
  readonly node: Hex;
  readonly challengesUnseen: boolean;
}

/** Rejects where the chain cannot be asked. */
export async function readChallengeFacts(chain: OpenChain, asked: Asked): Promise<ChallengeFacts> {
  const { read, addresses } = chain;
  const { folder, challengesUnseen } = asked;
  const { number: blockNumber, timestamp } = await read.getBlock();
  const payouts = { address: addresses.payouts, abi: PAYOUTS_ABI, blockNumber } as const;
  const rules = { address: addresses.rules, abi: RULES_ABI, blockNumber } as const;
  const [[root], { windowSeconds }] = await Promise.all([
    read.readContract({ ...payouts, functionName: 'state' }),
    read.readContract({ ...rules, functionName: 'values' }),
  ]);
  const isPending = root.root !== ZERO_WORD;
  const shown = isPending ? await findShown(chain, folder, root.epoch) : null;
  const id = shown && makeChallengeId(chain, root.epoch, shown);
  const wasChallenged =
    id !== null && (await read.readContract({ ...payouts, functionName: 'wasChallenged', args: [id] }));
  const seen = isPending && shown ? await findLeaf(chain, asked, { epoch: root.epoch, root: root.root }) : null;
  const own = await readKept(folder);
  // Whoever has shown the same: where nobody enforces it, no root of that epoch becomes final, and none is void.
  const isOthers = wasChallenged && !own.some((one) => one.id === id);
  const kept = isOthers && id !== null ? [...own, { id, epoch: root.epoch }] : own;
  const states = await Promise.all(
    kept.map((one) => read.readContract({ ...payouts, functionName: 'challenges', args: [one.id] })),
  );
  const open = kept.flatMap((one, i) => {
    const [challenger, , , , deadline] = states[i] ?? [];
    return challenger === undefined || challenger === ZERO_ADDRESS
      ? []
      : [{ ...one, deadline: Number(deadline) * 1000 }];
  });
  return {
    look: {
      now: Number(timestamp) * 1000,
      pending: isPending ? { epoch: root.epoch, finalAt: Number(root.finalAt) * 1000 } : null,
      signed: shown && { count: shown.acceptance.count, total: shown.acceptance.cumulativeAmount },
      leaf: seen?.leaf ?? (seen?.fault === undefined ? null : 'unseen'),
      wasChallenged,
      open,
      challengesUnseen,
    },
    shown,
    id,
    windowSeconds,
    unseen: seen?.fault ?? null,
  };
}

/** The highest total that the router has signed for in an epoch until this one, for this chain. */
async function findShown({ domain }: OpenChain, folder: string, epoch: number): Promise<SignedAcceptance | null> {
  const totals = await readSignedTotals(folder);
  const isHere = ({ domain: of }: SignedAcceptance): boolean =>
    of?.chainId === domain.chainId && of.verifyingContract === domain.verifyingContract;
  return totals.find((one) => one.acceptance.epoch <= epoch && isHere(one)) ?? null;
}

/** As Payouts numbers it. */
function makeChallengeId({ domain }: OpenChain, epoch: number, { acceptance }: SignedAcceptance): Hex {
  const digest = makeMessageSigner(domain).hash(ACCEPTANCE, acceptance);
  return toHex(hashFields(CHALLENGE, { epoch, digest }));
}

const CHALLENGE: StructType = {
  name: 'Challenge',
  fields: [
    ['epoch', 'uint32'],
    ['digest', 'bytes32'],
  ],
};

/** This home's leaf under a root, by any copy of it or of the whole file; `fault`: nobody could show what is under it. */
async function findLeaf(
  { router }: OpenChain,
  { folder, node }: Asked,
  { epoch, root }: { readonly epoch: number; readonly root: Hex },
): Promise<{ readonly leaf?: ChallengeLook['leaf']; readonly fault?: string }> {
  const known = await findKnownLeaves(folder, node, null);
  const held = known.ok && known.value.leaves.find(({ leaf, proof }) => foldProof(hashEpochLeaf(leaf), proof) === root);
  if (held) return { leaf: held.leaf };
  const file = await findEpochFile({ folder, router }, epoch);
  if (!file.ok) return { fault: file.error };
  if (file.value.file.root !== root)
    return { fault: `The published file of epoch ${epoch} is not the one whose root was posted.` };
  return { leaf: file.value.file.leaves.find((leaf) => leaf.node === node) ?? null };
}

/** The allowance of the deposit, unless there is one, and the challenge. Rejects where the chain cannot be asked. */
export async function listChallengeCalls(chain: OpenChain, by: Hex, shown: SignedAcceptance): Promise<ChainCall[]> {
  const { read, addresses } = chain;
  const token = { address: addresses.token, abi: TOKEN_ABI } as const;
  const payouts = { address: addresses.payouts, abi: PAYOUTS_ABI } as const;
  const [deposit, allowed] = await Promise.all([
    read.readContract({ ...payouts, functionName: 'DEPOSIT' }),
    read.readContract({ ...token, functionName: 'allowance', args: [by, addresses.payouts] }),
  ]);
  const { acceptance, signature, sealed } = shown;
  const proof = { signature, seal: sealed?.seal ?? NO_SEAL, siblings: sealed?.proof ?? [] };
  return [
    ...(allowed >= deposit ? [] : [{ ...token, functionName: 'approve', args: [addresses.payouts, deposit] }]),
    { ...payouts, functionName: 'challenge', args: [acceptance, proof] },
  ];
}

/** Of a message that is signed for itself. */
const NO_SEAL = {
  kind: 0,
  node: ZERO_ADDRESS,
  number: 0n,
  previous: ZERO_WORD,
  count: 0,
  root: ZERO_WORD,
  total: 0n,
  atMs: 0n,
};

export function makeEnforceCall({ addresses }: OpenChain, id: Hex): ChainCall {
  return { address: addresses.payouts, abi: PAYOUTS_ABI, functionName: 'enforce', args: [id] };
}

/** Tokens of who challenges, and the deposit; least parts. Rejects where the chain cannot be asked. */
export async function readDeposit({ read, addresses }: OpenChain, by: Hex): Promise<{ has: bigint; needs: bigint }> {
  const [has, needs] = await Promise.all([
    read.readContract({ address: addresses.token, abi: TOKEN_ABI, functionName: 'balanceOf', args: [by] }),
    read.readContract({ address: addresses.payouts, abi: PAYOUTS_ABI, functionName: 'DEPOSIT' }),
  ]);
  return { has, needs };
}

/** What was taken of whom in a block, for whom to tell; null for nothing. Rejects where the chain cannot be asked. */
export async function readSlash(
  { read, addresses }: OpenChain,
  { block, hash }: { readonly block: number; readonly hash: Hex },
): Promise<{ readonly key: Hex; readonly taken: bigint; readonly reward: bigint } | null> {
  const range = { fromBlock: BigInt(block), toBlock: BigInt(block) };
  const logs = await read.getContractEvents({
    address: addresses.bonds,
    abi: BONDS_ABI,
    eventName: 'Slashed',
    ...range,
  });
  const args = logs.find(({ transactionHash }) => transactionHash === hash)?.args;
  if (!args?.key) return null;
  return { key: args.key.toLowerCase() as Hex, taken: args.taken ?? 0n, reward: args.reward ?? 0n };
}

/** Before it is sent: one whose answer was lost is found again. */
export async function keepChallenge(folder: string, one: Kept[number]): Promise<void> {
  const others = (await readKept(folder)).filter(({ id }) => id !== one.id);
  await writeDurably(join(folder, FILE), `${JSON.stringify([...others, one].slice(-MOST_KEPT))}\n`);
}

async function readKept(folder: string): Promise<Kept> {
  return keptSchema.safeParse(await readJsonFile(join(folder, FILE)).catch(() => null)).data ?? [];
}
