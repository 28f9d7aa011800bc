// What a home does about the root that waits in its window: nothing, where it holds all that the router has signed for; else it challenges, waits for an
// answer, and enforces. Pure.
import type { Hex } from '../../schema/bytes.ts';
import type { EpochLeaf } from '../../schema/epoch-leaf.ts';

/** Times in ms since epoch, by the chain's clock. */
export interface ChallengeLook {
  readonly now: number;
  /** The root in its window; null for none. */
  readonly pending: { readonly epoch: number; readonly finalAt: number } | null;
  /** The last that the router has signed for until the end of that epoch; null for nothing. */
  readonly signed: { readonly count: bigint; readonly total: bigint } | null;
  /** This home's under that root: null where there is none, `unseen` where nobody could show what is under it. */
  readonly leaf: EpochLeaf | null | 'unseen';
  /** Whether the root was challenged with this acceptance before. */
  readonly wasChallenged: boolean;
  /** Challenges of this home, or with what it would show, that nobody has answered, of whatever epoch. */
  readonly open: readonly { readonly id: Hex; readonly epoch: number; readonly deadline: number }[];
  /** The owner's wish to be shown what nobody has shown: whoever does takes the deposit. */
  readonly challengesUnseen: boolean;
}

export type ChallengePlan =
  | { readonly do: 'enforce'; readonly id: Hex; readonly epoch: number }
  | { readonly do: 'wait'; readonly until: number; readonly epoch: number }
  | { readonly do: 'challenge'; readonly epoch: number }
  | { readonly do: 'nothing'; readonly why: Quiet; readonly epoch: number | null };

/** `held`: the root holds all. `unseen`: nobody knows. `late`: it would have been challenged, and its window is over. `answered`: it was, and somebody answered. */
export type Quiet = 'no-root' | 'nothing-signed' | 'held' | 'unseen' | 'late' | 'answered';

export function decideChallenge(look: ChallengeLook): ChallengePlan {
  const { now, pending, open } = look;
  const due = open.find(({ epoch, deadline }) => epoch !== pending?.epoch || now >= deadline);
  if (due) return { do: 'enforce', id: due.id, epoch: due.epoch };
  const [waiting] = open;
  if (waiting) return { do: 'wait', until: waiting.deadline, epoch: waiting.epoch };
  if (!pending) return { do: 'nothing', why: 'no-root', epoch: null };
  const { epoch } = pending;
  const why = findPeace(look, pending.finalAt);
  return why ? { do: 'nothing', why, epoch } : { do: 'challenge', epoch };
}

function findPeace(look: ChallengeLook, finalAt: number): Quiet | null {
  const { now, signed, leaf, wasChallenged, challengesUnseen } = look;
  if (!signed) return 'nothing-signed';
  if (leaf === 'unseen' && !challengesUnseen) return 'unseen';
  if (leaf !== 'unseen' && leaf && leaf.count >= signed.count && leaf.earned >= signed.total) return 'held';
  if (wasChallenged) return 'answered';
  return now >= finalAt ? 'late' : null;
}
