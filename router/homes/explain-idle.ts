// Puts a node's minutes into words that its owner understands, and joins minutes that say the same into spans.
import { PASSED_OVER } from '../../schema/placement.ts';
import type { PassedOver } from '../../schema/placement.ts';
import type { PauseReason } from '../../schema/frames-to-hub.ts';
import { MINUTE_MS } from './idle-log.ts';
import type { IdleMinute, MinuteKind } from './idle-log.ts';

/** What the words need besides the minutes. */
export interface IdleFacts {
  /** Names of the models that the node offers now; empty when it offers none. */
  readonly models: readonly string[];
  /** Since when the node is not connected; null while it is, or when it never was. */
  readonly goneSinceAt: number | null;
}

/** Minutes that follow one another and say the same. `to` is the first ms after them. */
export interface IdleSpan {
  readonly from: number;
  readonly to: number;
  /** `job`, `offline`, `quiet`, `paused:owner`…, `cooling`, `passed:farther`…: the main one of these minutes, for programs. */
  readonly reason: string;
  /** One sentence or two, for people; times of day in UTC. */
  readonly text: string;
}

export interface IdleStory {
  readonly summary: string;
  readonly minutes: readonly IdleSpan[];
}

const PAUSED: Readonly<Record<PauseReason, string>> = {
  owner: 'you had paused it',
  outbox: 'receipts of its jobs had not reached the router',
  draining: 'it was finishing its last jobs before a stop',
  'backend-down': 'its model server did not answer, so it had nothing to offer',
  disk: 'its disk was full: receipts could not be kept',
  exposure: 'too many of its receipts waited for an answer of the router',
  schedule: 'your schedule keeps the machine for you at this time',
  'exclusive-app': 'a program of yours that you want undisturbed was open',
  'gpu-in-use': 'you or another program used the graphics card',
  temperature: 'the machine was too warm',
  battery: 'the machine ran on battery',
  update: 'it was being updated',
  'user-active': 'somebody used the machine',
  memory: 'its memory was needed by other programs',
  metered: 'its line to the network is metered',
  traffic: 'the traffic that you allow a day was used up',
  'job-limit': 'it had done as many jobs as you allow a day',
  'power-cap': 'it drew more power, or was louder, than you want at this time',
};

const PASSED: Readonly<Record<PassedOver, string>> = {
  farther: 'the home that took it was closer to the caller',
  slower: 'another home was expected to answer sooner',
  promise: 'at its measured speed this home would have missed the promised first token or speed, and another kept it',
  'earned-more': 'a home nearby that had earned less came first',
  full: 'every slot of this home was taken',
  cold: 'the model was not in memory here',
  cooling: 'this home was cooling down after failures',
  wish: 'the caller wished for something that this home is not',
  price: 'the caller wanted a lower price',
  dirtier: 'the caller wanted the least CO2e, and another home was expected to give off less',
  context: "the call was longer than this home's model can read",
  excluded: 'the caller, or an earlier attempt of the same job, left this home out',
  'own-first': "the caller's own home came first",
};

/** The story of a node's minutes, oldest first; an empty list tells that nothing is known. */
export function explainIdle(minutes: readonly IdleMinute[], facts: IdleFacts): IdleStory {
  const groups: IdleMinute[][] = [];
  for (const minute of minutes) {
    const last = groups.at(-1);
    const before = last?.at(-1);
    if (last && before && before.at + MINUTE_MS === minute.at && reasonOf(before) === reasonOf(minute))
      last.push(minute);
    else groups.push([minute]);
  }
  return { summary: summarise(minutes, facts), minutes: groups.flatMap((group) => tellSpan(group, facts)) };
}

/** The word for a minute: its kind, with the pause or the most frequent reason for passing it over. */
function reasonOf(minute: IdleMinute): string {
  if (minute.kind === 'paused') return `paused:${minute.paused ?? 'owner'}`;
  if (minute.kind === 'cooling') return `cooling:${minute.coolingUntilAt ?? 0}`;
  return minute.kind === 'passed' ? `passed:${sortWhy([minute])[0]?.why ?? 'farther'}` : minute.kind;
}

function tellSpan(group: readonly IdleMinute[], facts: IdleFacts): IdleSpan[] {
  const [first] = group;
  const last = group.at(-1);
  if (!first || !last) return [];
  const text = `${upper(tell(first, group, facts))}.`;
  const reason = first.kind === 'cooling' ? 'cooling' : reasonOf(first);
  return [{ from: first.at, to: last.at + MINUTE_MS, reason, text }];
}

