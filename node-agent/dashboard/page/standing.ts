// How the home stands, in the words that everybody uses for it, and how that looks.
import type { PageView, WhySpan } from '../page-view.ts';
import type { Child } from './dom.ts';
import { h } from './dom.ts';
import { state } from './store.ts';

const LINKS: ReadonlySet<string> = new Set(['starting', 'checking', 'offline', 'asleep', 'stopped']);
const WORKS: ReadonlySet<string> = new Set(['idle', 'busy', 'eco', 'benchmarking']);

export type Glow = 'fire' | 'ember' | 'ash' | 'cold';

export function glowOf(view: PageView | null): Glow {
  if (view === null || state.awaySince !== null) return 'cold';
  const { word } = view.standing;
  if (word === 'busy') return 'fire';
  if (WORKS.has(word)) return 'ember';
  return LINKS.has(word) ? 'cold' : 'ash';
}

/** One word, and the colour of its badge. */
export function badge(view: PageView): Child {
  const { word } = view.standing;
  const isPause = !LINKS.has(word) && !WORKS.has(word) && word !== 'draining' && word !== 'pausing';
  const text = state.words.short[isPause ? 'paused' : word] ?? word;
  const kind = WORKS.has(word) ? 'work' : LINKS.has(word) ? 'fault' : 'pause';
  return h('span', { class: 'badge', 'data-kind': kind }, text);
}

/** Why a home that is ready has nothing to do: never more than is known. */
export function sayIdle(view: PageView): string | null {
  const { words, format, asked } = state;
  const { idleSinceAt } = view.standing;
  if (idleSinceAt === null || view.running.length > 0) return null;
  const lent = view.models.filter(({ isShared }) => isShared).map(({ name }) => name);
  if (lent.length === 0) return words.now.noModel;
  const span = lastDemandless(asked.why.value?.spans ?? []);
  if (span === null) return words.now.unknownIdle(format.time(idleSinceAt));
  const since = format.time(later(span.from, idleSinceAt));
  return words.quiet.noDemand(nameModels(lent), since);
}

/** The span that goes on now, where the router says that nobody wanted what is lent. */
function lastDemandless(spans: readonly WhySpan[]): WhySpan | null {
  const last = spans.at(-1);
  if (last?.reason === 'no-demand') return last;
  // The minute that has just begun is nobody's yet.
  const before = spans.at(-2);
  const isNew = last?.reason === 'idle' && new Date(last.to).getTime() - new Date(last.from).getTime() <= 180_000;
  return isNew && before?.reason === 'no-demand' ? before : null;
}

function later(one: string, other: string): string {
  return one > other ? one : other;
}

const NAMES_MAX = 2;

export function nameModels(names: readonly string[]): string {
  const left = names.length - NAMES_MAX;
  const named = names.slice(0, NAMES_MAX).join(', ');
  return left > 0 ? `${named} +${left}` : named;
}
