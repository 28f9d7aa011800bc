// What the meters of this machine say at one moment, and what a span between two moments came to. Types only. Joules and watts; null is unknown.

/** One look at every meter. */
export interface MeterReading {
  /** `performance.now()`. */
  readonly atMs: number;
  /** Boards of graphics cards; null where none tells its power, or nothing was read of them lately. */
  readonly boards: readonly BoardMeter[] | null;
  /** The processor's own counter; null where there is none, or it may not be read. */
  readonly host: HostMeter | null;
  /** A meter of the owner's. */
  readonly wall: WallMeter | null;
}

export interface BoardMeter {
  readonly index: number;
  readonly powerW: number | null;
  /** A counter that only grows, until the driver is loaded anew. */
  readonly energyMJ: number | null;
  /** The most that it may draw. */
  readonly mostW: number | null;
}

export interface HostMeter {
  readonly microJ: number;
  /** Where it begins at 0 again. */
  readonly rangeMicroJ: number;
}

/** What an owner's meter reads: `wall` is everything behind the plug, `chip` the processor of a Mac with its graphics (powermetrics). */
export interface WallMeter {
  readonly watts: number | null;
  readonly wattHours: number | null;
  readonly boundary: 'wall' | 'chip';
}

/** Joules of a span, by each meter that saw it. */
export interface SpanEnergy {
  readonly ms: number;
  readonly boardsJ: number | null;
  readonly boardsBy: 'counter' | 'sampled';
  readonly hostJ: number | null;
  readonly wallJ: number | null;
  readonly wallBoundary: WallMeter['boundary'];
}
