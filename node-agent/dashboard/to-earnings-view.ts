// Earnings as the page shows them: the router's word beside the home's own. Pure.
import { tellCoins, tellTokens } from '../chain/tell-tokens.ts';
import type { Machine } from '../link/earnings-question.ts';
import type { EarningsReport } from '../link/earnings-report.ts';
import type { DifferenceView, EarnedJobView, EarningsView, OnChainView } from './page-view.ts';

/** Jobs of one view, newest first: the rest is in the file for spreadsheets. */
const JOBS = 200;

/** `now`: ms since epoch. */
export function toEarningsView(
  { router, own, differences, warnings }: EarningsReport,
  days: number,
  now: number,
): EarningsView {
  return {
    at: iso(now),
    days,
    machine: toMachine(router.machine),
    byDay: router.days.map((day) => ({
      day: day.day,
      model: day.model,
      jobs: day.jobs,
      promptTokens: day.prompt_tokens,
      outputTokens: day.output_tokens,
      earnedMicro: day.earned_micro,
    })),
    jobs: router.jobs.slice(0, JOBS).map(toJob),
    isWhole: router.isWhole && router.jobs.length <= JOBS,
    own: {
      receipts: own.jobs,
      signedMicro: Number(own.signed),
      acceptedMicro: Number(own.accepted),
      refused: own.refused,
      waitingReceipts: own.waiting,
      waitingMicro: Number(own.waitingMicro),
    },
    differences: differences.map(toDifference),
    warnings,
  };
}

function toMachine(machine: EarningsReport['router']['machine']): EarningsView['machine'] {
  return {
    id: machine.machine,
    receipts: machine.receipts,
    earnedMicro: machine.earned_micro,
    pendingMicro: machine.pending_micro,
    pendingUntil: iso(machine.pending_until),
    heldMicro: machine.held_back_micro,
    heldWhy: machine.held_back_why,
    payableMicro: machine.payable_micro,
    payableSince: machine.payable_since === null ? null : iso(machine.payable_since),
    creditedMicro: machine.credited_micro,
    claimedMicro: machine.claimed_micro,
    waitingReceipts: machine.waiting_receipts,
    waitingMicro: machine.waiting_micro,
    onChain: toOnChain(machine),
  };
}

function toOnChain({ claimable_micro: claimable, gas, wait_until: wait, claims = [] }: Machine): OnChainView | null {
  if (claimable === undefined) return null;
  const coins = (wei: string): string => tellCoins(BigInt(wei));
  return {
    claimable: tellTokens(BigInt(claimable)),
    gasCoins: gas?.wei ? coins(gas.wei) : null,
    gasPaidBy: gas?.paid_by ?? '',
    waitUntil: wait ?? null,
    claims: claims.map(({ at, tokens, tx, gas_wei: paid, gas_paid_by: gasPaidBy, became }) => ({
      at: iso(at),
      tokens,
      tx,
      gasCoins: coins(paid),
      gasPaidBy,
      becameCredit: became !== 'tokens',
    })),
  };
}

function toJob(job: EarningsReport['router']['jobs'][number]): EarnedJobView {
  return {
    job: job.job,
    part: job.part,
    model: job.model,
    acceptedAt: iso(job.accepted_at),
    receipt: job.receipt,
    promptTokens: job.prompt_tokens,
    outputTokens: job.output_tokens,
    signedMicro: job.signed_micro,
    earnedMicro: job.earned_micro,
    status: job.status,
    why: job.why,
  };
}

function toDifference({
  job,
  receipt,
  signed,
  accepted,
  told,
  why,
}: EarningsReport['differences'][number]): DifferenceView {
  const units = (text: string | null): number | null => (text === null ? null : Number(text));
  return { job, receipt, signed: units(signed), accepted: units(accepted), told: units(told), why };
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
