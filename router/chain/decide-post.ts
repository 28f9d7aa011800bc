// The way of an epoch's root to a chain: published → signed → sent → final. Given the journal and what the chain says, which step comes next. Pure. The
// chain decides and never an answer: what was sent without one is unknown, not failed; whether it counts is read of the roots and the nonce. A nonce
// belongs to one call for ever and is pushed until it is used, so that no two can take each other's place.
import type { Hex } from '../../schema/bytes.ts';
import { findStanding } from '../../schema/chain-abi.ts';
import type { PendingRoot, RootsState, RootStanding } from '../../schema/chain-abi.ts';
import type { EpochRoot } from '../../schema/chain-messages.ts';
import { findTestChain } from '../../schema/test-chains.ts';
import { MOST_FEE } from './plan-fees.ts';
import type { Fees } from './sign-transaction.ts';

export type PostState = 'published' | 'signed' | 'sent' | PostEnd;

/**
 * final: paid by it from now on; void: the contract has let go of it; overtaken: a later one stands, and none goes before; passed-over: it never came to
 * the chain, and another file holds all of it; not-signed: a node could not be asked, and the root is not one to answer for. Leaves are of all time, so a
 * later root pays what any of them would have.
 */
export type PostEnd = 'final' | 'void' | 'overtaken' | 'passed-over' | 'not-signed';

/** What a transaction does: brings the epoch's root, or makes it final. */
export type SentKind = 'post' | 'finalise';

export interface SentPost extends Fees {
  readonly epoch: number;
  readonly kind: SentKind;
  readonly nonce: number;
  readonly hash: Hex;
  /** What the contract is called with. */
  readonly data: Hex;
  readonly raw: Hex;
  readonly gas: bigint;
  /** The newest block when it was written down, before it was sent. */
  readonly block: number;
  /** When it was written down, and when it was sent last, ms since epoch by our clock. */
  readonly at: number;
  readonly sentAt: number;
}

/** An epoch whose file is published. */
export interface EpochPost {
  readonly signed: EpochRoot;
  /** By the root key; null before it is signed. */
  readonly signature: Hex | null;
  /** How it stood on the chain when it was seen there last; null before. */
  readonly seen: Seen | null;
  readonly end: PostEnd | null;
}

export interface Seen {
  readonly is: 'pending' | 'final' | 'void';
  /** From when on it may be made final, s since 1970; null where that was not seen. */
  readonly finalAt: number | null;
}

export interface BlockName {
  readonly number: number;
  readonly hash: Hex;
}

export interface PostJournal {
  /** Where it posts. */
  readonly chainId: number;
  /** Those that have not ended, in the order of their epochs. */
  readonly posts: readonly EpochPost[];
  readonly sent: readonly SentPost[];
  /** A block deep in the chain that it was seen on; null before the first look. */
  readonly anchor: BlockName | null;
}

/** What the chain says, all of it at one block, and the same so deep that it does not change any more. */
export interface ChainFacts {
  readonly chainId: number;
  readonly block: BlockName & { readonly seconds: number };
  readonly deep: BlockName & { readonly seconds: number };
  /** Hash of the block that has the anchor's number; null where there is no anchor, or no block of it yet. */
  readonly anchorHash: Hex | null;
  /** How many transactions of the gas key are in blocks; `pending`: with those that wait, `deep`: so deep. */
  readonly nonces: { readonly now: number; readonly pending: number; readonly deep: number };
  /** `deep` is null where the contract was not there yet. */
  readonly roots: { readonly now: RootsState; readonly deep: RootsState | null };
}

export type WaitReason =
  | 'chain-away'
  | 'chain-behind'
  | 'in-flight'
  | 'fee-too-high'
  | 'another-root-seen'
  /** Posted, and not due yet. */
  | 'in-window'
  /** An omission was shown, and nobody has answered yet. */
  | 'challenged'
  /** As it should be, and not deep enough yet. */
  | 'not-deep'
  | 'retry'
  | 'nothing';

