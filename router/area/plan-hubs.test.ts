import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { curveKey, hubFor, HUB_SIZES, planHubs } from './plan-hubs.ts';
import type { HubPlan, HubRange, PlannedNode } from './plan-hubs.ts';

const nameHub = (number: number): string => `hub:weur:${number}`;
const node = (nodeId: string, lat: number, lon: number, slots = 4, hub: string | null = null): PlannedNode => ({
  nodeId,
  lat,
  lon,
  slots,
  hub,
});
const plan = (nodes: readonly PlannedNode[], current: readonly HubRange[] = [], nextNumber = current.length): HubPlan =>
  planHubs({ nodes, current, nextNumber, nameHub });
/** The same homes, connected where the plan wants them. */
const settle = (nodes: readonly PlannedNode[], { ranges }: HubPlan): PlannedNode[] =>
  nodes.map((each) => ({ ...each, hub: hubFor(ranges, each) }));
function slotsByHub(nodes: readonly PlannedNode[], { ranges }: HubPlan): Map<string, number> {
  const slots = new Map(ranges.map(({ hub }) => [hub, 0]));
  for (const each of nodes)
    slots.set(hubFor(ranges, each) ?? '', (slots.get(hubFor(ranges, each) ?? '') ?? 0) + each.slots);
  return slots;
}
const spread = (count: number, slots = 4): PlannedNode[] =>
  Array.from({ length: count }, (_, i) => node(`n${i}`, 40 + ((i * 7) % 20), ((i * 13) % 30) - 5, slots));

describe('planHubs', () => {
  test('an area without homes has one hub, and a small one keeps it', () => {
    expect(plan([])).toEqual({ ranges: [{ hub: 'hub:weur:0', from: '' }], moves: [], nextNumber: 1 });
    expect(plan(spread(50)).ranges).toHaveLength(1);
  });

  test('a hub past 200 slots is cut; the heavier part keeps its name and its homes', () => {
    const one = plan(spread(50));
    const grown = settle(spread(50), one).concat(spread(80).slice(50));
    const cut = plan(grown, one.ranges, one.nextNumber);
    expect(cut.ranges.map(({ hub }) => hub).toSorted()).toEqual(['hub:weur:0', 'hub:weur:1']);
    expect(cut.moves.length).toBeLessThanOrEqual(25);
    expect(cut.moves.every(({ from, to }) => from === 'hub:weur:0' && to === 'hub:weur:1')).toBe(true);
    const slots = slotsByHub(grown, cut);
    expect(slots.get('hub:weur:0')).toBeGreaterThanOrEqual(slots.get('hub:weur:1') ?? 0);
  });

  test('a hub below 15 slots joins its neighbour, and only its homes move', () => {
    const wide = spread(100);
    const before = plan(wide);
    expect(before.ranges.length).toBeGreaterThan(1);
    const doomed = before.ranges[1]?.hub;
    const left = settle(wide, before);
    const gone = left
      .filter(({ hub }) => hub === doomed)
      .slice(2)
      .map(({ nodeId }) => nodeId);
    const after = plan(
      left.filter(({ nodeId }) => !gone.includes(nodeId)),
      before.ranges,
      before.nextNumber,
    );
    expect(after.ranges.map(({ hub }) => hub)).not.toContain(doomed);
    expect(after.moves.map(({ from }) => from)).toEqual([doomed, doomed]);
  });

  test('homes of one place share a hub, until a single town fills more than one', () => {
    const town = Array.from({ length: 45 }, (_, i) => node(`t${i}`, 48.9, 2.4));
    const mixed = plan([...town, ...spread(40)]);
    expect(new Set(town.map((each) => hubFor(mixed.ranges, each))).size).toBe(1);
    const metro = Array.from({ length: 120 }, (_, i) => node(`t${i}`, 48.9, 2.4));
    const slots = [...slotsByHub(metro, plan(metro)).values()];
    expect(slots.length).toBeGreaterThan(2);
    expect(Math.max(...slots)).toBeLessThanOrEqual(200);
  });

  test('a home that is too big for any hub has one to itself', () => {
    expect(plan([node('a', 48, 2, 500)]).ranges).toHaveLength(1);
  });

  test('a home that is only about to dial is placed and not moved', () => {
    expect(plan(spread(200)).moves).toEqual([]);
  });

  test('no hub is too big, and planning again changes nothing', () => {
    const anyNode = fc.tuple(
      fc.integer({ min: 350, max: 600 }),
      fc.integer({ min: -100, max: 300 }),
      fc.integer({ min: 1, max: 8 }),
    );
    fc.assert(
      fc.property(fc.array(anyNode, { maxLength: 300 }), (facts) => {
        const nodes = facts.map(([lat, lon, slots], i) => node(`n${i}`, lat / 10, lon / 10, slots));
        const first = plan(nodes);
        expect(Math.max(...slotsByHub(nodes, first).values())).toBeLessThanOrEqual(HUB_SIZES.maxSlots);
        const again = plan(settle(nodes, first), first.ranges, first.nextNumber);
        expect(again).toEqual({ ...first, moves: [] });
      }),
      { numRuns: 50 },
    );
  });

  test('sizes are the caller’s to set', () => {
    const small = planHubs({
      nodes: spread(100),
      current: [],
      nextNumber: 0,
      nameHub,
      sizes: { minSlots: 15, maxSlots: 50 },
    });
    expect(Math.max(...slotsByHub(spread(100), small).values())).toBeLessThanOrEqual(50);
  });
});

describe('the curve', () => {
  test('neighbours share the beginning of their keys, and a key is 40 bits', () => {
    const paris = curveKey(node('a', 48.9, 2.4));
    expect(paris).toMatch(/^[01]{40}$/);
    expect(curveKey(node('b', 48.9, 2.4)).slice(0, 24)).toBe(paris.slice(0, 24));
    expect(curveKey(node('a', -33, 151)).slice(0, 2)).not.toBe(paris.slice(0, 2));
  });

  test('every home has a hub, and none where there are no ranges', () => {
    expect(hubFor([], node('a', 0, 0))).toBeNull();
    expect(hubFor([{ hub: 'h', from: '' }], node('a', -90, -180))).toBe('h');
  });
});
