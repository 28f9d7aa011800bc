// What one isolate measured of its round trips to hubs. Memory only, bounded; a hub never asked is guessed from its distance.
import { BoundedMap } from '../../schema/bounded-map.ts';
import { learnRtt, startRtt } from './learn-rtt.ts';
import type { RttRecord } from './learn-rtt.ts';

const MAX_ENTRIES = 2000;
/** Edge and hub stand in data centres: their guess has no home line in it. */
const HOME_LINE_MS = 9;

export class HubRtts {
  readonly #rtts = new BoundedMap<string, RttRecord>(MAX_ENTRIES);

  /** Edge to hub and back, ms, for a hub whose homes are this far away. */
  expectMs(hub: string, km: number): number {
    return this.#rtts.get(hub)?.meanMs ?? Math.max(1, startRtt(km).meanMs - HOME_LINE_MS);
  }

  /** Takes one measurement, ms, without the time that the hub itself took. */
  note(hub: string, measuredMs: number): void {
    this.#rtts.set(hub, learnRtt(this.#rtts.get(hub) ?? startRtt(0), measuredMs));
  }
}
