// Joules between two readings: counters by their difference, with a wrap or a fresh start; powers by their time. What no machine can have drawn, and
// gaps that nobody saw, are unknown. Pure.
import type { BoardMeter, HostMeter, MeterReading, SpanEnergy, WallMeter } from './meter-reading.ts';

/** Longer without a reading, and a power says nothing of the time between: a driver that died, a machine that slept. */
export const GAP_MS = 10_000;
/** An owner's meter is read less often. */
const WALL_GAP_MS = 150_000;
/** So close together the newer power is the average of the time between (`power.draw` is one over the last second, cards from Ampere on). */
const AVERAGED_MS = 1_500;
/** No board, processor or plug draws more, W: a counter that says so has begun anew, or its machine slept. */
const MOST_BOARD_W = 2_000;
const MOST_HOST_W = 1_500;
const MOST_WALL_W = 7_400;
/** Boards exceed their limit for moments. */
const OVER_LIMIT = 1.3;

export function measureSpan(before: MeterReading, after: MeterReading): SpanEnergy {
  const ms = Math.max(0, after.atMs - before.atMs);
  const boards = measureBoards(before.boards, after.boards, ms);
  return {
    ms,
    boardsJ: boards?.joules ?? null,
    boardsBy: boards?.by ?? 'sampled',
    hostJ: measureHost(before.host, after.host, ms),
    wallJ: measureWall(before.wall, after.wall, ms),
    wallBoundary: after.wall?.boundary ?? 'wall',
  };
}

interface Joules {
  readonly joules: number;
  readonly by: SpanEnergy['boardsBy'];
}

/** Of all boards together, or of none: a sum that lacks one would look whole. */
function measureBoards(before: MeterReading['boards'], after: MeterReading['boards'], ms: number): Joules | null {
  if (!before || !after || after.length === 0) return null;
  let joules = 0;
  let by: SpanEnergy['boardsBy'] = 'counter';
  for (const board of after) {
    const was = before.find(({ index }) => index === board.index);
    const one = was ? measureBoard(was, board, ms) : null;
    if (!one) return null;
    joules += one.joules;
    if (one.by === 'sampled') by = 'sampled';
  }
  return { joules, by };
}

function measureBoard(before: BoardMeter, after: BoardMeter, ms: number): Joules | null {
  const mostW = (after.mostW ?? MOST_BOARD_W) * OVER_LIMIT;
  if (before.energyMJ !== null && after.energyMJ !== null) {
    const joules = (after.energyMJ - before.energyMJ) / 1000;
    if (isPossible(joules, mostW, ms)) return { joules, by: 'counter' };
  }
  const joules = integrate(before.powerW, after.powerW, ms, GAP_MS);
  return joules === null ? null : { joules, by: 'sampled' };
}

function measureHost(before: HostMeter | null, after: HostMeter | null, ms: number): number | null {
  if (!before || !after) return null;
  const grown = after.microJ - before.microJ;
  // It wraps within the hour under load; a machine that slept begins anew, which would look like a wrap and be too much.
  const joules = (grown < 0 ? grown + after.rangeMicroJ : grown) / 1e6;
  return isPossible(joules, MOST_HOST_W, ms) ? joules : null;
}

function measureWall(before: WallMeter | null, after: WallMeter | null, ms: number): number | null {
  if (!before || !after || before.boundary !== after.boundary) return null;
  const joules = integrate(before.watts, after.watts, ms, WALL_GAP_MS);
  if (joules !== null) return joules;
  if (before.wattHours === null || after.wattHours === null) return null;
  const counted = (after.wattHours - before.wattHours) * 3600;
  return isPossible(counted, MOST_WALL_W, ms) ? counted : null;
}

function integrate(beforeW: number | null, afterW: number | null, ms: number, gapMs: number): number | null {
  if (afterW === null || ms > gapMs) return null;
  const watts = beforeW === null || ms <= AVERAGED_MS ? afterW : (beforeW + afterW) / 2;
  return (watts * ms) / 1000;
}

/** Counters are told a little late, so a short span may show some more than its time. */
function isPossible(joules: number, mostW: number, ms: number): boolean {
  return joules >= 0 && joules <= (mostW * (ms + 1000)) / 1000;
}
