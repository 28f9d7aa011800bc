// The world with a dot for each country that has homes. What it shows stands in a table too, so it is hidden from who hears the page.
import { CENTRES, WORLD } from './world-map.ts';

export interface Dot {
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  readonly name: string;
  readonly count: number;
}

const LEAST_RADIUS = 11;
const MOST_RADIUS = 36;

/** `hasLand`: not where only the dots are asked for anew. */
export function World({ dots, hasLand = true }: { dots: readonly Dot[]; hasLand?: boolean }) {
  return (
    <svg class="world" viewBox={`0 0 ${WORLD.width} ${WORLD.height}`} aria-hidden="true" focusable="false" id="world">
      {hasLand && <path class="land" d={WORLD.land} />}
      <g data-live="dots">
        {dots.map(({ country, name, count }) => {
          const [x, y] = CENTRES[country] ?? [];
          return (
            x !== undefined && (
              <g>
                <circle class="halo" cx={x} cy={y} r={radiusOf(count)} />
                <circle class="dot" cx={x} cy={y} r="5">
                  <title>{`${name}: ${count}`}</title>
                </circle>
              </g>
            )
          );
        })}
      </g>
    </svg>
  );
}

/** A hundred times the homes, three times the width. */
function radiusOf(count: number): number {
  return Math.round(Math.min(MOST_RADIUS, LEAST_RADIUS * (1 + Math.log10(Math.max(1, count)))) * 10) / 10;
}
