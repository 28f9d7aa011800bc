// What this machine says of itself and of its owner at one moment. Types only; null is unknown everywhere, and never "nothing".
import type { GpuReading } from './gpu-reading.ts';

export interface RunningApp {
  readonly pid: number;
  readonly name: string;
  /** Where its program lies; null where the system does not say. */
  readonly path: string | null;
}

export interface Battery {
  readonly isOnBattery: boolean;
  /** Null where it is not told, and of a machine without a battery. */
  readonly chargePercent: number | null;
}

export interface MachineMemory {
  /** What programs could still take without swapping. */
  readonly availableBytes: number;
  readonly totalBytes: number;
  /** Share of the last ten seconds in which every program waited for memory; null where the system does not tell. */
  readonly stalledPercent: number | null;
}

/** As it was read, before anything was made of it. */
export interface Readings {
  /** Empty where there is no card; null where nobody could say. */
  readonly gpus: readonly GpuReading[] | null;
  readonly apps: readonly RunningApp[] | null;
  /** Seconds since somebody touched keyboard, mouse or screen. */
  readonly inputIdleS: number | null;
  readonly battery: Battery | null;
  readonly isMetered: boolean | null;
  readonly memory: MachineMemory | null;
  readonly diskFreeBytes: number | null;
}

export const NO_READINGS: Readings = {
  gpus: null,
  apps: null,
  inputIdleS: null,
  battery: null,
  isMetered: null,
  memory: null,
  diskFreeBytes: null,
};

/** One card, with what is ours told apart from what is others'. */
export interface GpuSignal {
  readonly index: number;
  readonly name: string;
  readonly utilisation: number | null;
  /** What others compute, 0 to 100 %; null also while our own work cannot be told apart from it. */
  readonly othersPercent: number | null;
  readonly videoPercent: number | null;
  /** Held by the model server and the agent, and by all others. */
  readonly oursBytes: number | null;
  readonly othersBytes: number | null;
  readonly totalBytes: number | null;
  readonly temperatureC: number | null;
  readonly powerW: number | null;
  readonly fanPercent: number | null;
}

export type AppRule = 'pause' | 'finish' | 'eco';

/** A program of the owner's list that is open. */
export interface OpenApp {
  readonly name: string;
  readonly does: AppRule;
}

export interface HomeSignals {
  readonly gpus: readonly GpuSignal[] | null;
  readonly openApps: readonly OpenApp[] | null;
  readonly inputIdleS: number | null;
  readonly battery: Battery | null;
  readonly isMetered: boolean | null;
  readonly memory: MachineMemory | null;
  readonly diskFreeBytes: number | null;
  /** Since local midnight. */
  readonly trafficBytes: number | null;
  readonly jobsToday: number | null;
}

/** Gives readings: the machine itself, or signals played in. */
export interface SignalSource {
  readings(): Readings;
  /** `onChange` is called when something changed that should not wait for the next look. */
  start(onChange: () => void): void;
  close(): void;
}

/** Two clocks: one that only grows, and the one on the wall. */
export interface HomeClock {
  /** ms. */
  steadyMs(): number;
  /** ms since epoch. */
  wallAt(): number;
}
