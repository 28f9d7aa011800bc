// The JSON that the owner's page reads. Types only. Every time is ISO 8601 in UTC, every amount in units (millionths of a credit), what is not known is null;
// no prompt, no answer and no secret has a place in it.
import type { StateWord } from '../../schema/state-words.ts';

/** ISO 8601, UTC. */
type Iso = string;

export type Level = 'off' | 'eco' | 'full';

/** `GET /api/view`: what may change from one second to the next. */
export interface PageView {
  readonly at: Iso;
  readonly home: HomeView;
  readonly standing: StandingView;
  readonly slots: number;
  readonly running: readonly RunningJobView[];
  readonly today: TodayView;
  /** As the router signed for it, of all time. */
  readonly total: { readonly earnedMicro: number; readonly receipts: number };
  readonly waiting: { readonly receipts: number; readonly micro: number };
  readonly cards: readonly CardView[];
  readonly power: PowerView | null;
  readonly models: readonly ModelView[];
  readonly rules: RulesView | null;
  readonly warnings: readonly WarningView[];
}

export interface HomeView {
  readonly name: string | null;
  /** Given by the network; null before it has joined. */
  readonly node: string | null;
  readonly address: string;
  readonly router: string;
  readonly hub: string | null;
  readonly version: string;
  readonly platform: string;
  readonly startedAt: Iso;
  readonly residentBytes: number;
}

export interface StandingView {
  readonly word: StateWord;
  readonly level: Level;
  readonly sinceAt: Iso;
  /** When a pause ends by itself; null for one without an end, and for none. */
  readonly untilAt: Iso | null;
  /** What stands behind a lost connection, in the words of whoever refused it. */
  readonly problem: string | null;
  /** What it is about, such as a program's name or a temperature; null where there is nothing more to say. */
  readonly detail: string | null;
  /** Other reasons that hold too. */
  readonly also: readonly StateWord[];
  /** A pause that begins when what runs has ended. */
  readonly pausesAfterJob: boolean;
  /** Since when no job has come while the home was ready; null while it works, and while it takes none. */
  readonly idleSinceAt: Iso | null;
}

/** A job without a word of what is in it. */
export interface RunningJobView {
  readonly job: string;
  readonly model: string;
  readonly outputTokens: number;
  readonly startedAt: Iso;
  /** Since its first token; null before the second. */
  readonly tokensPerS: number | null;
}

export interface TodayView {
  readonly jobs: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly earnedMicro: number;
}

export interface CardView {
  readonly name: string;
  readonly totalBytes: number | null;
  /** Of this agent's models, of other programs, and kept free for the desktop. */
  readonly oursBytes: number | null;
  readonly othersBytes: number | null;
  readonly reservedBytes: number | null;
  /** 0 to 1. */
  readonly utilisation: number | null;
  readonly temperatureC: number | null;
  readonly powerW: number | null;
  /** 0 to 1. */
  readonly fan: number | null;
}

export interface PowerView {
  /** The machine now, as far as the method sees it. */
  readonly watts: number | null;
  readonly idleW: number | null;
  /** A word of ENERGY_METHOD. */
  readonly method: string;
  /** Of jobs, and of being awake for the network, since midnight. */
  readonly todayWh: number | null;
  readonly idleTodayWh: number | null;
}

export interface ModelView {
  readonly name: string;
  readonly digest: string | null;
  readonly isShared: boolean;
  /** False where the choice was made on the command line or in the environment. */
  readonly canSwitch: boolean;
  readonly catalogue: CatalogueView | null;
  readonly promptTokensPerS: number | null;
  readonly decodeTokensPerS: number | null;
  readonly speedIs: 'measured' | 'guessed' | null;
  readonly contextTokens: number | null;
  readonly can: readonly string[];
  readonly isInMemory: boolean | null;
}

/** What the network makes of a model; null where the router was not asked yet, or could not be. */
export interface CatalogueView {
  /** Null where it is not in the catalogue: then only the account's own calls come. */
  readonly id: string | null;
  /** Units per million tokens. */
  readonly priceIn: number | null;
  readonly priceOut: number | null;
  readonly callsPerHour: number | null;
}

export interface RulesView {
  /** Monday first; each of 48 half hours as 0 off, 1 eco, 2 full. */
  readonly week: readonly string[];
  /** Names or patterns of programs that are not to be disturbed, and those of them that are open; null is unknown. */
  readonly apps: readonly string[];
  readonly openApps: readonly string[] | null;
  readonly limits: readonly LimitView[];
}

export interface LimitView {
  readonly key: string;
  /** Null where it is off. */
  readonly value: number | null;
  readonly unit: string;
  readonly least: number;
  readonly most: number;
  readonly step: number;
  /** What is turned on with. */
  readonly usual: number;
  /** What the machine says now, in the same unit, or `battery`, `mains`, `metered`, `unmetered`; null is unknown. */
  readonly signal: number | string | null;
  /** It stops work now. */
  readonly holds: boolean;
  /** It is a share of something and not held against anything: it has no signal, and cannot be turned off. */
  readonly isAlwaysOn: boolean;
}

export interface WarningView {
  readonly code: 'evidence' | 'unpaid' | 'restored' | 'clock' | 'last-failure' | 'outbox';
  readonly count: number | null;
  readonly told: string | null;
}

