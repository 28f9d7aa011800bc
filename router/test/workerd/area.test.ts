// An area's directory: seats by the plan, hubs cut and joined, homes that move, revoked and found, over evictions of its object.
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { expect, test } from 'vitest';
import { Area } from '../../area/area.ts';
import type { AreaServices } from '../../area/area-services.ts';
import type { HomeReport } from '../../hub/hub-services.ts';
import { makeAreaServices } from '../../services/area.ts';

const PARIS = { lat: 48.9, lon: 2.4 };
const ROME = { lat: 41.9, lon: 12.5 };
let areas = 0;

type AreaStub = DurableObjectStub<Area>;

function openArea(): { stub: AreaStub; hub: (number: number) => string } {
  const name = `area${areas++}`;
  return { stub: env.AREA.getByName(name) as unknown as AreaStub, hub: (number) => `hub:${name}:${number}` };
}

function makeHomes(
  count: number,
  place: { lat: number; lon: number },
  some: { slots: number; prefix: string },
): HomeReport[] {
  return Array.from({ length: count }, (_, index) => ({
    nodeId: `${some.prefix}${index}`,
    slots: some.slots,
    ...place,
  }));
}

async function dial(stub: AreaStub, homes: readonly HomeReport[]): Promise<Set<string | null>> {
  const hubs = await Promise.all(homes.map(({ nodeId, lat, lon }) => stub.assign({ nodeId, lat, lon })));
  return new Set(hubs);
}

/** The next plan is not held back by the last one, nor by what the object remembers. */
async function report(stub: AreaStub, hub: string, homes: readonly HomeReport[]): Promise<void> {
  await stub.hubs();
  await evictDurableObject(stub);
  await stub.report({ hub, homes, ...(homes[0] ? { lat: homes[0].lat, lon: homes[0].lon } : PARIS) });
}

/** What stands in storage of homes that are connected: where they are and where they belong. */
function readSeats(stub: AreaStub): Promise<{ node: string; hub: string; at_hub: string }[]> {
  return runInDurableObject(stub, (_area, state) =>
    state.storage.sql
      .exec<{ node: string; hub: string; at_hub: string }>(
        'SELECT node, hub, at_hub FROM homes WHERE left_at IS NULL ORDER BY node',
      )
      .toArray(),
  );
}

/** What homes tell now they have told for long. */
function ageTold(stub: AreaStub): Promise<void> {
  return runInDurableObject(
    stub,
    (_area, state) => void state.storage.sql.exec('UPDATE told SET since_at = since_at - 300000'),
  );
}

test('dials alone write nothing, whoever they say they are', async () => {
  const { stub, hub } = openArea();
  expect(await dial(stub, makeHomes(20, PARIS, { slots: 1, prefix: 'x' }))).toEqual(new Set([hub(0)]));
  const counts = await runInDurableObject(stub, (_area, state) =>
    ['homes', 'hubs', 'ranges', 'told'].map(
      (table) => state.storage.sql.exec<{ n: number }>(`SELECT count(*) AS n FROM ${table}`).one().n,
    ),
  );
  expect(counts).toEqual([0, 0, 0, 0]);
  expect(await stub.hubs()).toEqual([]);
});

test('a home that tells another number of slots each moment moves nobody', async () => {
  const { stub, hub } = openArea();
  const paris = makeHomes(30, PARIS, { slots: 4, prefix: 'p' });
  const rome = makeHomes(12, ROME, { slots: 4, prefix: 'r' });
  for (let i = 0; i < 6; i++) {
    const flipping = { nodeId: 'evil', slots: i % 2 === 0 ? 64 : 0, ...ROME };
    await report(stub, hub(0), [...paris, ...rome, flipping]);
    await runDurableObjectAlarm(stub);
    expect((await readSeats(stub)).every((seat) => seat.hub === hub(0))).toBe(true);
  }
  expect(await dial(stub, rome)).toEqual(new Set([hub(0)]));
});

test('slots that stay are counted by the alarm, without another report', async () => {
  const { stub, hub } = openArea();
  const paris = makeHomes(30, PARIS, { slots: 4, prefix: 'p' });
  const rome = makeHomes(12, ROME, { slots: 8, prefix: 'r' });
  await report(stub, hub(0), [...paris, ...rome]);
  expect(await dial(stub, rome)).toEqual(new Set([hub(0)]));
  await ageTold(stub);
  await evictDurableObject(stub);
  await runDurableObjectAlarm(stub);
  expect(await dial(stub, rome)).toEqual(new Set([hub(1)]));
});

