// What the wizard is given of the world, and how it ends. Types, and two words of its end, so that tests can stand for the world.
import type { Result } from '../../schema/result.ts';
import type { AgentStatus } from '../home/status-file.ts';
import type { ConfigChange } from '../config/config-file.ts';
import type { TestJob } from '../link/test-job.ts';
import type { FoundServer } from './found-server.ts';
import type { MachineFacts, RouterSight } from './judge-machine.ts';
import type { JoinFile } from './join-file.ts';
import type { JoinTerminal } from './join-terminal.ts';
import type { Grant, LinkMachine, NewAccount, Refused } from './router-questions.ts';
import type { PendingLink } from './join-file.ts';
import type { Demand } from '../link/read-demand.ts';
import type { Gpu } from '../home/guess-speed.ts';

/** What was said beforehand: by flags, variables or config.json. */
export interface Given {
  readonly router: string | null;
  readonly code: string | null;
  readonly backends: readonly string[] | null;
  readonly models: readonly string[] | null;
  readonly name: string | null;
  readonly allowLan: boolean;
}

export interface RouterDoors {
  readonly sight: (origin: string) => Promise<RouterSight>;
  readonly askDemand: (
    origin: string,
    models: readonly { readonly name: string; readonly digest: string }[],
  ) => Promise<Map<string, Demand>>;
  readonly startLink: (origin: string, machine: LinkMachine) => Promise<Result<PendingLink, Refused>>;
  readonly askGrant: (link: PendingLink) => Promise<Result<Grant, Refused>>;
  readonly signUp: (origin: string, name: string) => Promise<Result<NewAccount, Refused>>;
  readonly approveLink: (origin: string, userCode: string, key: string) => Promise<Result<unknown, Refused>>;
}

/** The agent at work, in this process. */
export interface RunningAgent {
  /** How it ended: a sentence where only the owner can mend it, else null. */
  readonly ended: Promise<string | null>;
  stop(): Promise<void>;
}

/** An engine for models that have no server yet; null where there is none. */
export interface HubOffer {
  readonly id: string;
  readonly name: string;
  readonly label: string;
}

export interface WizardDoors {
  readonly terminal: JoinTerminal;
  readonly file: JoinFile;
  readonly folder: string;
  readonly given: Given;
  readonly version: string;
  readonly hostName: string;
  readonly router: RouterDoors;
  /** Ms since epoch. */
  readonly now: () => number;
  /** Resolves early, and all the same, when the signal aborts. */
  readonly wait: (ms: number, signal?: AbortSignal) => Promise<void>;
  readonly readMachine: () => Promise<MachineFacts>;
  readonly findGpu: () => Promise<Gpu | null>;
  readonly findServers: () => Promise<FoundServer[]>;
  readonly lookAtServer: (url: string) => Promise<FoundServer>;
  readonly changeConfig: (change: ConfigChange) => Promise<Result<null, string>>;
  /** The account that this home belongs to at a router, once it is linked. */
  readonly findAccount: (origin: string) => Promise<string | null>;
  readonly readStatus: () => Promise<AgentStatus | null>;
  /** True where an agent works with this state folder already. */
  readonly isRunning: () => Promise<boolean>;
  /** Tells an agent that works elsewhere that its settings have changed. Never rejects. */
  readonly reload: () => Promise<void>;
  /** `code`: the enrolment code to spend, where the home is not linked yet. */
  readonly start: (code: string | null) => Promise<Result<RunningAgent, string>>;
  readonly test: (origin: string) => Promise<Result<TestJob, string>>;
  /** The built-in model: whether its runtime is there, and how it gets there. */
  readonly runtime: { readonly isReady: () => boolean; readonly install: () => Promise<boolean> };
  /** Models that a hub has and that fit here; empty without one. */
  readonly listOffers: (machine: MachineFacts) => Promise<readonly HubOffer[]>;
  /** Why none can be downloaded, in a sentence; null where some can. */
  readonly hubLack: () => Promise<string | null>;
  /** Downloads and sets up one of them; the error is a sentence. Gives what goes into config.json. */
  readonly takeOffer: (id: string, tell: (text: string) => void) => Promise<Result<ConfigChange, string>>;
  /** When it lends by default, in a line. */
  readonly tellRules: () => string;
  /** Starts it at every login from now on; null where this build cannot. The error is a sentence. */
  readonly startAtLogin: (() => Promise<Result<string, string>>) | null;
  /** Address of the owner's page, where there is one. */
  readonly pageUrl: () => Promise<string | null>;
}

/** Why a step did not come to its end. */
export type Stop = { readonly kind: 'left' } | { readonly kind: 'failed'; readonly sentence: string };

export type WizardEnd =
  | Stop
  /** `agent` is null where it works elsewhere: as a service, or in another window. */
  | { readonly kind: 'online'; readonly agent: RunningAgent | null };

export const LEFT: Stop = { kind: 'left' };

/** What whoever leaves is told. */
export const GO_ON = 'Nothing is lost. Go on at any time: irori-node';
