// What the chain says of one receipt's way to its payout: of the root, of who may sign, and of what was claimed, all at one block.
import type { Hex } from '../../schema/bytes.ts';
import { PAYOUTS_ABI, RULES_ABI } from '../../schema/contracts/abi.ts';
import type { PayoutProof } from '../../schema/payout-proof.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { ZERO_WORD } from '../../schema/typed-data.ts';
import type { PayoutFacts } from '../../schema/verify/judge-payout.ts';
import { firstLine } from './chain-client.ts';
import type { OpenChain } from './chain-client.ts';

/** The error is a sentence for the owner. */
export async function readPayoutFacts(chain: OpenChain, proof: PayoutProof): Promise<Result<PayoutFacts, string>> {
  try {
    return ok(await readFacts(chain, proof));
  } catch (error) {
    return err(`The chain's node at ${chain.url} did not answer: ${firstLine(error)}`);
  }
}

async function readFacts(chain: OpenChain, proof: PayoutProof): Promise<PayoutFacts> {
  const { read, addresses, domain } = chain;
  const { receipt, leaf } = proof;
  const blockNumber = await read.getBlockNumber();
  const payouts = { address: addresses.payouts, abi: PAYOUTS_ABI, blockNumber } as const;
  const signer = receipt.acceptedBy ?? receipt.router;
  const epoch = receipt.acceptance?.epoch ?? 0;
  const [root, isRouterKey, claimed, wallet, claims] = await Promise.all([
    readRoot(chain, proof, blockNumber),
    read.readContract({
      address: addresses.rules,
      abi: RULES_ABI,
      blockNumber,
      functionName: 'isRouterKey',
      args: [signer, epoch],
    }),
    read.readContract({ ...payouts, functionName: 'claimed', args: [leaf.node] }),
    read.readContract({ ...payouts, functionName: 'walletOf', args: [leaf.node] }),
    readClaims(chain, leaf.node, blockNumber),
  ]);
  const isPaidFor = root.state === 'final' && root.value === proof.root ? await ask(chain, proof, blockNumber) : null;
  return { domain, root, isRouterKey, isPaidFor, claimed, boundWallet: wallet.toLowerCase() as Hex, claims };
}

async function readRoot(chain: OpenChain, proof: PayoutProof, blockNumber: bigint): Promise<PayoutFacts['root']> {
  const { read, addresses } = chain;
  const of = { address: addresses.payouts, abi: PAYOUTS_ABI } as const;
  const [pending, last, beforeLast] = await read.readContract({ ...of, functionName: 'state', blockNumber });
  for (const final of [last, beforeLast])
    if (final.root !== ZERO_WORD && final.epoch === proof.epoch)
      return { state: 'final', value: final.root, finalAt: null };
  if (pending.root !== ZERO_WORD && pending.epoch === proof.epoch)
    return { state: 'pending', value: pending.root, finalAt: Number(pending.finalAt) * 1000 };
  const range = { fromBlock: 0n, toBlock: blockNumber, args: { epoch: proof.epoch } } as const;
  const [passed] = await read.getContractEvents({ ...of, ...range, eventName: 'Finalised' });
  if (passed) return { state: 'passed', value: passed.args.root ?? null, finalAt: null };
  const [gone] = await read.getContractEvents({ ...of, ...range, eventName: 'Voided' });
  return gone
    ? { state: 'void', value: gone.args.root ?? null, finalAt: null }
    : { state: 'missing', value: null, finalAt: null };
}

/** None where the chain's node does not keep, or give, what is so old: what was claimed in all is known without them. */
async function readClaims({ read, addresses }: OpenChain, node: Hex, toBlock: bigint): Promise<PayoutFacts['claims']> {
  const of = { address: addresses.payouts, abi: PAYOUTS_ABI, eventName: 'Claimed', args: { node } } as const;
  const logs = await read.getContractEvents({ ...of, fromBlock: 0n, toBlock }).catch(() => []);
  return logs.map(({ args, transactionHash }) => ({
    units: args.units ?? 0n,
    tx: transactionHash,
    wallet: (args.wallet ?? '0x').toLowerCase() as Hex,
  }));
}

/** What the contract says of acceptance, leaf and root in one. Rejects where it cannot be asked. */
async function ask(chain: OpenChain, proof: PayoutProof, blockNumber: bigint): Promise<boolean> {
  const { read, addresses } = chain;
  const { acceptance } = proof.receipt;
  if (!acceptance) return false;
  const args = [acceptance, proof.toLeaf, proof.leaf, proof.toRoot] as const;
  try {
    const of = { address: addresses.payouts, abi: PAYOUTS_ABI, blockNumber } as const;
    await read.readContract({ ...of, functionName: 'isPaidFor', args });
    return true;
  } catch (error) {
    if (isRevert(error)) return false;
    throw error;
  }
}

/** The contract refused, as against a node that did not answer. */
function isRevert(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if (cause.name === 'ContractFunctionRevertedError') return true;
  return false;
}