test('a node that is revoked between its dial and its first report is told then, and gets no seat', async () => {
  const { stub, hub } = openArea();
  const homes = makeHomes(2, PARIS, { slots: 1, prefix: 'p' });
  await dial(stub, homes);
  await stub.revoke('p0', 'stolen');
  await report(stub, hub(0), homes);
  expect(Object.keys(await stub.seatsOf(['p0', 'p1']))).toEqual(['p1']);
});

test('a small area has one hub, and a home keeps its seat', async () => {
  const { stub, hub } = openArea();
  const homes = [...makeHomes(3, PARIS, { slots: 1, prefix: 'p' }), ...makeHomes(3, ROME, { slots: 1, prefix: 'r' })];
  expect(await dial(stub, homes)).toEqual(new Set([hub(0)]));
  await report(stub, hub(0), homes);
  expect(await dial(stub, homes)).toEqual(new Set([hub(0)]));
  expect(await stub.hubs()).toEqual([hub(0)]);
});

test('a hub with more than 200 slots is cut where its towns lie apart, and each town dials one hub', async () => {
  const { stub, hub } = openArea();
  const paris = makeHomes(30, PARIS, { slots: 4, prefix: 'p' });
  const rome = makeHomes(25, ROME, { slots: 4, prefix: 'r' });
  await dial(stub, [...paris, ...rome]);
  await report(stub, hub(0), [...paris, ...rome]);
  const parisHubs = await dial(stub, paris);
  const romeHubs = await dial(stub, rome);
  expect(parisHubs).toEqual(new Set([hub(0)]));
  expect(romeHubs).toEqual(new Set([hub(1)]));
  const seats = await readSeats(stub);
  expect(seats.every((seat) => seat.at_hub === hub(0))).toBe(true);
  expect(new Set(seats.filter((seat) => seat.node.startsWith('r')).map((seat) => seat.hub))).toEqual(new Set([hub(1)]));
});

test('homes on their way are where their seat is, whichever of two hubs speaks last', async () => {
  const { stub, hub } = openArea();
  const paris = makeHomes(30, PARIS, { slots: 4, prefix: 'p' });
  const rome = makeHomes(25, ROME, { slots: 4, prefix: 'r' });
  await dial(stub, [...paris, ...rome]);
  await report(stub, hub(0), [...paris, ...rome]);
  await report(stub, hub(1), rome);
  await report(stub, hub(0), [...paris, ...rome]);
  expect((await stub.seatsOf(['r0']))['r0']).toEqual({ hub: hub(1), at: hub(1), leftAt: null });
  await report(stub, hub(0), paris);
  const seats = await readSeats(stub);
  expect(seats).toHaveLength(55);
  expect(seats.every((seat) => seat.hub === seat.at_hub)).toBe(true);
  expect((await stub.hubs()).toSorted()).toEqual([hub(0), hub(1)]);
});

test('a hub below 15 slots is joined with its neighbour, and leaves the directory when its homes have gone over', async () => {
  const { stub, hub } = openArea();
  const paris = makeHomes(30, PARIS, { slots: 4, prefix: 'p' });
  const rome = makeHomes(25, ROME, { slots: 4, prefix: 'r' });
  await dial(stub, [...paris, ...rome]);
  await report(stub, hub(0), [...paris, ...rome]);
  await report(stub, hub(1), rome);
  const fewer = rome.map((home, index) => ({ ...home, slots: index < 10 ? 1 : 0 }));
  await report(stub, hub(0), paris);
  await report(stub, hub(1), fewer);
  // What they tell counts once they have told it for minutes.
  expect(await dial(stub, rome)).toEqual(new Set([hub(1)]));
  await ageTold(stub);
  await report(stub, hub(1), fewer);
  expect(await dial(stub, rome)).toEqual(new Set([hub(0)]));
  await report(stub, hub(0), [...paris, ...fewer]);
  await report(stub, hub(1), []);
  expect(await stub.hubs()).toEqual([hub(0)]);
  expect((await readSeats(stub)).every((seat) => seat.hub === hub(0) && seat.at_hub === hub(0))).toBe(true);
});

test('a hub that became too small in one moment is joined when the homes that left count no more', async () => {
  const { stub, hub } = openArea();
  const paris = makeHomes(30, PARIS, { slots: 4, prefix: 'p' });
  const rome = makeHomes(25, ROME, { slots: 4, prefix: 'r' });
  await dial(stub, [...paris, ...rome]);
  await report(stub, hub(0), [...paris, ...rome]);
  await report(stub, hub(1), rome);
  await report(stub, hub(0), paris);
  await runDurableObjectAlarm(stub);
  await report(stub, hub(1), rome.slice(0, 3));
  expect(await dial(stub, rome.slice(0, 3))).toEqual(new Set([hub(1)]));
  const alarmAt = await runInDurableObject(stub, (_area, state) => state.storage.getAlarm());
  expect(alarmAt).toBeGreaterThan(Date.now() + 500_000);
  await runInDurableObject(
    stub,
    (_area, state) => void state.storage.sql.exec('UPDATE homes SET left_at = 1 WHERE left_at > 0'),
  );
  await evictDurableObject(stub);
  await runDurableObjectAlarm(stub);
  expect(await dial(stub, rome.slice(0, 3))).toEqual(new Set([hub(0)]));
});

