// What a hub takes from placement to learn of its homes, as plain functions over plain JSON records; router/services.ts binds them.

/** Tokens a second: of a prompt alone, and of one stream alone. */
export interface Speeds {
  readonly promptTokensPerS: number;
  readonly decodeTokensPerS: number;
}

interface SpeedBelief {
  readonly sum: number;
  readonly weight: number;
  readonly spread: number;
}

/** What is believed of the speed of one node and model, against the prior it began with. */
export interface LearnedSpeeds {
  readonly prompt: SpeedBelief;
  readonly decode: SpeedBelief;
}

/** One relayed job, seen from the hub. */
export interface SpeedSample {
  /** Prompt tokens worked on until its first token: those pending ahead of it, and its own that were not cached. */
  readonly workTokens: number;
  /** Job frame out to first token in, less the round trip, ms. */
  readonly promptMs: number;
  /** Other jobs there at the grant. */
  readonly activeAtGrant: number;
  /** Jobs there at once while it streamed, itself included, on average. */
  readonly meanBatch: number;
  readonly outputTokens: number;
  /** First token to last, ms. */
  readonly decodeMs: number;
  readonly slots: number;
}

/** Jobs and broken ones by hour of the day. */
export interface FailureRecord {
  readonly jobs: readonly number[];
  readonly broken: readonly number[];
  readonly day: number;
}

export interface RttRecord {
  readonly meanMs: number;
  readonly samples: number;
}

export interface Learning {
  /** How long a home that failed is left alone at first, ms. */
  readonly firstPauseMs: number;
  readonly noSpeeds: LearnedSpeeds;
  readonly makeSpeedPrior: (benchmark: Speeds, classSpeeds: Speeds | null) => Speeds;
  readonly expectSpeeds: (learned: LearnedSpeeds, prior: Speeds) => Speeds;
  readonly learnSpeeds: (learned: LearnedSpeeds, prior: Speeds, sample: SpeedSample) => LearnedSpeeds;
  readonly noFailures: FailureRecord;
  readonly learnFailure: (
    record: FailureRecord,
    job: { readonly at: number; readonly isBroken: boolean },
  ) => FailureRecord;
  /** Share of jobs, 0 to 1, that a home is expected to break at this time of day. */
  readonly expectFailures: (record: FailureRecord, at: number) => number;
  readonly startRtt: (km: number) => RttRecord;
  readonly learnRtt: (record: RttRecord, measuredMs: number) => RttRecord;
}
