// Why quiet: the last day as a strip, minute by minute, and as sentences, each with the one thing that can be done.
import type { WhySpan, WhyView } from '../page-view.ts';
import { h } from './dom.ts';
import type { Child, Described } from './dom.ts';
import { notice, sheetWith, shown, toggle } from './parts.ts';
import { pick } from './pick.ts';
import { nameOffered } from './standing.ts';
import { load, setUi, state } from './store.ts';

const HOUR_MS = 3_600_000;
/** Rows on a narrow screen, so that a minute can still be seen. */
const ROWS = 4;
const ROW_MS = (24 * HOUR_MS) / ROWS;
const SPANS_MAX = 120;

const GROUPS = ['work', 'ready', 'yours', 'machine', 'fault', 'none'] as const;
type Group = (typeof GROUPS)[number];

/** Of each reason, whose doing it was; the others are the machine's. */
const GROUP_OF: Readonly<Record<string, Group>> = {
  busy: 'work',
  benchmarking: 'work',
  checking: 'ready',
  starting: 'ready',
  idle: 'ready',
  eco: 'ready',
  'no-demand': 'ready',
  'own-only': 'ready',
  'no-model': 'fault',
  owner: 'yours',
  schedule: 'yours',
  'user-active': 'yours',
  'exclusive-app': 'yours',
  'gpu-in-use': 'yours',
  'job-limit': 'yours',
  traffic: 'yours',
  'power-cap': 'yours',
  offline: 'fault',
  asleep: 'none',
  stopped: 'none',
  'backend-down': 'fault',
  disk: 'fault',
  cooling: 'fault',
  outbox: 'fault',
  exposure: 'fault',
  'not-running': 'none',
};

function groupOf(reason: string): Group {
  return reason.startsWith('passed:') ? 'ready' : (pick(GROUP_OF, reason) ?? 'machine');
}

export function drawQuiet(): Child {
  const { asked } = state;
  return shown(
    asked.why,
    (why) => [drawDay(why), drawSpans(why)],
    () => void load('why'),
  );
}

function lengthOf({ from, to }: WhySpan): number {
  return new Date(to).getTime() - new Date(from).getTime();
}

function drawDay(why: WhyView): Described {
  const { words, format } = state;
  const { quiet } = words;
  const sum = (...groups: readonly Group[]): number =>
    why.spans
      .filter(({ reason }) => groups.includes(groupOf(reason)))
      .reduce((total, span) => total + lengthOf(span), 0);
  const told: readonly (readonly [number, (time: string) => string])[] = [
    [sum('work'), quiet.worked],
    [sum('ready'), quiet.waited],
    [sum('yours', 'machine'), quiet.paused],
    [sum('fault', 'none'), quiet.off],
  ];
  const start = new Date(why.from).getTime();
  const inDay = new Set(why.spans.map(({ reason }) => groupOf(reason)));
  return sheetWith(
    { title: quiet.sub },
    h(
      'p',
      null,
      told
        .filter(([ms]) => ms >= 60_000)
        .map(([ms, say]) => say(format.duration(ms)))
        .join(' · '),
    ),
    h('div', { class: 'strips' }, ...Array.from({ length: ROWS }, (_, i) => drawRow(why, start + i * ROW_MS))),
    h(
      'ul',
      { class: 'legend' },
      ...GROUPS.filter((group) => inDay.has(group)).map((group) =>
        h('li', { 'data-group': group }, quiet.groups[group]),
      ),
    ),
    why.problem === null ? null : notice('warn', h('p', null, `${quiet.routerAway} ${why.problem}`)),
  );
}

