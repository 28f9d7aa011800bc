// A claim without the router: the newest leaf of this home that a final root holds, out of what it kept, put to the chain by whoever pays the gas.
import { fromHex } from '../../schema/bytes.ts';
import type { Hex } from '../../schema/bytes.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { addressOfPrivateKey } from '../../schema/typed-data.ts';
import { firstLine, openChain } from '../chain/chain-client.ts';
import type { NoChain, OpenChain } from '../chain/chain-client.ts';
import { estimateCall, sendCall, writeCall } from '../chain/chain-sender.ts';
import type { GasPrice, SentCall, UnsentCall } from '../chain/chain-sender.ts';
import { findClaim } from '../chain/find-claim.ts';
import type { NoClaim } from '../chain/find-claim.ts';
import { readKeyFile } from '../chain/key-file.ts';
import { findKnownLeaves } from '../chain/known-leaves.ts';
import type { KnownLeaves } from '../chain/known-leaves.ts';
import { makeClaimCall, makeCreditCall, readFileHashes, readPaidState } from '../chain/payouts-door.ts';
import type { PaidState } from '../chain/payouts-door.ts';
import type { Environment } from '../config/config.ts';
import type { OptionValues } from '../config/parse-flags.ts';
import { tellWhen } from '../tell-time.ts';

export interface AloneOutcome {
  /** What is claimed, units; 0 for nothing. */
  readonly units: bigint;
  readonly wallet: Hex | null;
  /** The code of the account whose API credit it becomes; null where the wallet is paid. */
  readonly account: Hex | null;
  /** Before it, units. */
  readonly claimed: bigint;
  /** Of the last final root; null before the first. */
  readonly epoch: number | null;
  /** What it costs now; null where it was not asked, or is nothing. */
  readonly gas: GasPrice | null;
  readonly transaction: UnsentCall | null;
  /** Null where it was only made. */
  readonly sent: SentCall | null;
  /** Why there is nothing to claim, in a sentence; null where there is. */
  readonly why: string | null;
  readonly warnings: readonly string[];
}

/** Of a key that its owner named, and by which flag. */
export interface NamedKeyFile {
  readonly path: string;
  readonly flag: string;
}

interface Asked {
  readonly folder: string;
  readonly node: Hex;
  readonly flags: OptionValues;
  readonly env: Environment;
  /** Of the key that sends it; null: the claim is made and not sent. */
  readonly keyFile: NamedKeyFile | null;
  /** As in the outcome. */
  readonly account: Hex | null;
}

export async function claimAlone(asked: Asked): Promise<Result<AloneOutcome, NoChain>> {
  const { folder, node, flags, keyFile, account } = asked;
  const key = keyFile === null ? ok(null) : await readKeyFile(keyFile.path, keyFile.flag);
  if (!key.ok) return err({ sentence: key.error, exit: 2 });
  const named = typeof flags.leaves === 'string' ? flags.leaves : null;
  const known = await findKnownLeaves(folder, node, named);
  if (!known.ok) return err({ sentence: known.error, exit: 2 });
  const chain = await openChain(asked);
  if (!chain.ok) return chain;
  try {
    const state = await readPaidState(chain.value, node);
    const warnings = [...known.value.faults, ...(await compareFiles(chain.value, known.value))];
    return await claimBy(chain.value, { state, known: known.value, key: key.value, account, warnings });
  } catch (error) {
    return err({ sentence: `The chain's node at ${chain.value.url} does not answer: ${firstLine(error)}`, exit: 1 });
  }
}

async function claimBy(
  chain: OpenChain,
  by: Pick<AloneOutcome, 'account' | 'warnings'> & { state: PaidState; known: KnownLeaves; key: Hex | null },
): Promise<Result<AloneOutcome, NoChain>> {
  const { state, known, key, account, warnings } = by;
  const { claimed, epoch } = state;
  const claim = findClaim(state, known.leaves, state.roots);
  const rest = { claimed, epoch, account, warnings, sent: null };
  if (typeof claim === 'string') {
    const why = tellNoClaim(claim, state);
    if (claim === 'no-proof' || claim === 'no-wallet')
      return err({ sentence: why, exit: claim === 'no-proof' ? 1 : 2 });
    return ok({ ...rest, units: 0n, wallet: null, gas: null, transaction: null, why });
  }
  if (state.isPaused) return err({ sentence: 'Claims are paused by the guardian, for 14 days at most.', exit: 1 });
  const { units, wallet } = claim;
  if (account !== null && key !== null && addressOfPrivateKey(fromHex(key)) !== wallet)
    return err({ sentence: `Only the wallet ${wallet} can turn this into credit, and the key is another’s.`, exit: 2 });
  const call = account === null ? makeClaimCall(chain, claim) : makeCreditCall(chain, claim, account);
  const made = { ...rest, units, wallet, transaction: writeCall(chain, call), why: null };
  if (key === null) return ok({ ...made, gas: await estimateCall(chain, call, wallet) });
  const sent = await sendCall(chain, key, call);
  if (!sent.ok) return err({ sentence: sent.error, exit: 1 });
  return ok({ ...made, claimed: claimed + units, units, gas: null, sent: sent.value });
}

/** A file whose root the chain has and whose bytes are not those that were signed for. */
async function compareFiles(chain: OpenChain, { files }: KnownLeaves): Promise<string[]> {
  const epochs = files.map(({ file }) => file.epoch);
  // A node that keeps no events so far back: the roots, which the claim is proven against, are read from the contract itself.
  const hashes = await readFileHashes(chain, epochs).catch(() => new Map<number, string>());
  return files.flatMap(({ path, file, sha256 }) => {
    const signed = hashes.get(file.epoch);
    return signed === undefined || signed === sha256
      ? []
      : [`${path} is not the file that the root of epoch ${file.epoch} was signed for (${signed}).`];
  });
}

function tellNoClaim(why: NoClaim, { pending, epoch }: PaidState): string {
  const next =
    pending === null
      ? ''
      : ` The root of epoch ${pending.epoch} can be final ${tellWhen(pending.finalAt, Date.now())}.`;
  switch (why) {
    case 'no-root':
      return `No root of an epoch is final on the chain yet.${next}`;
    case 'no-proof':
      return `Nothing that is kept here proves what this home earned in the last two final epochs (the last is ${epoch ?? 'none'}). Name a file that somebody else kept: --leaves FILE.${next}`;
    case 'no-wallet':
      return 'This home has no wallet to be paid to. Name one: irori-node wallet 0x….';
    case 'nothing':
      return `Nothing is to be claimed: all of epoch ${epoch ?? 0} is paid.${next}`;
  }
}
