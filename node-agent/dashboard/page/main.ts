// The owner's page: which screen is shown, and how often the agent is asked. Nothing is asked while nobody looks.
import { enter, takeToken } from './client.ts';
import { draw, h } from './dom.ts';
import type { Child, Described } from './dom.ts';
import { LANGUAGES } from './format.ts';
import { hearth, icon, notice } from './parts.ts';
import { drawEarned } from './screen-earned.ts';
import { drawMachine } from './screen-machine.ts';
import { drawModels } from './screen-models.ts';
import { drawNow } from './screen-now.ts';
import { drawQuiet } from './screen-quiet.ts';
import { drawRules } from './screen-rules.ts';
import { glowOf } from './standing.ts';
import { change, load, look, onChange, SCREENS, speak, state } from './store.ts';
import type { AskedName, Screen } from './store.ts';

const LOOK_MS = 2000;
/** What comes from the router is asked for less often. */
const SLOW_MS = 30_000;

const DRAW: Readonly<Record<Screen, () => Child>> = {
  now: drawNow,
  earned: drawEarned,
  quiet: drawQuiet,
  models: drawModels,
  rules: drawRules,
  machine: drawMachine,
};
/** What each screen shows beside the view. */
const NEEDS: Readonly<Record<Screen, readonly AskedName[]>> = {
  now: ['why'],
  earned: ['earnings', 'forecast', 'homes'],
  quiet: ['why'],
  models: [],
  rules: [],
  machine: ['homes'],
};
const LANGUAGE_NAMES = { en: 'English', ja: '日本語' } as const;

const root = document.getElementById('page');
let timer = 0;
let slowAt = 0;

function drawPage(): void {
  if (!root) return;
  const { words, view, screen, isLocked, awaySince, format, told } = state;
  const name = view?.home.name ?? words.unnamed;
  document.title = `${words.nav[screen]} · ${name} · Irori`;
  draw(root, [
    h('a', { class: 'skip', href: '#main', on: { click: toMain } }, words.skip),
    drawSide(name),
    h(
      'main',
      { id: 'main', tabindex: '-1' },
      isLocked ? notice('bad', h('p', null, words.locked), h('code', { class: 'command' }, 'irori-node open')) : null,
      awaySince === null || isLocked
        ? null
        : notice('bad', h('p', { role: 'status' }, words.away(format.time(awaySince)))),
      h('div', { role: 'status', class: 'told' }, told === null ? null : notice(told.kind, h('p', null, told.text))),
      h('h1', { class: screen === 'now' ? 'unseen' : null }, words.nav[screen]),
      view === null
        ? isLocked
          ? null
          : h('p', { class: 'soft' }, words.loading)
        : h('div', { class: 'screen', key: screen }, DRAW[screen]()),
    ),
  ]);
}

function drawSide(name: string): Described {
  const { words, screen, view, language } = state;
  return h(
    'header',
    { class: 'side' },
    h(
      'div',
      { class: 'brand' },
      hearth(glowOf(view)),
      h('div', null, h('b', null, words.brand), h('span', null, name)),
    ),
    h(
      'nav',
      { 'aria-label': words.brand },
      h(
        'ul',
        null,
        ...SCREENS.map((one) =>
          h(
            'li',
            { key: one },
            h(
              'a',
              { href: `#${one}`, 'aria-current': one === screen ? 'page' : null },
              icon(one),
              h('span', null, words.nav[one]),
            ),
          ),
        ),
      ),
    ),
    h(
      'label',
      { class: 'language' },
      h('span', { class: 'unseen' }, words.language),
      h(
        'select',
        { value: language, on: { change: choose } },
        ...LANGUAGES.map((one) => h('option', { value: one, lang: one }, LANGUAGE_NAMES[one])),
      ),
    ),
  );
}

function choose(event: Event): void {
  const wanted = LANGUAGES.find((one) => one === (event.target as HTMLSelectElement).value);
  if (wanted) speak(wanted);
}

/** The address must stay a screen's. */
function toMain(event: Event): void {
  event.preventDefault();
  document.getElementById('main')?.focus();
}

/** A new address that was put into this very tab lets it in again: such a change loads nothing anew. */
async function goTo(): Promise<void> {
  const token = takeToken();
  if (token !== null) await enter(token);
  const wanted = SCREENS.find((one) => `#${one}` === location.hash) ?? 'now';
  if (wanted !== state.screen) {
    change({ screen: wanted, told: null });
    window.scrollTo(0, 0);
  }
  slowAt = 0;
  await tick();
}

async function tick(): Promise<void> {
  clearTimeout(timer);
  if (document.hidden) return;
  const now = performance.now();
  if (now - slowAt > SLOW_MS || slowAt === 0) {
    slowAt = now;
    for (const name of NEEDS[state.screen]) void load(name);
  }
  await look();
  clearTimeout(timer);
  if (!document.hidden) timer = window.setTimeout(() => void tick(), LOOK_MS);
}

onChange(drawPage);
speak(state.language);
addEventListener('hashchange', () => void goTo());
document.addEventListener('visibilitychange', () => void tick());
void goTo();
