// The way of an epoch's root to a chain: open → frozen → gathered → checked → signed → sent → final. Given the journal and what the chain says, which step
// comes next. Pure. The chain decides and never an answer: what was sent without one is unknown, not failed; whether it counts is read of the root and the
// nonce. A nonce belongs to one epoch for ever and is pushed until it is used, so that no two posts can take each other's place.
import type { Hex } from '../../schema/bytes.ts';
import type { ChainRoot, EpochRoot } from '../../schema/chain-abi.ts';
import { findTestChain } from '../../schema/test-chains.ts';
import { MOST_FEE } from './plan-fees.ts';
import type { Fees } from './sign-transaction.ts';

/** The states before its file is published: the settler's own. */
export type ClosingState = 'open' | 'frozen' | 'gathered' | 'checked';
export type PostState = ClosingState | 'published' | 'signed' | 'sent' | PostEnd;

/**
 * final: paid by it from now on; void: the contract has let go of it; overtaken: a later one stands, and none goes before; passed-over: it never
 * came to the chain, and a later file holds all of it; expired: its deadline is over. Leaves are of all time, so a later root pays what any of them would have.
 */
export type PostEnd = 'final' | 'void' | 'overtaken' | 'passed-over' | 'expired';

export interface SentPost extends Fees {
  readonly epoch: number;
  readonly nonce: number;
  readonly hash: Hex;
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
  readonly end: PostEnd | null;
}

export interface BlockName {
  readonly number: number;
  readonly hash: Hex;
}

export interface PostJournal {
  /** Where it posts. */
  readonly chainId: number;
  /** The epoch that is being closed; null for none. */
  readonly closing: { readonly epoch: number; readonly state: ClosingState } | null;
  /** In the order of their epochs. */
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
  /** The last epoch that was posted. */
  readonly latest: { readonly now: number; readonly deep: number };
  readonly roots: ReadonlyMap<number, { readonly now: ChainRoot | null; readonly deep: ChainRoot | null }>;
}

export type WaitReason =
  'chain-away' | 'chain-behind' | 'in-flight' | 'fee-too-high' | 'another-root-seen' | 'on-chain' | 'retry' | 'nothing';
export type StopReason = 'not-a-test-chain' | 'another-chain' | 'chain-replaced' | 'another-root';

/** Rests until the next look, or until somebody has looked after it. */
export type Rest =
  { readonly do: 'wait'; readonly why: WaitReason } | { readonly do: 'stop'; readonly why: StopReason };

export type PostStep =
  | Rest
  /** The settler's own next step; `chain`: why nothing is done there. */
  | { readonly do: 'close'; readonly epoch: number; readonly state: ClosingState; readonly chain: Rest }
  | { readonly do: 'sign'; readonly epoch: number }
  /** A new transaction is signed, written down and sent; `over`: in whose place, or so that it can follow: with its gas and for a higher fee. */
  | { readonly do: 'send'; readonly epoch: number; readonly nonce: number; readonly over: SentPost | null }
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

/** `facts`: null where the chain cannot be asked. `clock`: ms since epoch; it paces what is sent again, and decides nothing else. */
export function decidePost(journal: PostJournal, facts: ChainFacts | null, clock: number): PostStep {
  const step = facts ? decideOnChain(journal, facts, clock) : wait('chain-away');
  // Files are published whatever the chain does.
  if ((step.do === 'wait' || step.do === 'stop') && journal.closing)
    return { do: 'close', ...journal.closing, chain: step };
  return step;
}

/** How far an epoch is; null for one that is not known. */
export function stateOf(journal: PostJournal, epoch: number): PostState | null {
  if (journal.closing?.epoch === epoch) return journal.closing.state;
  const post = journal.posts.find(({ signed }) => signed.epoch === epoch);
  if (!post) return null;
  if (post.end) return post.end;
  if (journal.sent.some((sent) => sent.epoch === epoch)) return 'sent';
  return post.signature ? 'signed' : 'published';
}

