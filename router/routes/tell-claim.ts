// How far a home's claim is, as the API tells it: with a sentence on until when it waits, and why. Pure.
import { MOST_CLAIMS, WORTH_UNITS } from '../chain/decide-claims.ts';
import type { ClaimVerdict } from '../chain/decide-claims.ts';
import type { ClaimTold } from '../chain/claim-sponsor.ts';

const STATES = {
  paid: 'paid',
  'no-wallet': 'no_wallet',
  due: 'waiting',
  waiting: 'waiting',
  sent: 'sent',
  open: 'open',
} as const;

/** `now`: ms since epoch. */
export function tellClaim(
  { id: node, wallet: named }: { readonly id: string; readonly wallet: string | null },
  told: ClaimTold,
  now: number,
): object {
  const { verdict, wallet, claimable, claimed, epoch, isPaused, transaction } = told;
  const isNothing = verdict.is === 'paid' && transaction === null;
  return {
    object: 'node.claim',
    node,
    state: isNothing ? 'nothing' : STATES[verdict.is],
    /** What is paid to it now, and what files of epochs name from the next one on. */
    wallet,
    named_wallet: named?.toLowerCase() ?? null,
    claimable_micro: Number(claimable),
    claimed_micro: Number(claimed),
    last_final_epoch: epoch,
    due_at: verdict.is === 'waiting' ? verdict.dueAt : verdict.is === 'due' ? now : null,
    wait_until: isPaused ? PAUSED : tellWait(verdict),
    transaction,
    gas: 'paid by the router',
    notice: 'test tokens, no value',
  };
}

const PAUSED = 'Wait until the guardian’s pause is over: it ends by itself, after 14 days at the latest.';

function tellWait(verdict: ClaimTold['verdict']): string | null {
  if (verdict.is === 'due') return 'It is sent with the router’s next run.';
  return verdict.is === 'waiting' ? tellDue(verdict) : null;
}

function tellDue({ dueAt, why }: Extract<ClaimVerdict, { is: 'waiting' }>): string {
  const at = `${new Date(dueAt).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  return why === 'batch'
    ? `Wait until ${at}, or until ${MOST_CLAIMS} homes have asked: they share one transaction’s gas.`
    : `Wait until ${at}, or until ${WORTH_UNITS / 1_000_000n} token is to be claimed: a little costs as much gas as a lot, and the router pays it once in seven epochs.`;
}
