// The small parts that all screens are put together from.
import { h } from './dom.ts';
import type { Child, Described } from './dom.ts';
import { state } from './store.ts';
import type { Fetched } from './store.ts';

export function sheet(title: Child, ...children: readonly Child[]): Described {
  return h('section', { class: 'sheet' }, h('h2', null, title), ...children);
}

/** A sheet with something beside its title. */
export function sheetWith(
  { title, beside, sub }: { title: string; beside?: Child; sub?: Child },
  ...children: readonly Child[]
): Described {
  return h(
    'section',
    { class: 'sheet' },
    h('div', { class: 'head' }, h('h2', null, title), beside),
    sub === undefined ? null : h('p', { class: 'soft sub' }, sub),
    ...children,
  );
}

/** A figure under its name. */
export function figure(name: string, value: Child, sub: Child = null): Described {
  return h(
    'div',
    { class: 'figure' },
    h('dt', null, name),
    h('dd', null, h('strong', null, value), sub === null ? null : h('small', null, sub)),
  );
}

export function figures(...children: readonly Child[]): Described {
  return h('dl', { class: 'figures' }, ...children);
}

export function notice(kind: 'good' | 'warn' | 'bad' | 'calm', ...children: readonly Child[]): Described {
  return h('div', { class: 'notice', 'data-kind': kind }, ...children);
}

export function button(label: Child, press: () => void, props: Readonly<Record<string, unknown>> = {}): Described {
  return h('button', { type: 'button', ...props, on: { click: press } }, label);
}

/** One of a few. */
export function choice<T extends string>(
  {
    name,
    label,
    options,
    chosen,
  }: { name: string; label: string; options: readonly (readonly [T, Child])[]; chosen: T },
  choose: (value: T) => void,
): Described {
  return h(
    'fieldset',
    { class: 'choice' },
    h('legend', { class: 'unseen' }, label),
    ...options.map(([value, text]) =>
      h(
        'label',
        { key: value },
        h('input', { type: 'radio', name, value, checked: value === chosen, on: { change: () => choose(value) } }),
        h('span', null, text),
      ),
    ),
  );
}

export function toggle(
  { label, isOn, isDisabled = false }: { label: string; isOn: boolean; isDisabled?: boolean },
  flip: (isOn: boolean) => void,
): Described {
  return h(
    'button',
    {
      type: 'button',
      class: 'toggle',
      role: 'switch',
      'aria-checked': String(isOn),
      'aria-label': label,
      disabled: isDisabled,
      on: { click: () => flip(!isOn) },
    },
    h('i', { 'aria-hidden': 'true' }),
  );
}

export interface Column {
  readonly name: string;
  /** Numbers stand at the right; what is `wide` is left out on a narrow screen. */
  readonly is?: 'number' | 'wide' | 'number wide';
}

/** `label` names it to those who do not see it. */
export function table(label: string, columns: readonly Column[], rows: readonly (readonly Child[])[]): Described {
  return h(
    'div',
    { class: 'scroll', role: 'region', 'aria-label': label, tabindex: '0' },
    h(
      'table',
      null,
      h(
        'thead',
        null,
        h('tr', null, ...columns.map(({ name, is }) => h('th', { scope: 'col', class: is ?? null }, name))),
      ),
      h(
        'tbody',
        null,
        ...rows.map((cells) =>
          h('tr', null, ...cells.map((cell, i) => h('td', { class: columns[i]?.is ?? null }, cell))),
        ),
      ),
    ),
  );
}

/** What was asked for, or why it is not there. */
export function shown<T>({ value, fault, isAsking }: Fetched<T>, show: (value: T) => Child, again: () => void): Child {
  const { words } = state;
  const told =
    fault === null
      ? null
      : notice('warn', h('p', null, words.failed(fault)), button(words.retry, again, { class: 'quiet' }));
  if (value !== null) return [told, show(value)];
  return told ?? h('p', { class: 'soft', 'aria-busy': String(isAsking) }, words.loading);
}

/** The hearth: it glows as the home does. */
export function hearth(glow: 'fire' | 'ember' | 'ash' | 'cold'): Described {
  return h('div', { class: 'hearth', 'data-glow': glow, 'aria-hidden': 'true' }, h('i'), h('i'));
}

const ICONS: Readonly<Record<string, string>> = {
  now: 'M4 4h16v16H4zM9 9h6v6H9z',
  earned: 'M5 20V11M12 20V4M19 20v-6',
  quiet: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M12 7v5l3 3',
  models: 'M12 3l9 5-9 5-9-5zM3 13l9 5 9-5',
  rules: 'M4 5h16v15H4zM4 10h16M9 5v15M15 5v15',
  machine: 'M3 5h18v11H3zM8 20h8M12 16v4',
};

export function icon(name: string): Described {
  return h(
    'svg',
    { viewBox: '0 0 24 24', class: 'icon', 'aria-hidden': 'true', focusable: 'false' },
    h('path', {
      d: ICONS[name] ?? '',
      fill: 'none',
      stroke: 'currentColor',
      'stroke-width': '1.8',
      'stroke-linecap': 'round',
      'stroke-linejoin': 'round',
    }),
  );
}
