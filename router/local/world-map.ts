// `npm run build:map`: makes the world as one path, and where each country stands on it, out of Natural Earth (public domain, as world-atlas packs it), and
// writes both where the front page has them (router/look/world-map.ts). Run by hand: borders do not move between releases.
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { feature, merge } from 'topojson-client';
import type { Atlas, Shape } from 'topojson-client';

const ROOT = resolve(import.meta.dirname, '../..');
const FILE = resolve(ROOT, 'router/look/world-map.ts');
const require = createRequire(import.meta.url);

/** Units of the picture; what lies south of Tierra del Fuego is left out. */
const WIDTH = 1000;
const SOUTH = -57;
const NORTH = 84;
/** Islands smaller than this on the picture, square units, are left out of the path; homes there have their dot all the same. */
const LEAST_AREA = 1.2;
const ANTARCTICA = '010';

/** Names that Natural Earth shortens or writes otherwise than Intl does. */
const OTHERWISE: Readonly<Record<string, string>> = {
  'Antigua and Barb.': 'AG',
  'Bosnia and Herz.': 'BA',
  'Br. Indian Ocean Ter.': 'IO',
  'British Virgin Is.': 'VG',
  'Cabo Verde': 'CV',
  'Cayman Is.': 'KY',
  'Central African Rep.': 'CF',
  Congo: 'CG',
  'Cook Is.': 'CK',
  "Côte d'Ivoire": 'CI',
  'Dem. Rep. Congo': 'CD',
  'Dominican Rep.': 'DO',
  'Eq. Guinea': 'GQ',
  'Faeroe Is.': 'FO',
  'Falkland Is.': 'FK',
  'Fr. Polynesia': 'PF',
  'Fr. S. Antarctic Lands': 'TF',
  'Hong Kong': 'HK',
  Macao: 'MO',
  Macedonia: 'MK',
  'Marshall Is.': 'MH',
  Myanmar: 'MM',
  'N. Mariana Is.': 'MP',
  Palestine: 'PS',
  'Pitcairn Is.': 'PN',
  'S. Geo. and the Is.': 'GS',
  'S. Sudan': 'SS',
  'Saint Helena': 'SH',
  'Saint Lucia': 'LC',
  'Solomon Is.': 'SB',
  'St-Barthélemy': 'BL',
  'St-Martin': 'MF',
  'St. Kitts and Nevis': 'KN',
  'St. Pierre and Miquelon': 'PM',
  'St. Vin. and Gren.': 'VC',
  'São Tomé and Principe': 'ST',
  'Trinidad and Tobago': 'TT',
  Turkey: 'TR',
  'Turks and Caicos Is.': 'TC',
  'U.S. Virgin Is.': 'VI',
  'United States of America': 'US',
  Vatican: 'VA',
  'W. Sahara': 'EH',
  'Wallis and Futuna Is.': 'WF',
  eSwatini: 'SZ',
  Åland: 'AX',
};

type Ring = readonly (readonly number[])[];

async function readAtlas(scale: '50m' | '110m'): Promise<Atlas> {
  return JSON.parse(await readFile(require.resolve(`world-atlas/countries-${scale}.json`), 'utf8')) as Atlas;
}

/** The Natural Earth projection (Patterson, Šavrič), as a polynomial of the latitude: the whole world without sharp corners. */
function project(longitude: number, latitude: number): readonly [number, number] {
  const [lambda, phi] = [longitude, latitude].map((degrees) => (degrees * Math.PI) / 180) as [number, number];
  const two = phi * phi;
  const four = two * two;
  const x = lambda * (0.8707 - 0.131979 * two + four * (-0.013791 + four * (0.003971 * two - 0.001529 * four)));
  const y = phi * (1.007226 + two * (0.015085 + four * (-0.044475 + 0.028874 * two - 0.005916 * four)));
  return [x, y];
}

const SCALE = WIDTH / (2 * project(180, 0)[0]);
const TOP = project(0, NORTH)[1] * SCALE;
const HEIGHT = Math.round(TOP - project(0, SOUTH)[1] * SCALE);

function place([longitude = 0, latitude = 0]: readonly number[]): readonly [number, number] {
  const [x, y] = project(longitude, latitude);
  return [WIDTH / 2 + x * SCALE, TOP - y * SCALE];
}

/** Square units, and where the middle of it lies. */
function measureRing(ring: Ring): { readonly area: number; readonly x: number; readonly y: number } {
  let [twice, sumX, sumY] = [0, 0, 0];
  const points = ring.map(place);
  for (const [at, [x, y]] of points.entries()) {
    const [nextX, nextY] = points[(at + 1) % points.length] ?? [x, y];
    const cross = x * nextY - nextX * y;
    twice += cross;
    sumX += (x + nextX) * cross;
    sumY += (y + nextY) * cross;
  }
  return { area: Math.abs(twice / 2), x: sumX / (3 * twice), y: sumY / (3 * twice) };
}

