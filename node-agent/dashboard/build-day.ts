// The last 24 hours, minute by minute, from what the agent noted of itself and what the router said of the minutes in which it waited. Pure.
import type { WhySpan } from './page-view.ts';

const MINUTE_MS = 60_000;
export const DAY_MINUTES = 1440;

/** How the home stood, by its own word. `to`: the first ms after. */
interface OwnSpan {
  readonly from: number;
  readonly to: number;
  readonly word: string;
}

/** What the router says, in its words. */
export interface ToldSpan {
  readonly from: number;
  readonly to: number;
  readonly reason: string;
  readonly text: string;
  /** Of minutes without a call: some of what was offered then, and how many models there were. */
  readonly models?: readonly string[] | undefined;
  readonly modelCount?: number | undefined;
}

interface DayFacts {
  readonly own: readonly OwnSpan[];
  readonly told: readonly ToldSpan[];
  /** ms since epoch. */
  readonly now: number;
}

type Minute = Pick<WhySpan, 'reason' | 'text' | 'models' | 'modelCount'>;

/** Of these minutes the router knows more: the home was there and had nothing to do, or does not know of itself. */
const WAITED: ReadonlySet<string> = new Set(['idle', 'eco', 'offline', 'stopped', 'asleep', 'not-running']);
/** The router's words for what has one here. */
const NAMES: Readonly<Record<string, string>> = {
  quiet: 'no-demand',
  'quiet:own-only': 'own-only',
  'quiet:no-model': 'no-model',
  job: 'busy',
};
/** Of these the router knows that the home was away, and the home why. */
const AWAY: ReadonlySet<string> = new Set(['stopped', 'asleep', 'not-running']);

/** Spans that follow one another without a gap, the oldest first; minutes of which nobody knows are `not-running`. */
export function buildDay({ own, told, now }: DayFacts): WhySpan[] {
  const end = Math.floor(now / MINUTE_MS) * MINUTE_MS + MINUTE_MS;
  const start = end - DAY_MINUTES * MINUTE_MS;
  const minutes: Minute[] = Array.from({ length: DAY_MINUTES }, () => bare('not-running'));
  for (const { from, to, word } of own) fill(minutes, { from: from - start, to: to - start }, () => bare(word));
  for (const { from, to, reason, text, models = null, modelCount } of told) {
    // Of what its router did not see the home alone knows.
    if (reason === 'unseen') continue;
    const after = { reason: nameOf(reason), text, models, modelCount: modelCount ?? models?.length ?? null };
    // The minute in which it came back was both, and the home knows that it was there.
    const whole = { from: from - start, to: to - start - (reason === 'offline' ? MINUTE_MS : 0) };
    fill(minutes, whole, (before) =>
      WAITED.has(before.reason) && !(AWAY.has(before.reason) && reason === 'offline') ? after : before,
    );
  }
  return join(minutes, start);
}

function bare(reason: string): Minute {
  return { reason, text: null, models: null, modelCount: null };
}

/** What goes on: the same reason, and without a call the same models. */
export function isSame(
  one: { readonly reason: string; readonly models?: readonly string[] | null | undefined },
  other: typeof one,
): boolean {
  return one.reason === other.reason && one.models?.join('\n') === other.models?.join('\n');
}

function nameOf(reason: string): string {
  return (Object.hasOwn(NAMES, reason) ? NAMES[reason] : undefined) ?? reason.replace(/^paused:/, '');
}

/** Every minute that a span touches. */
function fill(
  minutes: Minute[],
  { from, to }: { readonly from: number; readonly to: number },
  change: (before: Minute) => Minute,
): void {
  const first = Math.max(0, Math.floor(from / MINUTE_MS));
  const last = Math.min(minutes.length, Math.ceil(to / MINUTE_MS));
  for (let i = first; i < last; i++) {
    const before = minutes[i];
    if (before) minutes[i] = change(before);
  }
}

function join(minutes: readonly Minute[], start: number): WhySpan[] {
  const spans: { from: number; to: number; minute: Minute }[] = [];
  for (const [i, minute] of minutes.entries()) {
    const last = spans.at(-1);
    const to = start + (i + 1) * MINUTE_MS;
    if (last && isSame(last.minute, minute)) last.to = to;
    else spans.push({ from: to - MINUTE_MS, to, minute });
  }
  return spans.map(({ from, to, minute }) => ({
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
    ...minute,
  }));
}
