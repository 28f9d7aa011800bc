// `irori-node status` for people: how the home stands, what it did today, what is waited for, and what to do. Pure.
import { tellState, STATE_WORDS } from '../../schema/state-words.ts';
import type { StateWord } from '../../schema/state-words.ts';
import { formatProof } from '../../schema/verify/describe-proof.ts';
import { EN } from '../../schema/verify/words-en.ts';
import type { AgentStatus } from '../home/status-file.ts';
import { describeClock } from '../link/router-clock.ts';
import { tellCount, tellMany, tellWhen } from '../tell-time.ts';
import { compareVersions } from '../update/compare-versions.ts';
import { formatBytes } from '../update/tell-bytes.ts';
import type { VersionState } from '../update/version-store.ts';
import { describeModelNotes, describeServerNotes } from './describe-notes.ts';
import { tellLines } from './tell-lines.ts';
import { tellPower } from './tell-power.ts';

/** What was answered by the router since midnight here, by this home's own record. */
export interface Today {
  readonly jobs: number;
  readonly tokens: number;
  readonly micro: bigint;
}

export interface StatusFacts {
  readonly status: AgentStatus;
  /** `silent`: a process holds the state folder and does not answer. */
  readonly run: 'running' | 'silent' | 'stopped';
  /** It left its router, by `irori-node leave`. */
  readonly hasLeft?: boolean;
  readonly today: Today;
  readonly versions: Pick<VersionState, 'offered' | 'restored'>;
  /** ms since epoch. */
  readonly now: number;
}

/** A home with many models shows them with `--json`. */
const ABILITY_LINES = 12;

export function formatStatus(facts: StatusFacts): string {
  const { status, run } = facts;
  return tellLines([
    ...tellStanding(facts),
    ...(run === 'running' ? tellNow(facts) : []),
    ...tellDone(facts),
    ...tellMoney(status),
    ...tellWarnings(status),
    ...tellVersions(facts),
    ...(run === 'running' ? [...tellPage(status), tellHow(status)] : []),
  ]);
}

/** State, reason and the one thing to do; who it is. */
function tellStanding({ status, run, hasLeft, now }: StatusFacts): string[] {
  const { headline, action } = hasLeft === true ? HAS_LEFT : judge(status, run, now);
  return [
    `${status.name ?? status.node ?? 'This home'}: ${headline}`,
    ...(action === null ? [] : [`           ${action}`]),
    '',
    `node       ${status.node ?? 'not enrolled'}  ${status.address}`,
    `router     ${status.router}${status.hub === null || run !== 'running' ? '' : ` (${[status.area, status.hub].filter((part) => part !== null).join(', ')})`}`,
  ];
}

interface Standing {
  readonly headline: string;
  /** A sentence; null where there is nothing to do. */
  readonly action: string | null;
}

const HAS_LEFT: Standing = {
  headline: 'has left its router for good',
  action: 'It comes back only with a new code: irori-node up --code CODE.',
};

function judge(status: AgentStatus, run: StatusFacts['run'], now: number): Standing {
  const seen = tellWhen(status.writtenAt, now);
  if (run === 'stopped') return { headline: `not running; last seen ${seen}`, action: 'Start it with irori-node up.' };
  if (run === 'silent')
    return {
      headline: `does not answer; last seen ${seen}`,
      action: `Process ${status.pid} is stopped or busy: let it go on, or end it and start irori-node up.`,
    };
  if (status.state !== 'connected')
    return {
      headline: `${tellLink(status.state)}`,
      action: status.problem ?? (status.state === 'waiting' ? 'Look at irori-node doctor.' : null),
    };
  if (status.paused !== null) return judgePaused(status.paused, findEnd(status), now);
  // In the words of the page and of the router.
  const { told, action } = STATE_WORDS[nameWork(status)];
  return { headline: `connected. ${told}`, action };
}

function nameWork({ running, standing }: AgentStatus): 'busy' | 'eco' | 'idle' {
  if (running > 0) return 'busy';
  return standing?.level === 'eco' ? 'eco' : 'idle';
}

/** When the pause ends by itself, as the owner or the rules have it. */
function findEnd({ paused, pausedUntilAt, standing }: AgentStatus): number | null {
  if (paused === 'owner') return pausedUntilAt;
  return standing !== null && standing.reason === paused ? standing.untilAt : null;
}

function judgePaused(reason: string, untilAt: number | null, now: number): Standing {
  const until = untilAt === null ? '' : ` until ${tellWhen(untilAt, now)}`;
  return { headline: `connected, takes no work${until}: ${tellState(reason)}`, action: findAction(reason) };
}

function tellLink(state: string): string {
  if (state === 'waiting') return 'not connected, tries again by itself';
  if (state === 'stopped') return 'stopped';
  return state === 'starting' ? 'starting' : 'not connected yet, connecting';
}

function findAction(reason: string): string | null {
  return Object.hasOwn(STATE_WORDS, reason) ? STATE_WORDS[reason as StateWord].action : null;
}

function tellNow({ status, now }: StatusFacts): string[] {
  return [
    `since      ${tellWhen(status.startedAt, now)} (process ${status.pid}, version ${status.version})`,
    `models     ${status.models.join(', ') || 'none'}`,
    ...describeModelNotes(status),
    ...describeServerNotes(status),
    ...describeAbilities(status),
    `slots      ${status.running} of ${status.slots} busy`,
    ...describeLimits(status),
    ...tellPower(status.power),
  ];
}

