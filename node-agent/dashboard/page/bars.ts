// Bars of a row of days, as SVG that stretches with the page; its words stand around it, so that they are not stretched.
import { h } from './dom.ts';
import type { Described } from './dom.ts';

export interface Bar {
  readonly name: string;
  readonly value: number;
  /** What is shown of it to whoever points there. */
  readonly told: string;
}

const STEP = 10;
const GAP = 2;
const HEIGHT = 100;
/** So much of a day that is not empty can be seen. */
const LEAST = 1.5;

/** A row of days as small as a line of text, beside others: `top` is the highest of them all. */
export function drawSmallBars(
  bars: readonly Bar[],
  { label, top }: { readonly label: string; readonly top: number },
): Described {
  const width = bars.length * STEP;
  return h(
    'svg',
    {
      viewBox: `0 0 ${width} ${HEIGHT}`,
      preserveAspectRatio: 'none',
      role: 'img',
      'aria-label': label,
      class: 'days30',
    },
    h('line', { x1: 0, x2: width, y1: HEIGHT, y2: HEIGHT, class: 'base' }),
    ...bars.map((bar, i) => drawBar(bar, i, top)),
  );
}

/** `label` tells the whole to who does not see it; `most` is the highest bar in words. */
export function drawBars(
  bars: readonly Bar[],
  { label, most }: { readonly label: string; readonly most: string },
): Described {
  const top = Math.max(0, ...bars.map(({ value }) => value));
  const width = bars.length * STEP;
  return h(
    'figure',
    { class: 'bars' },
    h('span', { class: 'soft most', 'aria-hidden': 'true' }, top === 0 ? '' : most),
    h(
      'svg',
      { viewBox: `0 0 ${width} ${HEIGHT}`, preserveAspectRatio: 'none', role: 'img', 'aria-label': label },
      h('line', { x1: 0, x2: width, y1: HEIGHT, y2: HEIGHT, class: 'base' }),
      ...bars.map((bar, i) => drawBar(bar, i, top)),
    ),
    h(
      'figcaption',
      { class: 'ends soft', 'aria-hidden': 'true' },
      h('span', null, bars.at(0)?.name),
      h('span', null, bars.at(-1)?.name),
    ),
  );
}

function drawBar({ value, told }: Bar, i: number, top: number): Described {
  const height = value === 0 || top === 0 ? 0 : Math.max(LEAST, (value / top) * (HEIGHT - 2));
  return h(
    'g',
    { class: 'day', key: String(i) },
    h('title', null, told),
    h('rect', { x: i * STEP, y: 0, width: STEP, height: HEIGHT, class: 'ground' }),
    h('rect', { x: i * STEP + GAP / 2, y: HEIGHT - height, width: STEP - GAP, height, class: 'filled' }),
  );
}
