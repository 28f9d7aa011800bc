// The meters of this machine as they were read last, and which of them closes windows now: the owner's, else the cards' where they tell their power,
// else whoever wants to know reads the processor's counter and the clock.
import { findCardClass } from '../../schema/card-classes.ts';
import type { GpuReading } from '../home/gpu-reading.ts';
import type { SeenCard } from './describe-power.ts';
import type { HostPower } from './host-meter.ts';
import type { MeterReading, WallMeter } from './meter-reading.ts';

export type MeterClock = 'wall' | 'cards' | 'self';

/** So long cards that say nothing are still read as they were. */
const CARDS_FRESH_MS = 10_000;
/** The same of the owner's meter, in beats. */
const WALL_FRESH = 2.5;

export class MeterInputs {
  readonly #host: HostPower;
  readonly #wallEveryMs: number | null;
  #cards: readonly SeenCard[] = [];
  #readings: readonly GpuReading[] = [];
  #cardsAtMs = -Infinity;
  #wall: WallMeter | null = null;
  #wallAtMs = -Infinity;

  constructor(host: HostPower, wallEveryMs: number | null) {
    this.#host = host;
    this.#wallEveryMs = wallEveryMs;
  }

  get cards(): readonly SeenCard[] {
    return this.#cards;
  }

  get wall(): WallMeter | null {
    return this.#wall;
  }

  /** True where these are other cards than before. */
  noteCards(readings: readonly GpuReading[], nowMs: number): boolean {
    const isSame =
      readings.length === this.#cards.length && readings.every(({ name }, i) => name === this.#cards[i]?.name);
    this.#readings = readings;
    this.#cardsAtMs = nowMs;
    if (isSame) return false;
    this.#cards = readings.map(({ name, powerLimitW = null }) => ({
      name,
      known: findCardClass(name),
      mostW: powerLimitW,
    }));
    return true;
  }

  /** False where it says nothing new: a counter that has not moved yet. */
  noteWall(reading: WallMeter, nowMs: number): boolean {
    this.#wallAtMs = nowMs;
    if (reading.watts === null && reading.wattHours === this.#wall?.wattHours) return false;
    this.#wall = reading;
    return true;
  }

  /** `canUseWall`: what it reads at rest is known, or nobody works. */
  clock(nowMs: number, canUseWall: boolean): MeterClock {
    const isWall = this.#wallEveryMs !== null && nowMs - this.#wallAtMs < WALL_FRESH * this.#wallEveryMs;
    if (isWall && canUseWall) return 'wall';
    return this.boardsW(nowMs) === null ? 'self' : 'cards';
  }

  read(nowMs: number, clock: MeterClock): MeterReading {
    return {
      atMs: nowMs,
      boards: this.boardsW(nowMs) === null ? null : this.#readings.map(toBoard),
      host: this.#host.read(),
      wall: clock === 'wall' ? this.#wall : null,
    };
  }

  /** All boards together, W; null where one does not tell, or nothing was read lately. */
  boardsW(nowMs: number): number | null {
    const isFresh = nowMs - this.#cardsAtMs < CARDS_FRESH_MS;
    if (!isFresh || this.#readings.length === 0) return null;
    return this.#readings.reduce<number | null>(
      (sum, { powerW }) => (sum === null || powerW === null ? null : sum + powerW),
      0,
    );
  }

  get hasCounters(): boolean {
    return this.#readings.length > 0 && this.#readings.every(({ energyMJ }) => energyMJ !== null);
  }

  /** How much of the time each card computed, 0 to 1. */
  usedShare(card: number): number | null {
    const percent = this.#readings[card]?.utilisation;
    return percent === null || percent === undefined ? null : percent / 100;
  }
}

function toBoard({ index, powerW, energyMJ, powerLimitW = null }: GpuReading) {
  return { index, powerW, energyMJ, mostW: powerLimitW };
}
