// What an area is told by its hubs, and what it needs from the other rooms as plain functions: router/services.ts opens the doors behind them.

/** One hub's stretch of the area: from this key to where the next one begins. */
export interface AreaRange {
  readonly hub: string;
  readonly from: string;
}

export interface PlacedNode {
  readonly nodeId: string;
  readonly lat: number;
  readonly lon: number;
}

/** Where a home sits. `leftAt` is null while it is connected; `at` is the hub where it is, or was when it left. */
export interface Seat {
  readonly hub: string;
  readonly at: string | null;
  readonly leftAt: number | null;
}

/** What a hub tells of one connected home. */
export interface HomeReport extends PlacedNode {
  readonly slots: number;
}

/** What a hub tells its area when nodes come, go or change. */
export interface HubReport {
  readonly hub: string;
  readonly homes: readonly HomeReport[];
  /** Centre of its homes. */
  readonly lat: number;
  readonly lon: number;
}

/** A home that an area plans for; `hub` null for one that is not connected and may dial again. */
export interface SeatedNode extends PlacedNode {
  readonly slots: number;
  readonly hub: string | null;
}

export interface AreaMove {
  readonly nodeId: string;
  readonly from: string;
  readonly to: string;
}

export interface AreaPlan {
  readonly ranges: readonly AreaRange[];
  readonly moves: readonly AreaMove[];
  readonly nextNumber: number;
}

export interface AreaServices {
  readonly planHubs: (now: {
    readonly nodes: readonly SeatedNode[];
    readonly current: readonly AreaRange[];
    readonly nextNumber: number;
    readonly nameHub: (number: number) => string;
  }) => AreaPlan;
  /** The hub a home belongs to; null only without ranges. */
  readonly hubFor: (ranges: readonly AreaRange[], node: PlacedNode) => string | null;
  /** Slots of a hub: below the first it may be joined with its neighbour, above the second it is cut. */
  readonly sizes: { readonly minSlots: number; readonly maxSlots: number };
  /** Homes that left so recently still count where they sat, so that a moment's absence of many joins no hubs. */
  readonly lingerMs: number;
}