test('homes that all drop off for a moment join no hubs, and find their seats again', async () => {
  const { stub, hub } = openArea();
  const paris = makeHomes(30, PARIS, { slots: 4, prefix: 'p' });
  const rome = makeHomes(25, ROME, { slots: 4, prefix: 'r' });
  await dial(stub, [...paris, ...rome]);
  await report(stub, hub(0), [...paris, ...rome]);
  await report(stub, hub(1), rome);
  await report(stub, hub(0), paris);
  await report(stub, hub(1), []);
  await report(stub, hub(0), []);
  expect(await dial(stub, paris)).toEqual(new Set([hub(0)]));
  expect(await dial(stub, rome)).toEqual(new Set([hub(1)]));
  const seat = (await stub.seatsOf(['p0', 'unknown']))['p0'];
  expect(seat?.leftAt).toBeGreaterThan(0);
});

test('hubs are planned at most every ten seconds: what comes sooner waits for the alarm', async () => {
  const { stub, hub } = openArea();
  const paris = makeHomes(51, PARIS, { slots: 4, prefix: 'p' });
  await report(stub, hub(0), paris);
  const more = [...paris, ...makeHomes(50, ROME, { slots: 4, prefix: 'r' })];
  await stub.report({ hub: hub(0), homes: more, ...PARIS });
  const alarmAt = await runInDurableObject(stub, (_area, state) => state.storage.getAlarm());
  expect(alarmAt).toBeGreaterThan(Date.now());
  expect(alarmAt).toBeLessThanOrEqual(Date.now() + 10_000);
  await evictDurableObject(stub);
  await runDurableObjectAlarm(stub);
  const seats = await readSeats(stub);
  expect(new Set(seats.filter((seat) => seat.node.startsWith('r')).map((seat) => seat.hub))).toEqual(new Set([hub(1)]));
});

test('an idle area asks for no alarm', async () => {
  const { stub, hub } = openArea();
  await report(stub, hub(0), makeHomes(2, PARIS, { slots: 1, prefix: 'p' }));
  await report(stub, hub(0), makeHomes(1, PARIS, { slots: 1, prefix: 'p' }));
  expect(await runInDurableObject(stub, (_area, state) => state.storage.getAlarm())).toBeNull();
});

test('a revoked home gets no seat and is forgotten, wherever it was', async () => {
  const { stub, hub } = openArea();
  const homes = makeHomes(2, PARIS, { slots: 1, prefix: 'p' });
  await dial(stub, homes);
  await report(stub, hub(0), homes);
  await stub.revoke('p0', 'stolen');
  expect(await stub.assign({ nodeId: 'p0', ...PARIS })).toBeNull();
  expect(await stub.seatsOf(['p0', 'p1'])).toEqual({ p1: { hub: hub(0), at: hub(0), leftAt: null } });
  await stub.revoke('never', 'was not here');
});

test('rows come from the hubs near the asker; a hub without homes is not asked', async () => {
  const { stub, hub } = openArea();
  const asked: string[] = [];
  await report(stub, hub(0), makeHomes(1, PARIS, { slots: 1, prefix: 'p' }));
  for (let number = 1; number < 9; number++)
    await stub.report({
      hub: hub(number),
      homes: makeHomes(1, { lat: 48.9 - number, lon: 2.4 }, { slots: 1, prefix: `q${number}` }),
      lat: 48.9 - number,
      lon: 2.4,
    });
  await runInDurableObject(stub, async (_area, state) => {
    const hubOf = (name: string) => ({ offer: async () => [{ hub: name, place: asked.push(name) }] });
    // The same directory, over the same storage, with hubs that tell when they are asked.
    const services = { ...makeAreaServices(env), hub: hubOf as unknown as AreaServices['hub'] };
    const area = new Area(state, env, services);
    await area.offers({ modelKey: 'm', ...PARIS });
    await area.offers({ modelKey: 'm', ...PARIS });
    expect(asked.toSorted()).toEqual([0, 1, 2, 3, 4, 5].map((number) => hub(number)));
    const far = await area.offers({ modelKey: 'm', lat: 40.9, lon: 2.4 });
    expect(far.map((row) => row.hub).toSorted()).toEqual([3, 4, 5, 6, 7, 8].map((number) => hub(number)));
    expect(asked.slice(6).toSorted()).toEqual([6, 7, 8].map((number) => hub(number)));
  });
});
