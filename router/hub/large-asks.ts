// How many bytes of requests a hub holds of asks that no home has taken yet: it has 128 MB for everything, and each byte of a request takes several
// while it is read, placed and sent. Who finds no room is told that the hub is busy before any of it is read. Short ones find room always.

import type { OfferRefusal } from '../../schema/offer.ts';

/** A request of so many bytes is short: all that are at once are bounded by what a hub can place. */
const SHORT_ASK_BYTES = 64 * 1024;
const MOST_LARGE_BYTES = 32 * 1024 * 1024;

export class LargeAsks {
  readonly #most: number;
  #bytes = 0;

  constructor(most = MOST_LARGE_BYTES) {
    this.#most = most;
  }

  /** Runs `ask` where there is room for a request of so many bytes, until it is answered. */
  async run(bytes: number, ask: () => Promise<Response>): Promise<Response> {
    if (!(bytes > SHORT_ASK_BYTES)) return ask();
    if (this.#bytes > 0 && this.#bytes + bytes > this.#most) return Response.json(HAS_NO_ROOM, { status: 409 });
    this.#bytes += bytes;
    try {
      return await ask();
    } finally {
      this.#bytes -= bytes;
    }
  }
}

/** What they are told who find none: large ones leave within seconds. */
const HAS_NO_ROOM: OfferRefusal = {
  code: 'busy',
  nodeId: null,
  message: 'the hub has no room for another large request just now',
  param: null,
  capacity: null,
  quoteMs: null,
  retryAfterMs: 1000,
  emptiedBy: null,
  contextTokens: null,
};
