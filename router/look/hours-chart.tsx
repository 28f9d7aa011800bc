// The hours of a day as columns of minutes, by what each minute was. What it shows stands in a table too, so it is hidden from who hears the page.
import type { Child } from 'hono/jsx';

export type Fill = 'work' | 'ready' | 'yours' | 'machine' | 'fault' | 'none';

export interface HourColumn {
  readonly label: string;
  readonly parts: readonly { readonly fill: Fill; readonly minutes: number }[];
}

const WIDTHS = { broad: 960, narrow: 320 } as const;
const HEIGHT = 96;
const FOOT = 22;
const GAP = 0.16;
const MINUTES = 60;
/** Every so many hours are named, the newest first. */
const EVERY = { broad: 2, narrow: 6 } as const;

export function HoursChart({
  hours,
  legend,
}: {
  readonly hours: readonly HourColumn[];
  readonly legend: readonly { readonly fill: Fill; readonly text: string }[];
}) {
  return (
    <figure>
      <Picture hours={hours} size="broad" />
      <Picture hours={hours} size="narrow" />
      <ul class="legend" aria-hidden="true">
        {legend.map(({ fill, text }) => (
          <li>
            <svg viewBox="0 0 12 12" focusable="false">
              <rect class={`fill-${fill}`} width="12" height="12" rx="3" />
            </svg>
            {text}
          </li>
        ))}
      </ul>
    </figure>
  );
}

function Picture({ hours, size }: { readonly hours: readonly HourColumn[]; readonly size: keyof typeof WIDTHS }) {
  const width = WIDTHS[size];
  const place = width / Math.max(1, hours.length);
  const last = hours.length - 1;
  return (
    <svg class={`chart ${size}`} viewBox={`0 0 ${width} ${HEIGHT + FOOT}`} aria-hidden="true" focusable="false">
      {hours.map(({ label, parts }, at) => (
        <>
          <Column parts={parts} x={at * place} width={place * (1 - GAP)} />
          {(last - at) % EVERY[size] === 0 && (
            <Label x={at * place} width={place * (1 - GAP)} isEnd={size === 'narrow' && at === last}>
              {label}
            </Label>
          )}
        </>
      ))}
    </svg>
  );
}

/** `isEnd`: where a name in the middle of its column would be cut off. */
function Label({ x, width, isEnd, children }: { x: number; width: number; isEnd: boolean; children?: Child }) {
  return (
    <text x={isEnd ? x + width : x + width / 2} y={HEIGHT + 18} text-anchor={isEnd ? 'end' : 'middle'}>
      {children}
    </text>
  );
}

/** From the ground up, in the order that they come in. */
function Column({ parts, x, width }: { parts: HourColumn['parts']; x: number; width: number }) {
  const place = { x: round(x), width: round(width) };
  return (
    <>
      <rect class="fill-none" {...place} y={0} height={HEIGHT} opacity="0.6" />
      {parts.map(({ fill, minutes }, at) => {
        const below = parts.slice(0, at).reduce((sum, part) => sum + part.minutes, 0);
        const height = round((minutes / MINUTES) * HEIGHT);
        return (
          minutes > 0 && (
            <rect
              class={`fill-${fill}`}
              {...place}
              y={round(HEIGHT - (below / MINUTES) * HEIGHT - height)}
              height={height}
            />
          )
        );
      })}
    </>
  );
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
