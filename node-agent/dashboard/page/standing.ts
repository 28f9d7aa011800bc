// How the home stands, in the words that everybody uses for it, and how that looks.
import type { PageView, WhySpan } from '../page-view.ts';
import type { Child } from './dom.ts';
import { h } from './dom.ts';
import { pick } from './pick.ts';
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

/** How another machine of the owner's is, in a colour. */
export function kindOf(isOnline: boolean, word: string | null): 'work' | 'pause' | 'fault' {
  if (!isOnline) return 'fault';
  return word === null || WORKS.has(word) ? 'work' : 'pause';
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
  const say = span === null ? undefined : pick(words.quiet.since, span.reason);
  if (span === null || say === undefined) return words.now.unknownIdle(format.time(idleSinceAt));
  return say(nameOffered(span) ?? nameModels(lent), format.time(later(span.from, idleSinceAt)));
}

/** The span that goes on now, where the router says that nobody wanted what is lent, or who alone could. */
function lastDemandless(spans: readonly WhySpan[]): WhySpan | null {
  const isOne = (reason: string | undefined): boolean =>
    reason !== undefined && pick(state.words.quiet.since, reason) !== undefined;
  const last = spans.at(-1);
  if (last && isOne(last.reason)) return last;
  // The minute that has just begun is nobody's yet.
  const before = spans.at(-2);
  const isNew = last?.reason === 'idle' && new Date(last.to).getTime() - new Date(last.from).getTime() <= 180_000;
  return isNew && before && isOne(before.reason) ? before : null;
}

function later(one: string, other: string): string {
  return one > other ? one : other;
}

const NAMES_MAX = 2;

/** What was offered then, whatever is offered now; null where nobody wrote it down. */
export function nameOffered({ models, modelCount }: WhySpan): string | null {
  return models === null || models.length === 0 ? null : nameModels(models, modelCount ?? models.length);
}

export function nameModels(names: readonly string[], count = names.length): string {
  const left = count - Math.min(names.length, NAMES_MAX);
  const named = names.slice(0, NAMES_MAX).join(', ');
  return left > 0 ? `${named} +${left}` : named;
}
