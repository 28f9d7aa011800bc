// The shapes of the routing simulator that the adapter touches, as its own files use them. Types only.

/** One home GPU of the simulated world. */
export interface SimNode {
  readonly id: number;
  readonly lat: number;
  readonly lon: number;
  readonly cc: string;
  readonly cls: {
    readonly name: string;
    readonly pp: number;
    readonly tg: number;
    readonly slots: number;
    readonly disk: number;
    /** Board watts at full work, and with the model in memory and nothing to do. */
    readonly w: number;
    readonly idle: number;
  };
  /** Grams of CO2e a kilowatt-hour of its country. */
  readonly grid: number;
  /** Models it has on disk. */
  readonly disk: ReadonlySet<number>;
  /** What only the world knows: its real speed over its class's. */
  readonly speed: number;
  /** What its benchmark wrongly says of that. */
  readonly belief: number;
  readonly lastMile: number;
  /** Where it says that it stands. */
  readonly seen: { readonly lat: number; readonly lon: number };
}

export interface SimEdge {
  readonly id: number;
  readonly lat: number;
  readonly lon: number;
  /** Round trips to nodes as measured, s. */
  readonly measured: Float64Array;
  i: number;
  /** Where the event loop puts what hubs tell: model → by hub. */
  index: { get(model: number): { byHub: { get(hub: number): unknown; set(hub: number, capacity: unknown): void } } };
}

export interface SimWorld {
  readonly cfg: Readonly<Record<string, number>>;
  readonly edges: readonly SimEdge[];
  readonly nodes: readonly SimNode[];
  /** Round trip between two points, ms. */
  readonly path: (a: SimPoint, b: SimPoint) => number;
}

export interface SimPoint {
  readonly id: number;
  readonly lat: number;
  readonly lon: number;
}

export interface SimRequest {
  readonly id: number;
  readonly in: number;
  readonly out: number;
  readonly blocks?: readonly number[];
  readonly model: number;
  readonly edge: SimEdge;
  /** Nodes that refused or lost it. */
  readonly tried: ReadonlySet<number>;
}

/** What the event loop lets a policy know: exact leases and who is present. */
export interface SimLedger {
  readonly r: () => number;
  readonly present: (node: SimNode) => boolean;
  /** Output tokens a second present. */
  readonly earned: (node: SimNode) => number;
  readonly hot: (node: SimNode) => readonly number[];
  readonly view: (node: SimNode) => {
    readonly used: number;
    readonly pending: number;
    readonly hot: readonly number[];
  };
}

export interface SimJob {
  readonly req: SimRequest;
  readonly model: number;
  readonly in: number;
  readonly out: number;
}

export interface SimHooks {
  readonly schedule: (at: number, run: () => void) => void;
  readonly firstToken: (job: SimJob, gpu: SimGpu, at: number) => void;
  readonly done: (job: SimJob, gpu: SimGpu, at: number) => void;
  readonly lost: (job: SimJob, gpu: SimGpu, at: number) => void;
}

export interface SimGpu extends SimNode {
  readonly online: boolean;
  readonly decoding: readonly SimJob[];
  readonly rate: (batch: number) => number;
  offer(job: SimJob, now: number): boolean;
}

export interface SimSummary {
  readonly ttft: { readonly p50: number; readonly p95: number; readonly p99: number };
  readonly speed: { readonly p50: number; readonly p5: number };
  readonly rejected: number;
  readonly broken: number;
  readonly retries: number;
  readonly util: { readonly gini: number };
  readonly energy: { readonly marginalJPerToken: number };
  readonly joulesByCountry: Readonly<Record<string, number>>;
  readonly requests: number;
  readonly km: number;
  readonly busy: number;
  readonly att: number;
  readonly hubs: number;
  readonly writes: number;
}