function tell(minute: IdleMinute, group: readonly IdleMinute[], facts: IdleFacts): string {
  switch (minute.kind) {
    case 'job':
      return 'it worked for callers';
    case 'offline':
      return 'not connected: the machine was off or asleep, the agent was stopped, or the internet was away';
    case 'paused':
      return `paused: ${PAUSED[minute.paused ?? 'owner']}${tellMissed(group)}`;
    case 'cooling':
      return `cooling down until ${clock(minute.coolingUntilAt ?? minute.at)}: ${minute.coolingReason ?? 'jobs failed here'}${tellMissed(group)}`;
    case 'passed':
      return tellPassed(group);
    case 'quiet':
      return tellQuiet(facts);
  }
}

function tellQuiet(facts: IdleFacts): string {
  if (facts.models.length === 0) return 'connected, but it offered no model';
  const names = facts.models.slice(0, 3).join(', ');
  const more = facts.models.length > 3 ? ` and ${facts.models.length - 3} more` : '';
  return `no call for its models (${names}${more}) came to this neighbourhood`;
}

function tellPassed(group: readonly IdleMinute[]): string {
  const sorted = sortWhy(group);
  const total = sorted.reduce((sum, { count }) => sum + count, 0);
  const [only] = sorted;
  if (sorted.length === 1 && only)
    return `${countCalls(total)} came and did not come to this home: ${PASSED[only.why]}`;
  const parts = sorted.map(({ why, count }) => `${count} × ${PASSED[why]}`);
  return `${countCalls(total)} came and did not come to this home: ${parts.join('; ')}`;
}

/** Calls that came while the node could not take any. */
function tellMissed(group: readonly IdleMinute[]): string {
  const total = sortWhy(group).reduce((sum, { count }) => sum + count, 0);
  return total === 0 ? '' : `; ${countCalls(total)} came meanwhile`;
}

/** Reasons with their sums, the most frequent first. */
function sortWhy(minutes: readonly IdleMinute[]): { why: PassedOver; count: number }[] {
  return PASSED_OVER.map((why) => ({ why, count: minutes.reduce((sum, minute) => sum + (minute.why[why] ?? 0), 0) }))
    .filter(({ count }) => count > 0)
    .toSorted((a, b) => b.count - a.count);
}

function summarise(minutes: readonly IdleMinute[], facts: IdleFacts): string {
  const gone =
    facts.goneSinceAt === null
      ? ''
      : `It is offline, not connected since ${new Date(facts.goneSinceAt).toISOString()}. `;
  if (minutes.length === 0) return `${gone}Nothing is known of the last hour.`;
  const worked = minutes.filter((minute) => minute.kind === 'job').length;
  if (worked === minutes.length) return `${gone}It worked in every one of the last ${minutes.length} minutes.`;
  const head =
    worked === 0
      ? `No job in the last ${minutes.length} minutes`
      : `It worked in ${worked} of the last ${minutes.length} minutes`;
  const parts = countReasons(minutes).map(({ name, count }) => `${name} (${count} min)`);
  return `${gone}${head}. ${worked === 0 ? 'Why' : 'The others'}: ${parts.join(', ')}.`;
}

const SHORT: Readonly<Record<Exclude<MinuteKind, 'job' | 'paused' | 'passed'>, string>> = {
  offline: 'not connected',
  cooling: 'cooling down after failures',
  quiet: 'no call for its models came',
};

function countReasons(minutes: readonly IdleMinute[]): { name: string; count: number }[] {
  const counts = new Map<string, number>();
  for (const minute of minutes) {
    if (minute.kind === 'job') continue;
    const name = nameMinute(minute);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].map(([name, count]) => ({ name, count })).toSorted((a, b) => b.count - a.count);
}

function nameMinute(minute: IdleMinute): string {
  if (minute.kind === 'paused') return `paused because ${PAUSED[minute.paused ?? 'owner']}`;
  if (minute.kind === 'passed') return `calls went elsewhere because ${PASSED[sortWhy([minute])[0]?.why ?? 'farther']}`;
  return minute.kind === 'job' ? 'worked' : SHORT[minute.kind];
}

function countCalls(count: number): string {
  return count === 1 ? 'one call for its models' : `${count} calls for its models`;
}

function clock(at: number): string {
  return `${new Date(at).toISOString().slice(11, 16)} UTC`;
}

function upper(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}