/** `GET /api/earnings`. */
export interface EarningsView {
  readonly at: Iso;
  readonly days: number;
  readonly machine: {
    readonly id: string;
    readonly receipts: number;
    readonly earnedMicro: number;
    readonly pendingMicro: number;
    readonly pendingUntil: Iso;
    readonly heldMicro: number;
    readonly heldWhy: string | null;
    readonly payableMicro: number;
    readonly payableSince: Iso | null;
    readonly creditedMicro: number;
    readonly claimedMicro: number;
    readonly waitingReceipts: number;
    readonly waitingMicro: number;
    /** Null where the router pays on no chain. */
    readonly onChain: OnChainView | null;
  };
  readonly byDay: readonly EarnedDayView[];
  readonly jobs: readonly EarnedJobView[];
  readonly isWhole: boolean;
  /** What this home signed for and was signed for by the router, of the same days. */
  readonly own: {
    readonly receipts: number;
    readonly signedMicro: number;
    readonly acceptedMicro: number;
    readonly refused: number;
    readonly waitingReceipts: number;
    readonly waitingMicro: number;
  };
  readonly differences: readonly DifferenceView[];
  readonly warnings: readonly string[];
}

/** Amounts of test tokens, which have no value, and of coins as texts: never in their least parts. */
export interface OnChainView {
  readonly claimable: string;
  /** What a claim costs now; null where the router does not know. */
  readonly gasCoins: string | null;
  readonly gasPaidBy: string;
  /** The router's sentence; null where there is nothing to wait for. */
  readonly waitUntil: string | null;
  /** The newest first. */
  readonly claims: readonly {
    readonly at: Iso;
    readonly tokens: string;
    readonly tx: string;
    readonly gasCoins: string;
    readonly gasPaidBy: string;
    readonly becameCredit: boolean;
  }[];
}

export interface EarnedDayView {
  /** YYYY-MM-DD, UTC. */
  readonly day: string;
  readonly model: string;
  readonly jobs: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly earnedMicro: number;
}

export interface EarnedJobView {
  readonly job: string | null;
  readonly part: number | null;
  readonly model: string | null;
  readonly acceptedAt: Iso;
  readonly receipt: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly signedMicro: number;
  readonly earnedMicro: number;
  readonly status: string;
  readonly why: string | null;
}

export interface DifferenceView {
  readonly job: string | null;
  readonly receipt: string;
  readonly signed: number | null;
  readonly accepted: number | null;
  readonly told: number | null;
  readonly why: string;
}

/** `GET /api/why`: the last 24 hours, the oldest first, without a gap that is not said to be one. */
export interface WhyView {
  readonly at: Iso;
  readonly from: Iso;
  readonly spans: readonly WhySpan[];
  /** What the router added of the last hour could be had. */
  readonly isFromRouter: boolean;
  readonly problem: string | null;
}

export interface WhySpan {
  readonly from: Iso;
  readonly to: Iso;
  /** `no-demand`, `own-only`, `no-model`, `not-running`, `cooling`, `passed:…` or a state's word. */
  readonly reason: string;
  /** The router's own sentence where it has one; English. */
  readonly text: string | null;
  /** Where no call came: some of the models that were offered then, and how many there were; null where nobody wrote that down. */
  readonly models: readonly string[] | null;
  readonly modelCount: number | null;
}

/** `GET /api/forecast`. */
export interface ForecastView {
  readonly isEnough: boolean;
  readonly models: readonly {
    readonly name: string;
    readonly lowMicroDay: number;
    readonly highMicroDay: number;
    readonly days: number;
  }[];
  /** What a day of lending costs in electricity by the meter, Wh; null where it is unknown. */
  readonly whDay: number | null;
  readonly settings: PageSettings;
  readonly problem: string | null;
}

/** What the owner told the page. */
export interface PageSettings {
  /** What a kWh costs the owner, and in which currency. */
  readonly kwhPrice: number | null;
  readonly currency: string;
  /** What a credit is worth to the owner in that currency; null where it was not told. */
  readonly creditPrice: number | null;
}

/** `GET /api/homes`: the machines of the account. */
export interface HomesView {
  readonly homes: readonly {
    readonly id: string;
    readonly name: string | null;
    readonly isThis: boolean;
    readonly isOnline: boolean;
    readonly sinceAt: Iso | null;
    readonly lastSeenAt: Iso | null;
    readonly word: string | null;
    /** What the router says of it beside its word; English. */
    readonly detail: string | null;
    readonly models: readonly string[];
    readonly slots: number | null;
    readonly running: number | null;
    readonly jobsToday: number | null;
    readonly earnedTodayMicro: number | null;
    readonly earned30Micro: number | null;
    /** Of 30 days (UTC), the oldest first; null where the router does not tell. */
    readonly earnedDaysMicro: readonly number[] | null;
    readonly version: string | null;
  }[];
  readonly problem: string | null;
}

/** `GET /api/doctor`. */
export interface DoctorView {
  readonly at: Iso;
  readonly checks: readonly {
    readonly name: string;
    /** `note`: nothing is in the way, but there is something to know; `skipped`: there was no way to look. */
    readonly outcome: 'good' | 'note' | 'bad' | 'skipped';
    readonly told: string;
    readonly remedy: string | null;
  }[];
}

/** `GET /api/logs`. */
export interface LogsView {
  readonly lines: readonly {
    readonly at: Iso;
    readonly level: string;
    readonly text: string;
  }[];
}

/** `POST /api/receipts/{job}`. */
export interface VerifyView {
  readonly verdict: 'valid' | 'not-valid' | 'equivocation';
  readonly facts: readonly (readonly [name: string, text: string])[];
}

/** What an action came to. `confirm`: it was not done yet, and is when it comes again with this. */
export interface ActionView {
  readonly done: boolean;
  readonly told: string | null;
  readonly confirm: string | null;
}
