import { expect, test } from 'vitest';
import type { NodeCandidate } from '../homes/find-entry.ts';
import { makeJobOffer } from '../test/make-job-offer.ts';
import { GuestShare } from './guest-share.ts';

const MODEL = { name: 'm', digest: 'a'.repeat(64) } as NodeCandidate['models'][number];

function makeHome(facts: Partial<NodeCandidate> = {}): NodeCandidate {
  const place = { lat: 0, lon: 0, country: 'FR' };
  const who = { nodeId: 'node_1', ownerAccountId: 'acct_owner', pools: [], place, models: [MODEL] };
  return { ...who, slots: 4, active: 0, isPaused: false, ...facts };
}

const guest = (accountId: string) => makeJobOffer({ accountId, isGuest: true });

test('one guest gets half of the slots, all together three quarters, and who is no guest is never held back', () => {
  const share = new GuestShare();
  const homes = [makeHome()];
  const ends = [share.begin(guest('a')), share.begin(guest('a'))];
  expect([guest('a'), guest('b'), makeJobOffer()].map((offer) => share.isFull(offer, () => homes))).toEqual([
    true,
    false,
    false,
  ]);
  ends.push(share.begin(guest('b')));
  expect([guest('b'), guest('c'), makeJobOffer()].map((offer) => share.isFull(offer, () => homes))).toEqual([
    true,
    true,
    false,
  ]);
  ends[0]?.();
  expect([guest('a'), guest('c')].map((offer) => share.isFull(offer, () => homes))).toEqual([false, false]);
});

test('where there is one slot one guest may have it', () => {
  const share = new GuestShare();
  const homes = [makeHome({ slots: 1 })];
  expect(share.isFull(guest('a'), () => homes)).toBe(false);
  share.begin(guest('a'));
  expect(share.isFull(guest('b'), () => homes)).toBe(true);
});

test('slots count of homes of others that serve the model and are there', () => {
  const share = new GuestShare();
  share.begin(guest('a'));
  const others = [{ isPaused: true }, { ownerAccountId: 'a' }, { models: [] }].map((facts) => makeHome(facts));
  expect(share.isFull(guest('a'), () => [...others, makeHome({ slots: 3 })])).toBe(true);
  expect(share.isFull(guest('a'), () => [...others, makeHome({ slots: 4 })])).toBe(false);
});

test('models are told apart, and what has ended leaves nothing', () => {
  const share = new GuestShare();
  const end = share.begin(guest('a'));
  const homes = [makeHome({ slots: 1 })];
  expect(share.isFull(makeJobOffer({ accountId: 'a', isGuest: true, model: 'other' }), () => homes)).toBe(false);
  end();
  expect(share.isFull(guest('a'), () => homes)).toBe(false);
});

test('a home whose data breaks has no slots, and keeps nobody out', () => {
  const share = new GuestShare();
  const broken = makeHome({ models: null as never });
  share.begin(guest('a'));
  expect(share.isFull(guest('a'), () => [broken, makeHome()])).toBe(false);
});