/** What holds it back besides what the first line tells. */
function describeLimits({ standing }: AgentStatus): string[] {
  if (standing === null || standing.reason === null) return [];
  const eco = standing.level === 'eco' ? [`eco        fewer jobs at once: ${tellState(standing.reason)}`] : [];
  return [...eco, ...standing.all.slice(1).map(({ reason }) => `also       ${tellState(reason)}`)];
}

function describeAbilities({ models, abilities }: AgentStatus): string[] {
  const lines = models.map((name) => `can        ${name}: ${['text', ...(abilities[name] ?? [])].join(', ')}`);
  const left = lines.length - ABILITY_LINES;
  return left > 0 ? [...lines.slice(0, ABILITY_LINES), `can        … ${left} more: see --json`] : lines;
}

function tellDone({ status, today, now }: StatusFacts): string[] {
  const since = `since ${tellWhen(status.startedAt, now)}`;
  const ends = [
    `${tellCount(status.done)} done`,
    ...(status.failed > 0 ? [`${tellCount(status.failed)} failed`] : []),
    ...(status.cancelled > 0 ? [`${tellCount(status.cancelled)} left by their callers`] : []),
    ...(status.handedOver > 0 ? [`${tellCount(status.handedOver)} handed over`] : []),
    ...(status.refused > 0 ? [`${tellCount(status.refused)} refused`] : []),
  ];
  return [
    `today      ${formatCredits(today.micro)} credits, ${tellMany(today.jobs, 'job')}, ${tellCount(today.tokens)} tokens`,
    `jobs       ${ends.join(', ')} ${since}`,
    ...(status.lastFailure === null ? [] : [`failing    the last job failed: ${status.lastFailure}`]),
    `tokens     ${tellCount(status.promptTokens)} prompt, ${tellCount(status.outputTokens)} output ${since}`,
  ];
}

function tellMoney(status: AgentStatus): string[] {
  const { outbox, outboxMicro, acceptedReceipts, earnedMicro, proof, sealedReceipts } = status;
  const waits = outbox === 1 ? '1 receipt waits' : `${tellCount(outbox)} receipts wait`;
  const pending =
    outbox === 0
      ? 'nothing waits for an answer of the router'
      : `${waits} for an answer, over ${formatCredits(outboxMicro)} credits`;
  return [
    `pending    ${pending}`,
    `settled    ${formatCredits(earnedMicro)} credits in ${tellMany(Number(acceptedReceipts), 'receipt')}, signed for by the router`,
    ...(proof === null ? [] : [`proof      ${formatProof(proof, EN)}`]),
    ...(sealedReceipts === null || sealedReceipts.seal === '0'
      ? []
      : [
          `sealed     up to receipt ${sealedReceipts.receipt}, under ${tellMany(Number(sealedReceipts.seal), 'seal')} of this home`,
        ]),
  ];
}

function tellWarnings(status: AgentStatus): string[] {
  const { evidence, unpaidReceipts, answeredReceipts, unpaidInARow, restoredAtReceipt, clockAheadMs } = status;
  const skew = clockAheadMs === null ? null : describeClock(clockAheadMs);
  const row = unpaidInARow > 1 ? `, the last ${unpaidInARow} in a row` : '';
  return [
    ...(evidence.length === 0
      ? []
      : [
          `warning    the router has signed totals of this home that cannot both hold (${evidence.length}): the evidence stands in irori-node status --json, and irori-node verify checks it`,
        ]),
    ...(unpaidReceipts === 0
      ? []
      : [
          `warning    the router pays nothing for ${unpaidReceipts} of ${answeredReceipts} receipts since the start${row}: their answers broke off, or were not charged; the log has the reason of one that was refused`,
        ]),
    ...(restoredAtReceipt === null
      ? []
      : [
          `restored   this state folder was older than the receipts that the router has: they went on from number ${restoredAtReceipt}; there is nothing to do`,
        ]),
    ...(skew === null
      ? []
      : [
          `clock      this machine's and the router's differ: ${skew}; jobs go by the router's, and none is refused for it`,
        ]),
  ];
}

function tellVersions({ status, versions, now }: StatusFacts): string[] {
  const { offered, restored } = versions;
  return [
    ...(restored === null
      ? []
      : [
          `update     version ${restored.from} did not start three times: ${restored.to} was restored (${tellWhen(restored.at, now)})`,
        ]),
    ...(offered === null || compareVersions(offered.version, status.version) <= 0
      ? []
      : [`update     version ${offered.version} is there (${formatBytes(offered.bytes)}): irori-node update`]),
  ];
}

function tellPage({ page }: AgentStatus): string[] {
  return page === null ? [] : [`page       ${page.url} (irori-node open)`];
}

function tellHow({ paused }: AgentStatus): string {
  return paused === 'owner'
    ? 'resume     irori-node resume'
    : 'pause      irori-node pause, or pause 30m, pause until 07:00, pause after-job';
}

/** Units (millionths of a credit) as credits. */
export function formatCredits(micro: string | bigint): string {
  const digits = String(micro).padStart(7, '0');
  return `${digits.slice(0, -6)}.${digits.slice(-6)}`;
}
