// How a hub tells presence and its area of its homes: one telling at a time, those who ask meanwhile share the next.
import { PRESENCE_REFRESH_MS } from '../../schema/presence.ts';
import { centreOf } from '../../schema/places.ts';
import type { HubPresence } from '../homes/presence-writer.ts';
import { makeLog } from '../log.ts';
import { PUBLISH_EVERY_MS } from './door-limits.ts';
import type { HubServices } from './hub-services.ts';
import { OneAtATime } from './one-at-a-time.ts';
import type { HubSockets } from './sockets.ts';

const log = makeLog('hub');

const REWRITE_MS = 10_000;

/**
 * When the hub of homes was awake at least, by the alarm that stands: each report asks for the next one within `PRESENCE_REFRESH_MS`. One that is
 * further ahead is of something else, and tells nothing.
 */
export function readWatched(alarmAt: number, now: number): number {
  const at = alarmAt - PRESENCE_REFRESH_MS;
  return at <= now ? at : -Infinity;
}

interface ReportDoors {
  readonly hub: string;
  readonly area: string;
  readonly presence: HubPresence;
  readonly sockets: Pick<HubSockets, 'seated'>;
  readonly services: Pick<HubServices, 'reportToArea' | 'forgetCatalogue' | 'timings'>;
  readonly wakeBy: (at: number) => Promise<void>;
}

export class PresenceReports {
  readonly #doors: ReportDoors;
  readonly #publishing = new OneAtATime(() => this.#publishNow(), PUBLISH_EVERY_MS);
  #rewrittenAt = 0;

  constructor(doors: ReportDoors) {
    this.#doors = doors;
  }

  /** Tells presence and the area what changed; who asks while that is under way shares the next time. */
  publish(): Promise<void> {
    return this.#publishing.run();
  }

  /** Presence has lost what was written: all of it is written again, not too often. */
  async rewrite(): Promise<void> {
    const now = Date.now();
    if (now - this.#rewrittenAt < REWRITE_MS) return;
    this.#rewrittenAt = now;
    this.#doors.presence.distrust();
    await this.publish();
  }

  async #publishNow(): Promise<void> {
    const { hub, area, presence, sockets, services, wakeBy } = this.#doors;
    const now = Date.now();
    const isWritten = await presence.publish(now);
    const homes = sockets.seated();
    const isUnknown = await services
      .reportToArea(area, { hub, homes, ...centreOf(homes) })
      // The next report says the same and more.
      .catch((error: unknown) => {
        log.warn('area-away', { hub, area, error });
        return false;
      });
    if (isUnknown) {
      services.forgetCatalogue();
      // Not awaited: it is the turn after this one.
      void this.publish();
    }
    if (!isWritten || homes.length > 0)
      await wakeBy(now + (isWritten ? PRESENCE_REFRESH_MS : services.timings.retryMs));
  }
}
