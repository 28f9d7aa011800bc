import { expect, test } from 'vitest';
import type { Seat } from './seats.ts';
import { makeWhy } from '../homes/make-why.ts';
import { WhyFinder } from './why-finder.ts';

const NO_TURNS = { answered: 0, refused: 0, contradicted: 0, preempted: 0 };
const NO_FAULTS = { lastHour: 0, heldAgainst: 0 };

const HERE: Seat = { hub: 'hub:a:1', at: 'hub:a:0', leftAt: null };

/** Areas `a` and `b` with these seats; hubs answer unless they are away. */
function makeFinder(seats: Record<string, Record<string, Seat>>, some: { away?: string; hubsAway?: boolean } = {}) {
  const asked: string[] = [];
  const clock = { now: 1_800_000_000_000 };
  const finder = new WhyFinder({
    areas: ['a', 'b'],
    seatsOf: async (area, nodeIds) => {
      asked.push(`${area} ${nodeIds.join(',')}`);
      if (area === some.away) throw new Error('away');
      return seats[area] ?? {};
    },
    why: async (hub, nodeId) => {
      asked.push(`${hub} ${nodeId}`);
      if (some.hubsAway) throw new Error('away');
      if (nodeId === 'forgotten') return null;
      const standing = { paused: null, isConnected: true, coolingUntilAt: null, coolingReason: null, sinceAt: 1 };
      return makeWhy({
        nodeId,
        area: 'a',
        hub,
        standing,
        minutes: [],
        faults: NO_FAULTS,
        turns: NO_TURNS,
        measured: {},
        guessed: {},
        live: null,
        now: clock.now,
      });
    },
    now: () => clock.now,
  });
  return { finder, asked, clock };
}

test('the hub where a home is connected answers, though it belongs elsewhere by now', async () => {
  const { finder, asked } = makeFinder({ a: { n: HERE } });
  const [why] = await finder.find(['n']);
  expect(why).toMatchObject({ node: 'n', online: true, hub: 'hub:a:0' });
  expect(asked).toEqual(['a n', 'b n', 'hub:a:0 n']);
});

test('a home that two areas know is where it is connected, else where it left last', async () => {
  const gone: Seat = { hub: 'hub:b:0', at: 'hub:b:0', leftAt: 5 };
  const first = makeFinder({ a: { n: { ...HERE, leftAt: 9 } }, b: { n: gone } });
  expect((await first.finder.find(['n']))[0]?.hub).toBe('hub:a:0');
  const second = makeFinder({ a: { n: { ...HERE, leftAt: 9 } }, b: { n: { ...gone, leftAt: null } } });
  expect((await second.finder.find(['n']))[0]?.hub).toBe('hub:b:0');
});

test('seats are asked for once in ten seconds', async () => {
  const { finder, asked, clock } = makeFinder({ a: { n: HERE } });
  await finder.find(['n']);
  clock.now += 9999;
  await finder.find(['n', 'm']);
  expect(asked.filter((one) => one.startsWith('a '))).toEqual(['a n', 'a m']);
  clock.now += 1;
  await finder.find(['n']);
  expect(asked.filter((one) => one.startsWith('a '))).toEqual(['a n', 'a m', 'a n']);
});

test('a node that nobody knows is told as never connected', async () => {
  const { finder } = makeFinder({});
  expect((await finder.find(['n']))[0]).toMatchObject({ online: false, since: null, hub: null });
  const told = makeFinder({ a: { n: { hub: 'hub:a:0', at: null, leftAt: 5 } } }, { hubsAway: true });
  expect((await told.finder.find(['n']))[0]).toMatchObject({ online: false, since: null });
});

test('an area that is away does not hide what the other knows', async () => {
  const { finder } = makeFinder({ a: { n: HERE } }, { away: 'b' });
  expect((await finder.find(['n']))[0]?.online).toBe(true);
});

test('with its hub away, or a hub that forgot it, a home is told by its seat alone', async () => {
  const at = 1_800_000_000_000 - 2 * 3_600_000;
  const seats = { a: { n: { ...HERE, leftAt: at }, forgotten: HERE } };
  const gone = (await makeFinder(seats, { hubsAway: true }).finder.find(['n']))[0];
  expect(gone).toMatchObject({ online: false, since: at, lastHour: { minutesWithout: 60 } });
  expect(gone?.lastHour.summary).toContain('not connected since');
  const forgotten = (await makeFinder(seats).finder.find(['forgotten']))[0];
  expect(forgotten).toMatchObject({ online: true, lastHour: { minutesWithout: 0 } });
});

test('a home that moves after its seat was read is asked for where it went', async () => {
  const seats = { a: { n: HERE } };
  const moved: Seat = { hub: 'hub:a:1', at: 'hub:a:1', leftAt: null };
  const standing = { paused: null, isConnected: true, coolingUntilAt: null, coolingReason: null, sinceAt: 1 };
  const finder = new WhyFinder({
    areas: ['a'],
    seatsOf: async () => seats.a,
    why: async (hub, nodeId) => {
      // What the first hub knew went ahead of the home as it was about to be asked.
      seats.a = { n: moved };
      if (hub !== moved.at) return null;
      return makeWhy({
        nodeId,
        area: 'a',
        hub,
        standing,
        minutes: [],
        faults: NO_FAULTS,
        turns: NO_TURNS,
        measured: {},
        guessed: {},
        live: null,
        now: 5,
      });
    },
    now: () => 5,
  });
  expect((await finder.find(['n']))[0]).toMatchObject({ online: true, hub: 'hub:a:1' });
});