export type StopReason = 'not-a-test-chain' | 'another-chain' | 'chain-replaced' | 'another-root';

/** Rests until the next look, or until somebody has looked after it. */
export type Rest =
  | { readonly do: 'wait'; readonly why: WaitReason; readonly until?: number }
  | { readonly do: 'stop'; readonly why: StopReason };

export type PostStep =
  | Rest
  | { readonly do: 'sign'; readonly epoch: number }
  /** A new transaction is signed, written down and sent; `over`: in whose place, with its gas and for a higher fee. */
  | {
      readonly do: 'send';
      readonly epoch: number;
      readonly kind: SentKind;
      readonly nonce: number;
      readonly over: SentPost | null;
    }
  /** The same bytes once more. */
  | { readonly do: 'resend'; readonly sent: SentPost }
  | { readonly do: 'end'; readonly epoch: number; readonly as: PostEnd };

/** What was sent is sent again after this long, ms. */
export const RESEND_MS = 15_000;
/** What is in no block after so many of them, or so long, goes again for a higher fee. */
export const STUCK_BLOCKS = 5;
const STUCK_MS = 120_000;
/** After a transaction that was used up for nothing, ms. */
const RETRY_MS = 30_000;

/**
 * `facts`: null where the chain cannot be asked. `isOurs`: whether the root that is pending is one that was published. `clock`: ms since epoch; it paces
 * what is sent again, and tells that a window is over where the chain has had no block since.
 */
export function decidePost(journal: PostJournal, facts: ChainFacts | null, isOurs: boolean, clock: number): PostStep {
  if (!facts) return wait('chain-away');
  const rest = judgeChain(journal, facts);
  if (rest) return rest;
  for (const post of journal.posts) {
    const found = findEnd(post, facts);
    if (found === 'another-root') return { do: 'stop', why: found };
    if (found) return { do: 'end', epoch: post.signed.epoch, as: found };
  }
  // Somebody signs with the root key: whatever is posted after his root would make it final.
  if (!isOurs) return judgeForeign(facts);
  const open = findOpen(journal.sent, facts.nonces);
  if (open) return push(open, facts, clock);
  return decideNext(journal, facts, clock);
}

/** How far an epoch is. */
export function stateOf({ end, signature, signed }: EpochPost, sent: readonly SentPost[]): PostState {
  if (end) return end;
  if (sent.some(({ epoch, kind }) => epoch === signed.epoch && kind === 'post')) return 'sent';
  return signature ? 'signed' : 'published';
}

/** What a root ends as once it lies deep, of what was seen of it; null while it may still become another. */
function endOf(standing: RootStanding | null, seen: Seen | null): PostEnd | null {
  if (standing === null || standing.is === 'pending') return null;
  if (standing.is !== 'overtaken') return standing.is;
  // The contract names the last few only: what became of it was seen before.
  return seen && seen.is !== 'pending' ? seen.is : 'overtaken';
}

function judgeChain({ anchor, chainId }: PostJournal, facts: ChainFacts): Rest | null {
  if (!findTestChain(facts.chainId).ok) return { do: 'stop', why: 'not-a-test-chain' };
  if (facts.chainId !== chainId) return { do: 'stop', why: 'another-chain' };
  if (!anchor) return null;
  // A node that lags, or a chain that began anew: which of them its next blocks tell.
  if (facts.anchorHash === null) return wait('chain-behind');
  return facts.anchorHash === anchor.hash ? null : { do: 'stop', why: 'chain-replaced' };
}

/** Only what lies deep ends an epoch: all else may be taken back. */
function findEnd({ signed, seen }: EpochPost, { roots }: ChainFacts): PostEnd | 'another-root' | null {
  const standing = roots.deep && findStanding(roots.deep, signed.epoch);
  if (standing && 'root' in standing && standing.root !== signed.root) return 'another-root';
  return endOf(standing, seen);
}

