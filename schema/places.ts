// Where callers and homes are: rounded places, distances, and the areas (the platform's location hints) they fall into.

export interface Place {
  readonly lat: number;
  readonly lon: number;
  /** ISO 3166-1 alpha-2, or `XX` when unknown. */
  readonly country: string;
}

export const UNKNOWN_PLACE: Place = { lat: 0, lon: 0, country: 'XX' };

export type AreaName = 'wnam' | 'enam' | 'sam' | 'weur' | 'eeur' | 'apac' | 'apac-ne' | 'apac-se' | 'oc' | 'afr' | 'me';

/** A central city of each location hint: a place belongs to the area whose centre is nearest. */
const AREA_CENTRES: Readonly<Record<AreaName, readonly [lat: number, lon: number]>> = {
  wnam: [37.4, -118.2],
  enam: [39.0, -79.0],
  sam: [-18.0, -51.0],
  weur: [49.0, 3.0],
  eeur: [51.0, 22.0],
  apac: [20.6, 79.0],
  'apac-ne': [36.0, 134.0],
  'apac-se': [5.0, 106.0],
  oc: [-30.0, 147.0],
  afr: [2.0, 22.0],
  me: [27.0, 46.0],
};

export const AREAS = Object.keys(AREA_CENTRES) as AreaName[];

const EARTH_RADIUS_KM = 6371;

/** Great-circle distance in km (haversine; within 0.6 % of the ellipsoid). */
export function distanceKm(a: { lat: number; lon: number }, b: { lat: number; lon: number }): number {
  const toRad = Math.PI / 180;
  const dLat = (b.lat - a.lat) * toRad;
  const dLon = (b.lon - a.lon) * toRad;
  const h = Math.sin(dLat / 2) ** 2 + Math.cos(a.lat * toRad) * Math.cos(b.lat * toRad) * Math.sin(dLon / 2) ** 2;
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.min(1, Math.sqrt(h)));
}

/** All areas, nearest centre first. */
export function sortAreas(place: { lat: number; lon: number }): AreaName[] {
  const far = AREAS.map((area) => {
    const [lat, lon] = AREA_CENTRES[area];
    return { area, km: distanceKm(place, { lat, lon }) };
  });
  return far.toSorted((a, b) => a.km - b.km).map(({ area }) => area);
}

/** Rounds to 0.1° (about 10 km): no more of where a home stands is kept or shown. */
export function roundPlace(place: Place): Place {
  return { lat: Math.round(place.lat * 10) / 10, lon: Math.round(place.lon * 10) / 10, country: place.country };
}

/** Reads `lat,lon,CC` as the local network's `x-irori-place` carries it; null for anything else. */
export function parsePlace(text: string): Place | null {
  const match = /^(-?\d{1,2}(?:\.\d{1,6})?),(-?\d{1,3}(?:\.\d{1,6})?),([A-Z]{2})$/.exec(text);
  if (!match) return null;
  const lat = Number(match[1]);
  const lon = Number(match[2]);
  return Math.abs(lat) <= 90 && Math.abs(lon) <= 180 ? { lat, lon, country: match[3] ?? 'XX' } : null;
}

/** The middle of places on the sphere (mean of unit vectors), so that a hub across the date line has its centre there. */
export function centreOf(places: readonly { readonly lat: number; readonly lon: number }[]): {
  lat: number;
  lon: number;
} {
  let x = 0;
  let y = 0;
  let z = 0;
  const rad = Math.PI / 180;
  for (const { lat, lon } of places) {
    x += Math.cos(lat * rad) * Math.cos(lon * rad);
    y += Math.cos(lat * rad) * Math.sin(lon * rad);
    z += Math.sin(lat * rad);
  }
  return { lat: Math.atan2(z, Math.hypot(x, y)) / rad, lon: Math.atan2(y, x) / rad };
}
