// `irori-node status`: what the agent of a state folder does, from the file it keeps.
import type { Environment } from '../config/config.ts';
import { readStateFolder } from '../config/config.ts';
import { complain } from './complain.ts';
import { describeModelNotes, describeServerNotes } from './describe-notes.ts';
import { describeClock } from '../link/router-clock.ts';
import { lockFolder } from '../home/instance-lock.ts';
import { STATE_WORDS, tellState } from '../../schema/state-words.ts';
import { formatProof } from '../../schema/verify/describe-proof.ts';
import { tellPower } from './tell-power.ts';
import { readStatus } from '../home/status-file.ts';
import type { AgentStatus } from '../home/status-file.ts';
import type { OptionValues } from '../config/parse-flags.ts';

/** Prints the status; exit status 0 when an agent runs, 1 when none does. */
export async function runStatus(flags: OptionValues, env: Environment): Promise<number> {
  const state = readStateFolder(flags, env);
  if (!state.ok) return complain(state.error, 2);
  const folder = state.value;
  const status = await readStatus(folder);
  const isRunning = status !== null && (await isHeld(folder));
  if (flags.json === true) process.stdout.write(`${JSON.stringify({ running: isRunning, state: folder, status })}\n`);
  else
    process.stdout.write(
      status ? formatStatus(status, isRunning) : `No agent has run with the state folder ${folder}.\n`,
    );
  return isRunning ? 0 : 1;
}

async function isHeld(folder: string): Promise<boolean> {
  const lock = await lockFolder(folder);
  if (!lock.ok) return lock.error.isHeld;
  lock.value.release();
  return false;
}

export function formatStatus(status: AgentStatus, isRunning: boolean): string {
  const lines = [
    isRunning
      ? `running (pid ${status.pid}, version ${status.version}), ${describeLink(status)}`
      : `not running; last seen ${new Date(status.writtenAt).toISOString()}. Start it with irori-node up.`,
    ...describeStanding(status),
    ...(status.name === null ? [] : [`name       ${status.name}`]),
    `node       ${status.node ?? 'not enrolled'}  ${status.address}`,
    `router     ${status.router}${status.hub === null ? '' : ` (${status.area ?? ''}, ${status.hub})`}`,
    `models     ${status.models.join(', ') || 'none'}`,
    ...describeModelNotes(status),
    ...describeServerNotes(status),
    ...describeAbilities(status),
    `jobs       ${status.running} of ${status.slots} slots busy; ${status.jobs} done, ${status.refused} refused since the start`,
    ...(status.lastFailure === null ? [] : [`failing    the last job failed: ${status.lastFailure}`]),
    `tokens     ${status.promptTokens} prompt, ${status.outputTokens} output since the start`,
    `receipts   ${status.outbox} waiting for an answer, over ${formatCredits(status.outboxMicro)} credits; ${status.acceptedReceipts} accepted in all`,
    `earned     ${formatCredits(status.earnedMicro)} credits, signed for by the router`,
    ...(status.proof === null ? [] : [`proof      ${formatProof(status.proof)}`]),
    ...tellPower(status.power),
    ...describeSeals(status),
    ...describeEvidence(status),
    ...describeUnpaid(status),
    ...describeRestored(status),
    ...describeSkew(status),
  ];
  return `${lines.join('\n')}\n`;
}

/** What holds besides what the first line tells, and what to do about the first. */
function describeStanding({ standing }: AgentStatus): string[] {
  if (standing === null || standing.reason === null) return [];
  const { action = null } = (STATE_WORDS as Readonly<Record<string, { action: string | null }>>)[standing.reason] ?? {};
  const eco = standing.level === 'eco' ? [`eco        fewer jobs at once: ${tellState(standing.reason)}`] : [];
  const others = standing.all.slice(1).map(({ reason }) => `also       ${tellState(reason)}`);
  return [...eco, ...others, ...(action === null ? [] : [`next       ${action}`])];
}

/** A home with many models shows them with `--json`. */
const ABILITY_LINES = 12;

function describeAbilities({ models, abilities }: AgentStatus): string[] {
  const lines = models.map((name) => `can        ${name}: ${['text', ...(abilities[name] ?? [])].join(', ')}`);
  const left = lines.length - ABILITY_LINES;
  return left > 0 ? [...lines.slice(0, ABILITY_LINES), `can        … ${left} more: see --json`] : lines;
}

function describeSeals({ sealedReceipts }: AgentStatus): string[] {
  if (sealedReceipts === null || sealedReceipts.seal === '0') return [];
  return [`sealed     up to receipt ${sealedReceipts.receipt}, under ${sealedReceipts.seal} seals of this home`];
}

function describeEvidence({ evidence }: AgentStatus): string[] {
  if (evidence.length === 0) return [];
  return [
    `warning    the router has signed totals of this home that cannot both hold (${evidence.length}): the evidence stands in \`irori-node status --json\`, and \`irori-node verify\` checks it`,
  ];
}

function describeUnpaid({ answeredReceipts, unpaidReceipts, unpaidInARow }: AgentStatus): string[] {
  if (unpaidReceipts === 0) return [];
  const row = unpaidInARow > 1 ? `, the last ${unpaidInARow} in a row` : '';
  return [
    `warning    the router pays nothing for ${unpaidReceipts} of ${answeredReceipts} receipts since the start${row}: their answers broke off, or were not charged; the log has the reason of one that was refused`,
  ];
}

function describeRestored({ restoredAtReceipt }: AgentStatus): string[] {
  if (restoredAtReceipt === null) return [];
  return [
    `restored   this state folder was older than the receipts that the router has: they went on from number ${restoredAtReceipt}; there is nothing to do`,
  ];
}

function describeSkew({ clockAheadMs }: AgentStatus): string[] {
  const skew = clockAheadMs === null ? null : describeClock(clockAheadMs);
  return skew === null
    ? []
    : [
        `clock      this machine's and the router's differ: ${skew}; jobs go by the router's, and none is refused for it`,
      ];
}

function describeLink(status: AgentStatus): string {
  if (status.paused === 'owner' && status.pausedUntilAt !== null)
    return `${status.state}, paused by you until ${new Date(status.pausedUntilAt).toISOString()}`;
  if (status.paused !== null) return `${status.state}, takes no work: ${tellState(status.paused)}`;
  return status.problem === null ? status.state : `${status.state}: ${status.problem}`;
}

function formatCredits(micro: string): string {
  const digits = micro.padStart(7, '0');
  return `${digits.slice(0, -6)}.${digits.slice(-6)}`;
}
