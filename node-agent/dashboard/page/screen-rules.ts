// Rules: when and how far the machine lends itself, each limit beside what the machine says now.
import type { LimitView, RulesView } from '../page-view.ts';
import { h } from './dom.ts';
import type { Child, Described } from './dom.ts';
import { button, notice, sheetWith, toggle } from './parts.ts';
import { run, setUi, state } from './store.ts';
import { drawWeek } from './week.ts';

export function drawRules(): Child {
  const { words, view } = state;
  if (!view) return null;
  const { rules } = view;
  if (rules === null) return notice('calm', h('p', null, words.rules.unavailable));
  return [h('p', { class: 'soft intro' }, words.rules.sub), drawWeek(rules.week), drawLimits(rules), drawApps(rules)];
}

function drawLimits({ limits }: RulesView): Described {
  const { words } = state;
  return sheetWith(
    { title: words.rules.limits },
    h('ul', { class: 'limits' }, ...limits.map((limit) => drawLimit(limit))),
  );
}

/** Switches have no number of their own: there is 1 or nothing. */
function isSwitch({ least, most }: LimitView): boolean {
  return least === most;
}

function drawLimit(limit: LimitView): Described {
  const { words, busy } = state;
  const { key, value, usual, holds, isAlwaysOn } = limit;
  const [name, hint] = words.rules.names[key] ?? [key, ''];
  const isOn = value !== null;
  return h(
    'li',
    { key, 'data-holds': String(holds) },
    h('div', { class: 'grow' }, h('b', null, name), h('small', { class: 'soft' }, hint)),
    isAlwaysOn
      ? null
      : h(
          'div',
          { class: 'signal' },
          h('small', { class: 'soft' }, words.rules.signal),
          h('span', null, saySignal(limit)),
          holds ? h('span', { class: 'tag', 'data-kind': 'holds' }, words.rules.holds) : null,
        ),
    isSwitch(limit) || !isOn ? null : drawNumber(limit, name),
    isAlwaysOn
      ? null
      : toggle({ label: `${name}: ${words.rules.on}`, isOn, isDisabled: busy.has(key) }, (next) =>
          saveLimit(key, next ? usual : null),
        ),
  );
}

function saveLimit(key: string, value: number | null): void {
  setUi(`limit ${key}`, null);
  void run('rules', { limits: { [key]: value } }, { as: key });
}

function drawNumber({ key, value, unit, least, most, step }: LimitView, name: string): Described {
  const { words, ui } = state;
  const draft = ui[`limit ${key}`];
  const keep = (): void => {
    const next = Number(draft);
    if (draft !== undefined && draft.trim() !== '' && Number.isFinite(next))
      saveLimit(key, Math.min(most, Math.max(least, next)));
    else setUi(`limit ${key}`, null);
  };
  const note = (event: Event): void => setUi(`limit ${key}`, (event.target as HTMLInputElement).value);
  return h(
    'label',
    { class: 'field' },
    h('span', { class: 'unseen' }, `${name}: ${words.rules.limit}`),
    h('input', {
      type: 'number',
      min: least,
      max: most,
      step,
      value: draft ?? String(value),
      on: { input: note, change: keep },
    }),
    h('span', { class: 'soft unit' }, unit),
  );
}

function saySignal({ signal, unit }: LimitView): string {
  const { words, format } = state;
  if (signal === null) return words.unknown;
  return typeof signal === 'number'
    ? `${format.short(signal)} ${unit}`.trim()
    : (words.rules.signals[signal] ?? signal);
}

function drawApps({ apps, openApps }: RulesView): Described {
  const { words, ui, busy } = state;
  const wanted = (ui['app'] ?? '').trim();
  const save = (next: readonly string[]): void => void run('rules', { apps: next }, { as: 'apps' });
  const add = (event: Event): void => {
    event.preventDefault();
    if (wanted === '' || apps.includes(wanted)) return;
    setUi('app', null);
    save([...apps, wanted]);
  };
  return sheetWith(
    { title: words.rules.apps, sub: words.rules.appsHint },
    openApps === null || openApps.length === 0
      ? null
      : notice('warn', h('p', null, words.rules.openApps(openApps.join(words.comma)))),
    h(
      'ul',
      { class: 'chips' },
      ...apps.map((app) =>
        h(
          'li',
          { key: app },
          h('span', null, app),
          button('×', () => save(apps.filter((one) => one !== app)), {
            'aria-label': words.rules.remove(app),
            disabled: busy.has('apps'),
          }),
        ),
      ),
    ),
    h(
      'form',
      { class: 'fields', on: { submit: add } },
      h(
        'label',
        { class: 'field' },
        h('span', null, words.rules.addApp),
        h('input', {
          type: 'text',
          maxlength: '80',
          autocomplete: 'off',
          spellcheck: 'false',
          value: ui['app'] ?? '',
          on: { input: (event) => setUi('app', (event.target as HTMLInputElement).value) },
        }),
      ),
      h('button', { type: 'submit', disabled: wanted === '' }, words.rules.add),
    ),
  );
}
