// Where bars of a chart stand, and its scale. Pure.

export interface Bar {
  readonly label: string;
  readonly value: number;
}

export interface PlacedBar extends Bar {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Bars {
  readonly bars: readonly PlacedBar[];
  /** Round values of the scale with their heights, from the least up. */
  readonly rules: readonly { readonly value: number; readonly y: number }[];
}

/** Share of a bar's place that stays empty. */
const GAP = 0.2;
const MOST_RULES = 4;

/** In a box from (left, 0) to (width, height). */
export function buildBars(
  bars: readonly Bar[],
  box: { readonly left: number; readonly width: number; readonly height: number; readonly isWhole?: boolean },
): Bars {
  const most = Math.max(...bars.map(({ value }) => value), 0);
  const step = box.isWhole === true ? Math.max(1, scaleStep(most)) : scaleStep(most);
  const top = step * Math.max(1, Math.ceil(Math.max(...bars.map(({ value }) => value), 0) / step));
  const place = (box.width - box.left) / Math.max(1, bars.length);
  const round = (value: number): number => Math.round(value * 100) / 100;
  const placed = bars.map((bar, at) => {
    const height = (Math.max(0, bar.value) / top) * box.height;
    return {
      ...bar,
      x: round(box.left + at * place + (place * GAP) / 2),
      y: round(box.height - height),
      width: round(place * (1 - GAP)),
      height: round(height),
    };
  });
  const count = Math.round(top / step);
  const rules = Array.from({ length: count + 1 }, (_, at) => ({
    value: at * step,
    y: round(box.height - ((at * step) / top) * box.height),
  }));
  return { bars: placed, rules };
}

/** 1, 2 or 5 of a power of ten, of which a few reach `most`. */
function scaleStep(most: number): number {
  if (most <= 0) return 1;
  const rough = most / MOST_RULES;
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * ([1, 2, 5].find((one) => one * power >= rough) ?? 10);
}

/** Of a letter, and of a sign of a Japanese text, about; between two labels. */
const LETTER = 7;
const SIGN = 11.5;
const BETWEEN = 8;

/** Each so many bars have a label, from the last one backwards: `most` at most, and none in another; the last ends with its bar. */
export function spaceLabels(bars: readonly Pick<PlacedBar, 'label' | 'width'>[], most: number): number {
  const widthOf = ({ label }: Pick<PlacedBar, 'label'>): number => {
    const signs = label.match(/[\u3000-\uffff]/g)?.length ?? 0;
    return signs * SIGN + (label.length - signs) * LETTER;
  };
  const longest = Math.max(0, ...bars.map(widthOf));
  const width = bars[0]?.width ?? 1;
  const needed = longest + BETWEEN + Math.max(0, (longest - width) / 2);
  return Math.max(1, Math.ceil(bars.length / most), Math.ceil(needed / (width / (1 - GAP))));
}
