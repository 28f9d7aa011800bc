// At which addresses this router is itself: what a home signs must name one of them, or another router has handed the signature on. Pure.
import { readOrigin } from '../../schema/origin.ts';

/** The origins that ROUTER_ORIGINS lists, parted by commas; null where it is not set. Throws RangeError on a text that is none. */
export function parseOrigins(text: string | undefined): readonly string[] | null {
  const words = (text ?? '').split(',').map((word) => word.trim());
  const origins = words
    .filter((word) => word !== '')
    .map((word) => {
      const origin = URL.canParse(word) ? readOrigin(new URL(word)) : null;
      if (origin === null) throw new RangeError('ROUTER_ORIGINS: not an origin such as https://irori.example');
      return origin;
    });
  return origins.length > 0 ? origins : null;
}

/**
 * The origins that a home may have dialled: those that are configured, else the one under which the platform took the request. The latter holds
 * where the platform routes by host name, as Cloudflare does; behind a server that takes any Host header the list must be configured.
 */
export function ownOrigins(configured: readonly string[] | null, requestUrl: string): readonly string[] {
  const received = readOrigin(new URL(requestUrl));
  return configured ?? (received === null ? [] : [received]);
}