function judgeForeign({ roots: { now, deep } }: ChainFacts): Rest {
  const isDeep = deep?.pending?.root === now.pending?.root && deep?.pending?.epoch === now.pending?.epoch;
  return isDeep ? { do: 'stop', why: 'another-root' } : wait('another-root-seen');
}

/**
 * Of the lowest nonce that is in no block the newest transaction; null for none. What waits behind it can go only after it. One that waits for numbers which
 * nothing on its way has, as after a reorg took somebody else's transaction of our gas key away, or where a node counted what nobody sent, is not on its way:
 * what is still due goes anew, and is estimated anew.
 */
function findOpen(sent: readonly SentPost[], { now, pending }: ChainFacts['nonces']): SentPost | null {
  const open = sent.filter(({ nonce }) => nonce >= now && nonce <= pending);
  const lowest = Math.min(...open.map((one) => one.nonce));
  return open.filter((one) => one.nonce === lowest).toSorted((a, b) => (a.maxFee < b.maxFee ? 1 : -1))[0] ?? null;
}

function push(sent: SentPost, { block }: ChainFacts, clock: number): PostStep {
  const { epoch, kind, nonce } = sent;
  // A clock may jump either way: then it is sent once too often, which changes nothing.
  const isDue = Math.abs(clock - sent.sentAt) >= RESEND_MS;
  const isStuck = block.number - sent.block >= STUCK_BLOCKS || Math.abs(clock - sent.at) >= STUCK_MS;
  if (isStuck && sent.maxFee < MOST_FEE) return { do: 'send', epoch, kind, nonce, over: sent };
  return isDue ? { do: 'resend', sent } : wait('in-flight');
}

/** Every nonce is used: the newest file's root goes next, and those before it that never came to the chain are in it. */
function decideNext(journal: PostJournal, facts: ChainFacts, clock: number): PostStep {
  const { now } = facts.roots;
  const absent = journal.posts.filter(({ signed }) => findStanding(now, signed.epoch) === null);
  const newest = absent.at(-1);
  const passedOver = absent[0] === newest ? null : absent[0];
  if (passedOver) return { do: 'end', epoch: passedOver.signed.epoch, as: 'passed-over' };
  // What stands there says the same to the last leaf, so that a post would be paid for nothing.
  if (newest && newest.signed.root === (now.pending ?? now.last).root)
    return { do: 'end', epoch: newest.signed.epoch, as: 'passed-over' };
  const rest = now.pending && judgePending(now.pending, facts, clock);
  if (rest) return rest;
  if (newest) return newest.signature ? decideSend(journal, facts, newest.signed.epoch, 'post', clock) : signOf(newest);
  if (now.pending) return decideSend(journal, facts, now.pending.epoch, 'finalise', clock);
  return wait(journal.posts.length > 0 ? 'not-deep' : 'nothing');
}

/** Why nothing can be posted behind it yet, nor it be made final; null where it is due. */
function judgePending({ open, finalAt }: PendingRoot, { block }: ChainFacts, clock: number): Rest | null {
  if (open > 0) return wait('challenged');
  // A chain without traffic has had no block since.
  const isDue = Math.max(block.seconds, clock / 1000) >= finalAt;
  return isDue ? null : { do: 'wait', why: 'in-window', until: finalAt * 1000 };
}

function signOf({ signed }: EpochPost): PostStep {
  return { do: 'sign', epoch: signed.epoch };
}

function decideSend(
  journal: PostJournal,
  { nonces }: ChainFacts,
  epoch: number,
  kind: SentKind,
  clock: number,
): PostStep {
  // Used up, and the chain is as before: it was reverted, or the gas key sent something else.
  const last = journal.sent.filter((one) => one.epoch === epoch && one.kind === kind).at(-1);
  if (last && Math.abs(clock - last.sentAt) < RETRY_MS) return wait('retry');
  return { do: 'send', epoch, kind, nonce: Math.max(nonces.now, nonces.pending), over: null };
}

function wait(why: WaitReason): Rest & { readonly do: 'wait' } {
  return { do: 'wait', why };
}
