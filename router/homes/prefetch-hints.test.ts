import { expect, test } from 'vitest';
import type { PassedOver } from '../../schema/placement.ts';
import type { ServingHome } from './make-homes.ts';
import { PrefetchHints } from './prefetch-hints.ts';

function home(nodeId: string, facts: Partial<ServingHome['home']> & { isCooling?: boolean } = {}): ServingHome {
  const { isCooling = false, ...rest } = facts;
  return { home: { nodeId, loadMs: 3000, active: 0, ...rest }, model: { name: 'm' }, isCooling } as ServingHome;
}

const lost = (why: PassedOver, ...nodeIds: string[]): Map<string, PassedOver> =>
  new Map(nodeIds.map((id) => [id, why]));

test('the idle home that has it loaded soonest is told, once a minute; another one of the model when that may be loaded', () => {
  const hints = new PrefetchHints();
  const homes = [home('slow', { loadMs: 9000 }), home('quick')];
  const passedOver = lost('cold', 'slow', 'quick');
  const choose = (now: number) => hints.choose('m', homes, { passedOver, now })?.home.nodeId ?? null;
  expect(choose(0)).toBe('quick');
  expect(choose(4999)).toBeNull();
  expect(choose(5000)).toBe('slow');
  expect(choose(13_999)).toBeNull();
  expect(choose(14_000)).toBeNull();
  expect(choose(60_000)).toBe('quick');
  hints.forget('quick');
  expect(choose(66_000)).toBe('quick');
});

test('homes at work, in memory, cooling down, or lost to a wish are told nothing', () => {
  const homes = [home('busy', { active: 1 }), home('warm', { loadMs: 0 }), home('cooling', { isCooling: true })];
  const passedOver = lost('cold', 'busy', 'warm', 'cooling');
  expect(new PrefetchHints().choose('m', homes, { passedOver, now: 0 })).toBeNull();
  expect(new PrefetchHints().choose('m', [home('n')], { passedOver: lost('wish', 'n'), now: 0 })).toBeNull();
  expect(new PrefetchHints().choose('m', [home('n')], { passedOver: new Map(), now: 0 })).toBeNull();
});
