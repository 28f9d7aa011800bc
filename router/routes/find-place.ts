// Where a request comes from: the platform's word, or, on the local network only, the request's own.
import { parsePlace, roundPlace, UNKNOWN_PLACE } from '../../schema/places.ts';
import type { Place } from '../../schema/places.ts';

/** The header that a local network honours; the deployed configuration binds no LOCAL_PLACES, so there it is ignored. */
export const PLACE_HEADER = 'x-irori-place';

/** The place of a request, rounded to 0.1°. `request.cf` holds latitude and longitude as texts, and may lack them. */
export function findPlace(request: Request, env: { readonly LOCAL_PLACES?: string }): Place {
  if (env.LOCAL_PLACES === '1') {
    const claimed = parsePlace(request.headers.get(PLACE_HEADER) ?? '');
    if (claimed) return roundPlace(claimed);
  }
  const cf = ('cf' in request ? request.cf : undefined) as
    { latitude?: unknown; longitude?: unknown; country?: unknown } | undefined;
  const lat = Number(cf?.latitude);
  const lon = Number(cf?.longitude);
  const country = typeof cf?.country === 'string' && /^[A-Z]{2}$/.test(cf.country) ? cf.country : 'XX';
  if (!cf?.latitude || !cf.longitude || !(Math.abs(lat) <= 90) || !(Math.abs(lon) <= 180))
    return { ...UNKNOWN_PLACE, country };
  return roundPlace({ lat, lon, country });
}
