// Puts a node's minutes into words that its owner understands, and joins minutes that say the same into spans.
import type { PassedOver } from '../../schema/placement.ts';
import { STATE_WORDS } from '../../schema/state-words.ts';
import { nameReason, sortWhy, whose } from './idle-day.ts';
import { MINUTE_MS } from './idle-log.ts';
import type { IdleMinute, MinuteKind } from './read-minute.ts';
import { nameOffered } from './offered-models.ts';
import type { Offered } from './offered-models.ts';

/** What the words need besides the minutes. */
export interface IdleFacts {
  /** Since when the node is not connected; null while it is, or when it never was. */
  readonly goneSinceAt: number | null;
}

/** Minutes that follow one another and say the same. `to` is the first ms after them. */
export interface IdleSpan {
  readonly from: number;
  readonly to: number;
  /** `job`, `offline`, `unseen`, `quiet`, `quiet:own-only`, `quiet:no-model`, `paused:owner`…, `cooling`, `passed:farther`…: the main one of these minutes, for programs. */
  readonly reason: string;
  /** One sentence or two, for people; times of day in UTC. */
  readonly text: string;
  /** Of minutes without a call: some of the models that it offered then, and how many there were; left out where nobody wrote that down. */
  readonly models?: readonly string[];
  readonly modelCount?: number;
}

export interface IdleStory {
  readonly summary: string;
  readonly minutes: readonly IdleSpan[];
}

/** Why a home was passed over, for its owner. */
export const PASSED: Readonly<Record<PassedOver, string>> = {
  farther: 'the home that took it was closer to the caller',
  slower: 'another home was expected to answer sooner',
  promise: 'at its speed this home would have missed the promised first token or speed, and another kept it',
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
    if (last && before && before.at + MINUTE_MS === minute.at && sameness(before) === sameness(minute))
      last.push(minute);
    else groups.push([minute]);
  }
  return { summary: summarise(minutes, facts), minutes: groups.flatMap(tellSpan) };
}

/** Of minutes of cooling it tells until when, too: another time is another span. */
function reasonOf(minute: IdleMinute): string {
  return minute.kind === 'cooling' ? `cooling:${minute.coolingUntilAt ?? 0}` : nameReason(minute);
}

/** Of minutes without a call it counts what was offered, too: the words name it. */
function sameness(minute: IdleMinute): string {
  const { kind, offered } = minute;
  return kind === 'quiet' && offered ? `${reasonOf(minute)} ${nameOffered(offered)}` : reasonOf(minute);
}

function tellSpan(group: readonly IdleMinute[]): IdleSpan[] {
  const [first] = group;
  const last = group.at(-1);
  if (!first || !last) return [];
  const text = `${upper(tell(first, group))}.`;
  const reason = nameReason(first);
  return [{ from: first.at, to: last.at + MINUTE_MS, reason, text, ...listOffered(first) }];
}

function listOffered(minute: IdleMinute): Pick<IdleSpan, 'models' | 'modelCount'> {
  const { kind, offered } = minute;
  if (kind !== 'quiet' || !offered) return {};
  // Where everyone could have called something, what only the owner could is not what was missing.
  const isListed = whose(minute) === 'listed';
  return {
    models: isListed ? offered.listed : offered.own,
    modelCount: isListed ? offered.listedCount : offered.ownCount,
  };
}

function tell(minute: IdleMinute, group: readonly IdleMinute[]): string {
  switch (minute.kind) {
    case 'job':
      return STATE_WORDS.busy.was;
    case 'offline':
      return 'not connected: the machine was off or asleep, the agent was stopped, or the internet was away';
    case 'unseen':
      return 'not known: the router stopped or started anew, and did not see how this home stood';
    case 'paused':
      return `paused: ${STATE_WORDS[minute.paused ?? 'owner'].was}${tellMissed(group)}`;
    case 'cooling':
      return `cooling down until ${clock(minute.coolingUntilAt ?? minute.at)}: ${minute.coolingReason ?? 'jobs failed here'}${tellMissed(group)}`;
    case 'passed':
      return tellPassed(group);
    case 'quiet':
      return tellQuiet(minute);
  }
}

function tellQuiet(minute: IdleMinute): string {
  const { offered } = minute;
  switch (whose(minute)) {
    case 'none':
      return 'connected, but it offered no model';
    case 'own':
      return `only your own calls come here, and none came: its models${nameModels(offered, 'own')} are not in the catalogue`;
    case 'listed':
      return `no call for its models${nameModels(offered, 'listed')} came to this neighbourhood`;
  }
}

function nameModels(offered: Offered | null, which: 'listed' | 'own'): string {
  if (!offered) return '';
  const names = offered[which].slice(0, 3);
  const more = offered[`${which}Count`] - names.length;
  return ` (${names.join(', ')}${more > 0 ? ` and ${more} more` : ''})`;
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

const SHORT: Readonly<Record<Exclude<MinuteKind, 'job' | 'paused' | 'passed' | 'quiet'>, string>> = {
  offline: 'not connected',
  unseen: 'not known, since the router did not watch',
  cooling: 'cooling down after failures',
};
const SHORT_QUIET = {
  listed: 'no call for its models came',
  own: 'only your own calls come, since its models are not in the catalogue',
  none: 'it offered no model',
} as const;

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
  if (minute.kind === 'paused') return `paused because ${STATE_WORDS[minute.paused ?? 'owner'].was}`;
  if (minute.kind === 'passed') return `calls went elsewhere because ${PASSED[sortWhy([minute])[0]?.why ?? 'farther']}`;
  if (minute.kind === 'quiet') return SHORT_QUIET[whose(minute)];
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
