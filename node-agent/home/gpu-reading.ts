// One look at one graphics card, as its driver tells it. Types only; whoever watches cards gives these, whoever decides by them reads them.

/** A program that holds memory on a card. */
export interface GpuProcess {
  readonly pid: number;
  /** Null where the driver does not say (Windows' display driver model, other users' programs in a container). */
  readonly usedBytes: number | null;
  /** Its own share of the card's last moments, 0 to 100 %; absent or null where the driver does not tell it apart. */
  readonly utilisation?: number | null;
}

/** What one card says of itself at one moment. Null is unknown, never 0. */
export interface GpuReading {
  /** The driver's own number of the card, from 0. */
  readonly index: number;
  readonly name: string;
  /** Share of the last moments in which something computed, 0 to 100 %. */
  readonly utilisation: number | null;
  /** Share in which pictures of a film were decoded or encoded, 0 to 100 %: no model does that. Absent or null where it is not told. */
  readonly videoPercent?: number | null;
  readonly memoryUsedBytes: number | null;
  readonly memoryTotalBytes: number | null;
  readonly temperatureC: number | null;
  /** What the board draws, W. */
  readonly powerW: number | null;
  /** The most that the board may draw by its present limit, W; absent or null where it is not told. */
  readonly powerLimitW?: number | null;
  /** Energy since the driver was loaded, mJ: a counter that only grows, and begins anew with the driver. */
  readonly energyMJ: number | null;
  readonly fanPercent: number | null;
  /** Who holds memory on it; null where nobody tells. */
  readonly processes: readonly GpuProcess[] | null;
}

/** What gives readings: a watch over real cards, or signals played in. */
export interface GpuSource {
  /** The newest reading of each card; empty where there is none, or nothing has been read yet. */
  now(): readonly GpuReading[];
  /** Called after each reading of all cards, with `performance.now()` of the moment. Gives the way out. */
  onReading(listener: (readings: readonly GpuReading[], atMs: number) => void): () => void;
}
