// What the settler asks and tells the payout contract, by hand, since a library for it would be a third of the Worker: calldata and answers of its three
// functions, and the root of an epoch as the root key signs it. chain-messages.ts has the message, contracts/Payouts.sol the functions. Pure.
import { AbiWords, makeSelector, makeWord } from './abi-words.ts';
import type { Hex } from './bytes.ts';
import { EPOCH_ROOT } from './chain-messages.ts';
import type { EpochRoot } from './chain-messages.ts';
import {
  hashDomain,
  hashStruct,
  hashType,
  hashTypedMessage,
  recoverSigner,
  signDigest,
  ZERO_WORD,
} from './typed-data.ts';
import type { Domain } from './typed-data.ts';

/** A root that is posted and not final. */
export interface PendingRoot {
  readonly epoch: number;
  readonly root: Hex;
  /** Units. */
  readonly total: bigint;
  /** Challenges that nobody has answered yet: it is not final while there is one. */
  readonly open: number;
  /** From when on it can be made final, s since 1970 by the chain's clock. */
  readonly finalAt: number;
}

/** A root that is paid by. Before the first it is the zero word. */
export type FinalRoot = Pick<PendingRoot, 'epoch' | 'root' | 'total'>;

/** All that the contract says of roots, at one block. */
export interface RootsState {
  readonly pending: PendingRoot | null;
  readonly last: FinalRoot;
  readonly beforeLast: FinalRoot;
  /** The last epoch that was posted, void or not: only later ones are taken. */
  readonly lastPosted: number;
}

/**
 * How an epoch stands on the chain. void: the last that was posted, and the contract has let go of it; overtaken: it is not among those that the contract
 * still names, and none goes before the last.
 */
export type RootStanding =
  { readonly is: 'pending' | 'final'; readonly root: Hex } | { readonly is: 'void' | 'overtaken' };

const POST = 'post((uint32,bytes32,uint128,bytes32),bytes)';
const STATE = 'state()';
const FINALISE = 'finalise()';

function digestOf(domain: Domain, root: EpochRoot): Uint8Array {
  return hashTypedMessage(hashDomain(domain), hashStruct(EPOCH_ROOT, hashType(EPOCH_ROOT), { ...root }));
}

/** Of the file alone and of no clock: whoever signs the same file again signs the same to the byte. Two of one epoch are evidence against the root key. */
export function signEpochRoot(domain: Domain, root: EpochRoot, rootKey: Uint8Array): Hex {
  return signDigest(digestOf(domain, root), rootKey);
}

/** Who signed a root; null for what is no signature. */
export function findRootSigner(domain: Domain, root: EpochRoot, signature: Hex): Hex | null {
  const signer = recoverSigner(digestOf(domain, root), signature);
  return signer.ok ? signer.value : null;
}

export function encodePost({ epoch, root, total, fileHash }: EpochRoot, signature: Hex): Hex {
  const text = signature.slice(2);
  const padded = text.padEnd(64 * Math.ceil(text.length / 64), '0');
  const message = [epoch, root, total, fileHash].map(makeWord);
  // The signature stands behind the five words of the head, its length before it.
  return `${makeSelector(POST)}${message.join('')}${makeWord(5 * 32)}${makeWord(text.length / 2)}${padded}`;
}

export function encodeFinalise(): Hex {
  return makeSelector(FINALISE);
}

export function encodeState(): Hex {
  return makeSelector(STATE);
}

/** Throws RangeError for what is no such answer. */
export function readState(answer: Hex): RootsState {
  const words = new AbiWords(answer, 13);
  const final = (at: number): FinalRoot => ({
    root: `0x${words.word(at)}`,
    total: words.big(at + 1),
    epoch: words.number(at + 2),
  });
  const pending = { ...final(0), open: words.number(3), finalAt: words.number(4) };
  return {
    pending: pending.root === ZERO_WORD ? null : pending,
    last: final(6),
    beforeLast: final(9),
    lastPosted: words.number(12),
  };
}

/** How an epoch stands; null for one that never came to the chain, and still can. */
export function findStanding(
  { pending, last, beforeLast, lastPosted }: RootsState,
  epoch: number,
): RootStanding | null {
  if (epoch > lastPosted) return null;
  if (pending?.epoch === epoch) return { is: 'pending', root: pending.root };
  const final = [last, beforeLast].find((one) => one.epoch === epoch && one.root !== ZERO_WORD);
  if (final) return { is: 'final', root: final.root };
  return { is: epoch === lastPosted && epoch > last.epoch ? 'void' : 'overtaken' };
}
