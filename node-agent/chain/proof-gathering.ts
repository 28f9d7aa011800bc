// Makes one document of what leads from a receipt to the root that the chain has: the hashes come from the router, and from the published file of the epoch.
import * as z from 'zod';
import type { ReceiptBundle } from '../../schema/check-bundle.ts';
import { PAYOUTS_ABI } from '../../schema/contracts/abi.ts';
import type { PayoutProof } from '../../schema/payout-proof.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { word, ZERO_WORD } from '../../schema/typed-data.ts';
import { askSigned } from '../link/signed-question.ts';
import type { SessionKey } from '../receipts/session-key.ts';
import { firstLine } from './chain-client.ts';
import type { OpenChain } from './chain-client.ts';
import { findEpochFile } from './epoch-file-finder.ts';
import { findInFile } from './find-claim.ts';

const provenSchema = z.object({ proof: z.array(word.bytes32) });

/** The home that may ask for the proofs of its acceptances. */
export interface AskingHome {
  readonly folder: string;
  readonly router: string;
  readonly key: SessionKey;
}

/** Errors are sentences for the owner. */
export async function gatherProof(
  chain: OpenChain,
  home: AskingHome,
  receipt: ReceiptBundle,
): Promise<Result<PayoutProof, string>> {
  const { acceptance } = receipt;
  if (!acceptance) return err('The router has not accepted this receipt yet: ask again in a moment.');
  const epoch = await findRoot(chain, acceptance.epoch);
  if (!epoch.ok) return epoch;
  const found = await findEpochFile(home, epoch.value);
  if (!found.ok) return found;
  const { file } = found.value;
  const own = findInFile(file, acceptance.node);
  if (!own)
    return err(
      `The published file of epoch ${epoch.value} has no leaf of ${acceptance.node}, and the router has signed for its work: irori-node challenge.`,
    );
  const path = `/node/v1/acceptances/${acceptance.count}?epoch=${epoch.value}`;
  const told = await askSigned({ router: home.router, key: home.key, path }, Date.now());
  if (!told.ok) return told;
  const proven = provenSchema.safeParse(told.value);
  if (!proven.success)
    return err(
      `The router does not prove acceptance ${acceptance.count} in epoch ${epoch.value}: proofs of single acceptances are given for a week, to the home that earned them.`,
    );
  const ways = { toLeaf: proven.data.proof, leaf: own.leaf, toRoot: [...own.proof] };
  return ok({ object: 'payout_proof', receipt, ...ways, epoch: epoch.value, root: file.root });
}

/** The last final epoch that may hold what was accepted in `epoch`, else the one in its window. */
async function findRoot({ read, addresses, url }: OpenChain, epoch: number): Promise<Result<number, string>> {
  try {
    const of = { address: addresses.payouts, abi: PAYOUTS_ABI, functionName: 'state' } as const;
    const [pending, last] = await read.readContract(of);
    const found = [last, pending].find((one) => one.root !== ZERO_WORD && one.epoch >= epoch);
    if (found) return ok(found.epoch);
    return err(
      `This was accepted in epoch ${epoch}, and the chain has no root of it yet: a root is posted some time after its epoch has ended.`,
    );
  } catch (error) {
    return err(`The chain's node at ${url} did not answer: ${firstLine(error)}`);
  }
}
