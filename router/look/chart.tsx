// Bars over time as a picture that the server draws, once for a wide page and once for a narrow one. What it shows stands in a table too, so it is hidden from
// who hears the page.
import { buildBars, spaceLabels } from './build-bars.ts';
import type { Bar } from './build-bars.ts';

/** What a picture measures, in units of about a pixel; `labels`: so many stand under it at most. */
const SIZES = {
  broad: { width: 960, height: 200, labels: 10 },
  narrow: { width: 320, height: 140, labels: 3 },
} as const;
/** A digit of the scale. */
const DIGIT = 7.5;
const FOOT = 26;
const HEAD = 8;

interface ChartProps {
  readonly bars: readonly Bar[];
  /** Said above it; left out where the head of its sheet says it. */
  readonly title?: string;
  /** How a value of the scale is written. */
  readonly tell: (value: number) => string;
  /** Of counts, whose scale has no fractions. */
  readonly isWhole?: boolean;
}

export function BarChart({ title, ...drawn }: ChartProps) {
  return (
    <figure>
      {title !== undefined && <figcaption class="small soft">{title}</figcaption>}
      <Picture {...drawn} size="broad" />
      <Picture {...drawn} size="narrow" />
    </figure>
  );
}

function Picture({ bars, tell, isWhole = false, size }: Omit<ChartProps, 'title'> & { size: keyof typeof SIZES }) {
  const { width, height, labels } = SIZES[size];
  const measure = (left: number) => buildBars(bars, { left, width, height, isWhole });
  const left = 10 + DIGIT * Math.max(...measure(0).rules.map(({ value }) => tell(value).length));
  const { bars: placed, rules } = measure(left);
  const every = spaceLabels(placed, labels);
  return (
    <svg
      class={`chart ${size}`}
      viewBox={`0 ${-HEAD} ${width} ${height + FOOT + HEAD}`}
      aria-hidden="true"
      focusable="false"
    >
      {rules.map(({ value, y }) => (
        <>
          <line class="rule" x1={left} x2={width} y1={y} y2={y} />
          <text x={left - 10} y={y + 4} text-anchor="end">
            {tell(value)}
          </text>
        </>
      ))}
      {placed.map(({ label, value, ...place }) => (
        <rect class="fill-work" {...place} rx={Math.min(2, place.width / 4)}>
          <title>{`${label}: ${tell(value)}`}</title>
        </rect>
      ))}
      {placed
        // The newest has its label, and those a whole step before it.
        .filter((_, at) => (placed.length - 1 - at) % every === 0)
        .map(({ label, x, width: of }, at, { length }) => (
          <text
            x={at === length - 1 ? width : x + of / 2}
            y={height + 20}
            text-anchor={at === length - 1 ? 'end' : 'middle'}
          >
            {label}
          </text>
        ))}
    </svg>
  );
}