/** Six hours: a unit of its width is a minute. */
function drawRow({ spans }: WhyView, start: number): Described {
  const { words, format } = state;
  const end = start + ROW_MS;
  const inside = spans.filter(({ from, to }) => new Date(from).getTime() < end && new Date(to).getTime() > start);
  const minute = (at: number): number => (Math.min(end, Math.max(start, at)) - start) / 60_000;
  const iso = (at: number): string => new Date(at).toISOString();
  return h(
    'figure',
    { class: 'strip' },
    h(
      'svg',
      {
        viewBox: `0 0 ${ROW_MS / 60_000} 24`,
        preserveAspectRatio: 'none',
        role: 'img',
        'aria-label': words.quiet.strip(format.clock(iso(start)), format.clock(iso(end))),
      },
      ...inside.map((span) => {
        const isNow = span === spans.at(-1);
        const from = minute(new Date(span.from).getTime());
        return h(
          'rect',
          {
            x: from,
            y: 0,
            width: minute(new Date(span.to).getTime()) - from,
            height: 24,
            class: 'fill',
            'data-group': groupOf(span.reason),
          },
          h('title', null, `${format.clock(span.from)}–${format.clock(span.to)} ${say(span, isNow).told}`),
        );
      }),
    ),
    h(
      'figcaption',
      { class: 'ends soft', 'aria-hidden': 'true' },
      h('span', null, format.clock(iso(start))),
      h('span', null, format.clock(iso(end))),
    ),
  );
}

/** A span in a sentence, with what can be done about it. What is over is told by what was so then. */
function say(span: WhySpan, isNow: boolean): { told: string; action: string | null } {
  const { words } = state;
  const own = pick(words.quiet.reasons, span.reason);
  const standing = pick(words.states, span.reason);
  const told = sayOffered(span, isNow) ?? sayCounted(span) ?? (isNow ? standing?.told : own?.[0]);
  return {
    told: told ?? own?.[0] ?? standing?.was ?? span.text ?? span.reason,
    action: isNow && standing ? standing.action : own ? own[1] : (standing?.action ?? null),
  };
}

/** For which models no call came, and, where that goes on, since when. */
function sayOffered(span: WhySpan, isNow: boolean): string | null {
  const { words, format } = state;
  const names = nameOffered(span);
  if (names === null) return null;
  const { since, past } = words.quiet;
  const told = isNow ? pick(since, span.reason)?.(names, format.time(span.from)) : pick(past, span.reason)?.(names);
  return told ?? null;
}

/** The router counts the calls that went elsewhere, of an hour; it speaks English. */
function sayCounted(span: WhySpan): string | null {
  const isCounted = span.reason.startsWith('passed:') && lengthOf(span) <= HOUR_MS;
  return state.language === 'en' && isCounted ? span.text : null;
}

function drawSpans(why: WhyView): Described {
  const { words, format, ui } = state;
  const isQuietOnly = ui['quiet'] === 'only';
  const spans = why.spans.filter(({ reason }) => !isQuietOnly || groupOf(reason) !== 'work').toReversed();
  const beside = h(
    'span',
    { class: 'beside' },
    h('span', { 'aria-hidden': 'true' }, words.quiet.only),
    toggle({ label: words.quiet.only, isOn: isQuietOnly }, (isOn) => setUi('quiet', isOn ? 'only' : null)),
  );
  return sheetWith(
    { title: words.quiet.spans, beside },
    spans.length === 0
      ? h('p', { class: 'soft' }, words.nothing)
      : h(
          'ol',
          { class: 'spans' },
          ...spans.slice(0, SPANS_MAX).map((span) => {
            const { told, action } = say(span, span === why.spans.at(-1));
            return h(
              'li',
              { key: span.from, 'data-group': groupOf(span.reason) },
              h(
                'div',
                { class: 'when' },
                h('b', null, `${format.clock(span.from)}–${format.clock(span.to)}`),
                h('span', { class: 'soft' }, format.duration(lengthOf(span))),
              ),
              h(
                'div',
                null,
                h('p', null, told),
                action === null ? null : h('p', { class: 'soft' }, `${words.quiet.next} ${action}`),
              ),
            );
          }),
        ),
  );
}