function decideOnChain(journal: PostJournal, facts: ChainFacts, clock: number): PostStep {
  const rest = judgeChain(journal, facts);
  if (rest) return rest;
  const waiting = journal.posts.filter(({ end }) => end === null);
  for (const post of waiting) {
    const found = findEnd(post, facts);
    if (found === 'another-root') return { do: 'stop', why: found };
    if (found) return { do: 'end', epoch: post.signed.epoch, as: found };
  }
  const open = findOpen(journal.sent, facts.nonces.now);
  if (open) return push(open, facts, clock);
  return decideNext(journal, waiting, facts, clock);
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
function findEnd({ signed }: EpochPost, facts: ChainFacts): PostEnd | 'another-root' | null {
  const { now = null, deep = null } = facts.roots.get(signed.epoch) ?? {};
  if (deep) {
    if (deep.root !== signed.root) return 'another-root';
    if (deep.isVoid) return 'void';
    return deep.isFinal ? 'final' : null;
  }
  if (now) return null;
  if (facts.latest.deep > signed.epoch) return 'overtaken';
  return facts.deep.seconds > signed.deadline ? 'expired' : null;
}

/** Of the lowest nonce that is in no block the newest transaction; null for none. What waits behind it can go only after it. */
function findOpen(sent: readonly SentPost[], nonce: number): SentPost | null {
  const open = sent.filter((one) => one.nonce >= nonce);
  const lowest = Math.min(...open.map((one) => one.nonce));
  return open.filter((one) => one.nonce === lowest).toSorted((a, b) => (a.maxFee < b.maxFee ? 1 : -1))[0] ?? null;
}

function push(sent: SentPost, { block, nonces }: ChainFacts, clock: number): PostStep {
  const { epoch, nonce } = sent;
  // A clock may jump either way: then it is sent once too often, which changes nothing.
  const isDue = Math.abs(clock - sent.sentAt) >= RESEND_MS;
  // Somebody else's transaction of our gas key came before it, and a reorg took that away for good.
  if (nonces.pending < nonce)
    return isDue ? { do: 'send', epoch, nonce: nonces.pending, over: sent } : wait('in-flight');
  const isStuck = block.number - sent.block >= STUCK_BLOCKS || Math.abs(clock - sent.at) >= STUCK_MS;
  if (isStuck && sent.maxFee < MOST_FEE) return { do: 'send', epoch, nonce, over: sent };
  return isDue ? { do: 'resend', sent } : wait('in-flight');
}

/** Every nonce is used: the newest file's root goes next, and those before it that never came to the chain are in it. */
function decideNext(journal: PostJournal, waiting: readonly EpochPost[], facts: ChainFacts, clock: number): PostStep {
  const isOnChain = ({ signed }: EpochPost): boolean => (facts.roots.get(signed.epoch)?.now ?? null) !== null;
  const newest = waiting.at(-1);
  if (!newest) return wait('nothing');
  const older = waiting.find((post) => post !== newest && !isOnChain(post));
  if (older) return { do: 'end', epoch: older.signed.epoch, as: 'passed-over' };
  const { signed, signature } = newest;
  const root = facts.roots.get(signed.epoch)?.now ?? null;
  if (root) return wait(root.root === signed.root ? 'on-chain' : 'another-root-seen');
  if (facts.latest.now >= signed.epoch) return wait('another-root-seen');
  if (!signature) return { do: 'sign', epoch: signed.epoch };
  // Used up, and no root: it was reverted, or the gas key sent something else.
  const last = journal.sent.filter(({ epoch }) => epoch === signed.epoch).at(-1);
  if (last && Math.abs(clock - last.sentAt) < RETRY_MS) return wait('retry');
  return { do: 'send', epoch: signed.epoch, nonce: Math.max(facts.nonces.now, facts.nonces.pending), over: null };
}

function wait(why: WaitReason): Rest & { readonly do: 'wait' } {
  return { do: 'wait', why };
}
