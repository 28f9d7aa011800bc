// `irori-node earnings`: what this home earned as its router has it, beside what the home signed for and the router signed to it, and every difference.
// Needs no running agent: the home signs the question with its own key.
import { NO_VALUE, tellCoins, tellTokens } from '../chain/tell-tokens.ts';
import type { Environment } from '../config/config.ts';
import type { OptionValues } from '../config/parse-flags.ts';
import { askEarnings } from '../link/earnings-question.ts';
import type { Machine } from '../link/earnings-question.ts';
import { formatEarningsCsv, reportEarnings } from '../link/earnings-report.ts';
import type { EarningsReport } from '../link/earnings-report.ts';
import type { Difference } from '../receipts/compare-earnings.ts';
import { complain } from './complain.ts';
import { findOwnHome } from './own-home.ts';
import { tellMany, tellWhen } from '../tell-time.ts';
import { tellLines } from './tell-lines.ts';
import { toIsoTimes } from './to-iso-times.ts';

const USUAL_DAYS = 7;
const MOST_DAYS = 62;
/** Prints both views; exit status 0, 1 when nothing could be learned, 3 where they differ. */
export async function runEarnings(flags: OptionValues, env: Environment): Promise<number> {
  const days = typeof flags.days === 'number' ? flags.days : USUAL_DAYS;
  if (!Number.isInteger(days) || days < 1 || days > MOST_DAYS)
    return complain(`--days must be a whole number from 1 to ${MOST_DAYS}.`, 2);
  const home = await findOwnHome(flags, env);
  if (!home.ok) return complain(home.error.sentence, home.error.exit);
  const { folder, status, key } = home.value;
  const router = await askEarnings(status.router, key, { days });
  if (!router.ok) return complain(router.error, 1);
  const report = await reportEarnings({ folder, days, status }, router.value);
  const format = flags.json === true ? formatJson : flags.csv === true ? formatEarningsCsv : formatText;
  process.stdout.write(format(report, days, Date.now()));
  return report.differences.length + report.warnings.length > 0 ? 3 : 0;
}

function formatJson({ router, own, differences, warnings }: EarningsReport, days: number): string {
  const { machine, days: byDay, jobs } = router;
  return `${JSON.stringify(toIsoTimes({ days, router: { ...machine, by_day: byDay, by_job: jobs }, home: own, differences, warnings }))}\n`;
}

function formatText({ router, own, differences, warnings }: EarningsReport, days: number, now: number): string {
  const { machine, days: byDay, jobs, isWhole } = router;
  const lines = [
    machine.machine,
    `earned     ${credits(machine.earned_micro)} credits in all, for ${tellMany(machine.receipts, 'receipt')}`,
    `pending    ${credits(machine.pending_micro)}, payable when the epoch that ends ${tellWhen(machine.pending_until, now)} is closed`,
    `held back  ${credits(machine.held_back_micro)}${machine.held_back_why === null ? '' : `: ${machine.held_back_why}`}`,
    `payable    ${credits(machine.payable_micro)}${machine.payable_since === null ? '' : `, by the epoch that ended ${tellWhen(machine.payable_since, now)}`}`,
    `credited   ${credits(machine.credited_micro)} turned into API credit`,
    `claimed    ${credits(machine.claimed_micro)}`,
    ...tellOnChain(machine, now),
    ...(machine.waiting_receipts > 0
      ? [
          `waiting    ${credits(machine.waiting_micro)} at most, for ${tellMany(machine.waiting_receipts, 'receipt')} of jobs that have not ended yet`,
        ]
      : []),
    '',
    `${days === 1 ? 'Today' : `The last ${days} days`} (of UTC), as the router has ${days === 1 ? 'it' : 'them'}`,
    ...byDay.map(
      (day) =>
        `  ${day.day}  ${day.model}: ${tellMany(day.jobs, 'job')}, ${day.prompt_tokens} prompt and ${day.output_tokens} output tokens, ${credits(day.earned_micro)} credits`,
    ),
    '',
    `As this home signed and was signed for: ${tellMany(own.jobs, 'receipt')} answered, ${credits(own.accepted)} credits, ${own.refused} refused; ${own.waiting === 1 ? '1 waits' : `${own.waiting} wait`} for an answer`,
    ...(isWhole ? [] : [`Only the newest ${jobs.length} jobs were compared.`]),
    ...warnings.map((warning) => `WARNING    ${warning}`),
    differences.length === 0 ? 'No differences.' : `${differences.length} DIFFERENCES`,
    ...differences.map(formatDifference),
  ];
  return tellLines(lines);
}

/** Newest claims that are told; all of them are in GET /node/v1/earnings?by=claim. */
const CLAIMS_TOLD = 5;

/** Nothing where the router pays on no chain. */
function tellOnChain(machine: Machine, now: number): string[] {
  const { claimable_micro: claimable, gas, wait_until: wait, claims = [], bonus_micro: bonus = 0 } = machine;
  if (claimable === undefined) return [];
  const cost = !gas
    ? ''
    : gas.wei === null
      ? ''
      : `; the gas of a claim is now ${tellCoins(BigInt(gas.wei))} test coins, paid by ${gas.paid_by}`;
  return [
    ...(bonus > 0 ? [`bonus      ${credits(bonus)} as a newcomer, in what is payable and claimed`] : []),
    `claimable  ${tellTokens(BigInt(claimable))} tokens by the last final root (${NO_VALUE})${cost}`,
    ...(wait ? [`           ${wait}`] : []),
    ...claims.slice(0, CLAIMS_TOLD).map(({ tokens, at, tx, became, gas_wei: paid, gas_paid_by: by }) => {
      const told = became === 'tokens' ? '' : `, ${became} at once`;
      return `  ${tellWhen(at, now)}  ${tokens} tokens${told}, ${tx}; gas ${tellCoins(BigInt(paid))} test coins, paid by ${by}`;
    }),
    ...(claims.length > CLAIMS_TOLD ? [`  and ${claims.length - CLAIMS_TOLD} claims before`] : []),
  ];
}

function formatDifference({ job, part, receipt, signed, accepted, told, why }: Difference): string {
  const units = (text: string | null): string => (text === null ? 'nothing' : `${text} units`);
  return `  ${job ?? 'a job'} part ${part ?? '?'}, receipt ${receipt}: signed for ${units(signed)}, accepted ${units(accepted)}, the router tells ${units(told)}: ${why}`;
}

function credits(micro: number | string): string {
  return (Number(micro) / 1e6).toFixed(6);
}
