// Where a server sends requests on to, kept in mind for the next; most want a slash at the end.

import { findMoved } from './http-door.ts';

/** What an end tells of its connection. */
interface CallEnd {
  /** A kept connection turned out to be closed before anything was answered. */
  readonly stale?: true;
  /** Where a redirect leads that keeps the request as it is. */
  readonly location?: string;
}

export class MovedCalls {
  /** By where they were sent. */
  readonly #moved = new Map<string, string>();

  /** Sends a request; once more on a new connection when a kept one turned out to be closed, or where the same server sends it on. */
  async send<E extends CallEnd>(url: string, signal: AbortSignal, send: (at: string) => Promise<E>): Promise<E> {
    const at = this.#moved.get(url) ?? url;
    const end = await send(at);
    if (signal.aborted) return end;
    const moved = findMoved(at, end.location);
    if (moved?.isSameOrigin === true && moved.url !== at) this.#moved.set(url, moved.url);
    else if (end.stale !== true) return end;
    return send(this.#moved.get(url) ?? url);
  }
}
