// Bars over time as a picture that the server draws. What it shows stands in a table too, so it is hidden from who hears the page.
import { buildBars } from './build-bars.ts';
import type { Bar } from './build-bars.ts';

const WIDTH = 720;
const HEIGHT = 180;
const LEFT = 76;
const FOOT = 26;
/** So many labels fit under it. */
const MOST_LABELS = 8;

/** `tell`: how a value of the scale is written; `isWhole`: of counts, whose scale has no fractions. */
export function BarChart({
  bars,
  title,
  tell,
  isWhole = false,
}: {
  bars: readonly Bar[];
  title: string;
  tell: (value: number) => string;
  isWhole?: boolean;
}) {
  const { bars: placed, rules } = buildBars(bars, { left: LEFT, width: WIDTH, height: HEIGHT, isWhole });
  const every = Math.max(1, Math.ceil(placed.length / MOST_LABELS));
  return (
    <figure>
      <figcaption class="small soft">{title}</figcaption>
      <svg class="chart" viewBox={`0 -8 ${WIDTH} ${HEIGHT + FOOT + 8}`} aria-hidden="true" focusable="false">
        {rules.map(({ value, y }) => (
          <>
            <line class="rule" x1={LEFT} x2={WIDTH} y1={y} y2={y} />
            <text x={LEFT - 8} y={y + 4} text-anchor="end">
              {tell(value)}
            </text>
          </>
        ))}
        {placed.map(({ label, value, x, y, width, height }) => (
          <rect class="bar" x={x} y={y} width={width} height={height} rx={Math.min(2, width / 4)}>
            <title>{`${label}: ${tell(value)}`}</title>
          </rect>
        ))}
        {placed
          .filter((_, at) => at % every === 0)
          .map(({ label, x, width }) => (
            <text x={x + width / 2} y={HEIGHT + 20} text-anchor="middle">
              {label}
            </text>
          ))}
      </svg>
    </figure>
  );
}
