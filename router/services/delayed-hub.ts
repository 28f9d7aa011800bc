// Distances for the local network, where edge and hub stand in one process: an ask waits half a round trip on its way there and half on its way back.
import { parseJson } from '../../schema/json.ts';

/** How far an edge is from the hubs of each area, ms there and back. */
export type HubDelays = Readonly<Record<string, number>>;

/** Reads `{"area": ms}`; null for anything else. */
export function parseHubDelays(text: string | undefined): HubDelays | null {
  if (text === undefined) return null;
  const json = parseJson(text);
  const isObject = typeof json === 'object' && json !== null && !Array.isArray(json);
  return isObject && Object.values(json).every((ms) => typeof ms === 'number' && ms >= 0) ? (json as HubDelays) : null;
}

/** The same stub, whose `fetch` is far away. Calls of its methods are not: they are no part of a caller's wait. */
export function delayHub<T extends { fetch(...request: never[]): Promise<Response> }>(stub: T, rttMs: number): T {
  const wait = (): Promise<void> => new Promise((wake) => setTimeout(wake, rttMs / 2));
  return new Proxy(stub, {
    get: (target, name) => {
      // A method of a stub must be called on the stub itself.
      const method = Reflect.get(target, name) as (...args: unknown[]) => unknown;
      if (name !== 'fetch') return (...args: unknown[]) => method.apply(target, args);
      return async (...request: Parameters<T['fetch']>) => {
        await wait();
        const response = await target.fetch(...request);
        await wait();
        return response;
      };
    },
  });
}
