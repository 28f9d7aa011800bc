// What an area needs from the other rooms, as plain functions: router/services.ts opens the doors behind them.

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