/** In whole units, each step from the point before. */
function drawRing(ring: Ring): string {
  const points = ring.map((point) => place(point).map(Math.round) as [number, number]);
  let [[x, y]] = points as [[number, number]];
  const steps: string[] = [];
  for (const [nextX, nextY] of points.slice(1)) {
    if (nextX === x && nextY === y) continue;
    steps.push(`${nextX - x}${nextY - y < 0 ? '' : ' '}${nextY - y}`);
    [x, y] = [nextX, nextY];
  }
  const [first] = points;
  return steps.length < 3 || !first ? '' : `M${first[0]} ${first[1]}l${steps.join(' ').replaceAll(' -', '-')}z`;
}

/** A ring that runs over the edge of the picture, as Russia does, in pieces on either side of it. */
function cutRing(ring: Ring): Ring[] {
  let turns = 0;
  const unrolled = ring.map(([longitude = 0, latitude = 0], at) => {
    const step = longitude - (ring[at - 1]?.[0] ?? longitude);
    turns += step > 180 ? -1 : step < -180 ? 1 : 0;
    return [longitude + 360 * turns, latitude];
  });
  if (unrolled.every(([longitude = 0]) => Math.abs(longitude) <= 180)) return [ring];
  return [-360, 0, 360]
    .map((by) => unrolled.map(([longitude = 0, latitude = 0]) => [longitude + by, latitude]))
    .map((shifted) => cutAt(cutAt(shifted, 180, 1), -180, -1))
    .filter((piece) => piece.length > 3);
}

/** What of a ring lies on this side of a meridian (1: to the west, -1: to the east). */
function cutAt(ring: Ring, meridian: number, side: 1 | -1): Ring {
  const isIn = (point: readonly number[]): boolean => side * ((point[0] ?? 0) - meridian) <= 0;
  return ring.flatMap((point, at) => {
    const next = ring[(at + 1) % ring.length] ?? point;
    const [x = 0, y = 0] = point;
    const [nextX = 0, nextY = 0] = next;
    const share = (meridian - x) / (nextX - x);
    const crossing = isIn(point) === isIn(next) ? [] : [[meridian, y + share * (nextY - y)]];
    return [...(isIn(point) ? [point] : []), ...crossing];
  });
}

function listRings(shape: Shape): readonly Ring[] {
  return shape.type === 'Polygon' ? shape.coordinates : shape.coordinates.flat();
}

async function drawLand(): Promise<string> {
  const atlas = await readAtlas('110m');
  const shapes = atlas.objects.countries.geometries.filter(({ id }) => id !== ANTARCTICA);
  const land = merge(atlas, shapes);
  return listRings(land)
    .flatMap(cutRing)
    .filter((ring) => measureRing(ring).area >= LEAST_AREA)
    .map(drawRing)
    .join('');
}

/** The middle of each country's largest part. */
async function findCentres(): Promise<Map<string, readonly [number, number]>> {
  const atlas = await readAtlas('50m');
  const names = new Intl.DisplayNames('en', { type: 'region' });
  const letters = Array.from({ length: 26 }, (_, at) => String.fromCharCode(65 + at));
  // Codes that a country had once are another way to write the one that it has.
  const isOwn = (code: string): boolean => Intl.getCanonicalLocales(`und-${code}`)[0] === `und-${code}`;
  const pairs = letters.flatMap((a) => letters.map((b) => a + b)).filter(isOwn);
  const codes = new Map(pairs.map((code) => [names.of(code) ?? '', code] as const));
  const centres = new Map<string, readonly [number, number]>();
  for (const { properties, geometry } of feature(atlas, atlas.objects.countries).features) {
    const code = OTHERWISE[properties.name] ?? codes.get(properties.name);
    if (code === undefined || !/^[A-Z]{2}$/.test(code)) continue;
    const rings = listRings(geometry).flatMap(cutRing).map(measureRing);
    const [largest] = rings.toSorted((a, b) => b.area - a.area);
    if (largest) centres.set(code, [Math.round(largest.x), Math.round(largest.y)]);
  }
  return centres;
}

const [land, centres] = await Promise.all([drawLand(), findCentres()]);
const rows = [...centres]
  .toSorted(([a], [b]) => (a < b ? -1 : 1))
  .map(([code, [x, y]]) => `  ${code}: [${x}, ${y}],\n`);
await writeFile(
  FILE,
  `// Made by \`npm run build:map\` from Natural Earth (public domain): not written by hand. The land as one path, and the middle of each country on it.
export const WORLD = {
  width: ${WIDTH},
  height: ${HEIGHT},
  land:
    '${land}',
} as const;

/** By its two letters. */
export const CENTRES: Readonly<Record<string, readonly [x: number, y: number]>> = {
${rows.join('')}};
`,
);
process.stdout.write(`map: ${land.length} bytes of land, ${centres.size} countries\n`);
