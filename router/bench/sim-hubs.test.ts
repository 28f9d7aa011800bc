import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeEach, describe, expect, test } from 'vitest';
import { distanceKm } from '../../schema/places.ts';
import { HUB_DEFAULTS, buildHubs, edgeChoice, fresh, hubPick, publish } from './sim-hubs.ts';
import type { HubOptions } from './sim-hubs.ts';
import type { SimHub } from './sim-homes.ts';
import { beginRun, currentRun, openSimulator } from './sim-run.ts';
import type { SimEdge, SimGpu, SimHooks, SimJob, SimLedger, SimNode, SimRequest, SimWorld } from './sim-types.ts';

const FAST = { name: 'fast', pp: 9000, tg: 130, slots: 8, disk: 2, w: 350, idle: 25 };
const SLOW = { name: 'slow', pp: 500, tg: 38, slots: 2, disk: 2, w: 40, idle: 2 };
const PARIS = { lat: 48.9, lon: 2.4 };
const TOKYO = { lat: 35.7, lon: 139.7 };

const node = (id: number, at: { lat: number; lon: number }, cls: SimNode['cls']): SimNode => ({
  id,
  ...at,
  seen: at,
  cls,
  cc: 'FR',
  grid: 44,
  lastMile: 9,
  speed: 1,
  belief: 1,
  disk: new Set([0]),
});

/** Two cities: slow homes and a fast one in Paris, fast ones in Tokyo. */
function makeWorld(): SimWorld {
  const nodes = [
    node(0, PARIS, SLOW),
    node(1, PARIS, SLOW),
    node(2, { ...PARIS, lat: 49.2 }, FAST),
    node(3, TOKYO, FAST),
    node(4, TOKYO, FAST),
  ];
  const edges = [PARIS, TOKYO].map((at, i): SimEdge => {
    return { id: 500 + i, ...at, measured: new Float64Array(nodes.length), i, index: { get: () => unset() } };
  });
  return { cfg: { onMean: 1, offMean: 0, detect: 1.5 }, nodes, edges, path: (a, b) => 5 + 0.018 * distanceKm(a, b) };
}

function unset(): never {
  throw new Error('buildHubs sets the index');
}

/** Leases by node id; everybody is present and has model 0 in memory. */
function makeLedger(used: Record<number, number> = {}, gone: readonly number[] = []): SimLedger {
  return {
    r: () => 0,
    present: ({ id }) => !gone.includes(id),
    earned: () => 0,
    hot: () => [0],
    view: ({ id }) => ({ used: used[id] ?? 0, pending: 0, hot: [0] }),
  };
}

const options: HubOptions = { ...HUB_DEFAULTS, mode: 'closest' };
let world = makeWorld();
let hubs: SimHub[] = [];
let request: SimRequest;
const begin = () => ({ asked: new Set<number>(), n: 1, quotes: new Map<SimHub, number>() });

function hubNear(city: { lat: number }): SimHub {
  const found = hubs.find(({ centre }) => Math.abs(centre.lat - city.lat) < 1);
  if (!found) throw new Error('no hub there');
  return found;
}

beforeEach(() => {
  world = makeWorld();
  beginRun(world, true);
  hubs = buildHubs(world, options);
  const [edge] = world.edges;
  if (!edge) throw new Error('no edge');
  request = { id: 1, in: 200, out: 100, model: 0, edge, tried: new Set() };
});

describe('a simulated edge', () => {
  test('asks the hub of the closest homes, and that hub grants one of them', () => {
    const ledger = makeLedger();
    publish(hubs, [{ id: 0 }], ledger, 1, options, { writes: 0 });
    const [asked] = edgeChoice(request, hubs, ledger, 2, options, begin());
    expect(asked?.h).toBe(hubNear(PARIS));
    expect(hubPick(hubNear(PARIS), request, ledger, options)).toMatchObject({ n: { lat: PARIS.lat } });
  });

  test('asks the next hub after a busy one, and presses the lowest quote where nobody is left', () => {
    const ledger = makeLedger({ 2: 8 });
    const long = { ...request, in: 4000 };
    publish(hubs, [{ id: 0 }], makeLedger(), 1, options, { writes: 0 });
    const st = begin();
    expect(edgeChoice(long, hubs, ledger, 2, options, st)[0]?.h).toBe(hubNear(PARIS));
    const busy = hubPick(hubNear(PARIS), long, ledger, options);
    expect(busy).toMatchObject({ busy: true });
    st.quotes.set(hubNear(PARIS), busy && 'quote' in busy ? busy.quote : 0);
    st.asked.add(hubNear(PARIS).i);
    st.n = 2;
    expect(edgeChoice(long, hubs, ledger, 2, options, st)[0]?.h).toBe(hubNear(TOKYO));
    st.asked.add(hubNear(TOKYO).i);
    st.n = 3;
    expect(edgeChoice(long, hubs, ledger, 2, options, st)[0]?.h).toBe(hubNear(PARIS));
    expect(hubPick(hubNear(PARIS), long, ledger, options)).toMatchObject({ n: { cls: SLOW } });
    // A quote is pressed once.
    expect(edgeChoice(long, hubs, ledger, 2, options, { ...st, n: 4 })).toEqual([]);
  });
});

describe('a simulated hub', () => {
  test('says of itself what its leases leave, and nothing of homes that are gone', () => {
    expect(fresh(hubNear(PARIS), 0, makeLedger({ 0: 1 }))).toMatchObject({ free: 11, slots: 12 });
    expect(fresh(hubNear(PARIS), 0, makeLedger({}, [2]))).toMatchObject({ free: 4, slots: 4 });
    expect(hubPick(hubNear(TOKYO), request, makeLedger({ 3: 8, 4: 8 }), options)).toBeNull();
  });

  test('writes when homes come or go, and free slots at the product’s pace', () => {
    const stats = { writes: 0 };
    const write = (t: number, ledger: SimLedger): number => {
      publish(hubs, [{ id: 0 }], ledger, t, options, stats);
      return stats.writes;
    };
    expect(write(0, makeLedger())).toBe(0);
    expect(write(1, makeLedger({}, [0]))).toBe(1);
    expect(write(2, makeLedger({ 2: 8 }, [0]))).toBe(1);
    expect(write(11, makeLedger({ 2: 8 }, [0]))).toBe(2);
  });

  test('lets a home rest that did not answer, once that is noticed', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sim-'));
    await writeFile(
      join(folder, 'gpu.mjs'),
      'export class Gpu { constructor(spec, hooks) { Object.assign(this, spec, { hooks, online: false }); } offer() { return this.online; } }',
    );
    openSimulator(pathToFileURL(`${folder}/`));
    const { Gpu } = await import('./sim-gpu.ts');
    await rm(folder, { recursive: true });
    const none = (): void => undefined;
    const hooks: SimHooks = { schedule: none, firstToken: none, done: none, lost: none };
    const [home] = world.nodes;
    if (!home) throw new Error('no node');
    const gpu: SimGpu = new Gpu(home, hooks);
    const job: SimJob = { req: request, model: 0, in: 200, out: 100 };
    expect(gpu.offer(job, 10)).toBe(false);
    const { watch } = currentRun();
    expect([watch.owed(home, 11).length, watch.isCooling(home, 11)]).toEqual([1, false]);
    expect([watch.owed(home, 12).length, watch.isCooling(home, 12)]).toEqual([0, true]);
    expect(watch.isCooling(home, 17)).toBe(false);
  });
});
