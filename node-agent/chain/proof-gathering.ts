// Makes one document of what leads from a receipt to the root that the chain has: the hashes come from the router, and from the published file of the epoch.
import * as z from 'zod';
import type { ReceiptBundle } from '../../schema/check-bundle.ts';
import { parseEpochFile } from '../../schema/epoch-file.ts';
import type { EpochFile } from '../../schema/epoch-file.ts';
import { hashEpochLeaf } from '../../schema/epoch-leaf.ts';
import { growEpochTree } from '../../schema/epoch-tree.ts';
import { PAYOUTS_ABI } from '../../schema/contracts/abi.ts';
import type { PayoutProof } from '../../schema/payout-proof.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { word, ZERO_WORD } from '../../schema/typed-data.ts';
import { askRouter } from '../link/router-door.ts';
import { askSigned } from '../link/signed-question.ts';
import { endSentence } from '../link/tell-network-fault.ts';
import type { SessionKey } from '../receipts/session-key.ts';
import { firstLine } from './chain-client.ts';
import type { OpenChain } from './chain-client.ts';

/** 100,000 leaves. */
const FILE_BYTES = 64 * 1024 * 1024;

const provenSchema = z.object({ proof: z.array(word.bytes32) });

/** The home that may ask for the proofs of its acceptances. */
export interface AskingHome {
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
  const file = await readEpochFile(home.router, epoch.value);
  if (!file.ok) return file;
  const leaf = file.value.leaves.find(({ node }) => node === acceptance.node);
  if (!leaf)
    return err(
      `The published file of epoch ${epoch.value} has no leaf of ${acceptance.node}, and the router has signed for its work: irori-node challenge.`,
    );
  const path = `/node/v1/acceptances/${acceptance.count}?epoch=${epoch.value}`;
  const told = await askSigned({ ...home, path }, Date.now());
  if (!told.ok) return told;
  const proven = provenSchema.safeParse(told.value);
  if (!proven.success)
    return err(
      `The router does not prove acceptance ${acceptance.count} in epoch ${epoch.value}: proofs of single acceptances are given for a week, to the home that earned them.`,
    );
  const toRoot = growEpochTree(file.value.leaves.map(hashEpochLeaf)).prove(hashEpochLeaf(leaf)) ?? [];
  const proof = { object: 'payout_proof', receipt, toLeaf: proven.data.proof, leaf, toRoot } as const;
  return ok({ ...proof, epoch: epoch.value, root: file.value.root });
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

/** As the router publishes it. Errors are sentences for the owner. */
export async function readEpochFile(router: string, epoch: number): Promise<Result<EpochFile, string>> {
  const answer = await askRouter(`${router}/audit/epochs/${epoch}`, { mostBytes: FILE_BYTES });
  if (!answer.ok) return err(`The router at ${router} cannot be reached: ${endSentence(answer.error)}`);
  const { status, text } = answer.value;
  if (status !== 200) return err(`The router at ${router} does not give the file of epoch ${epoch} (status ${status}).`);
  const file = parseEpochFile(text);
  return file.ok ? file : err(`The file of epoch ${epoch} cannot be read: ${file.error}.`);
}
