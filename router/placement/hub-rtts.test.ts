import { expect, test } from 'vitest';
import { HubRtts } from './hub-rtts.ts';

test('a hub that was never asked is guessed from its distance', () => {
  const rtts = new HubRtts();
  expect(rtts.expectMs('h', 0)).toBeLessThan(10);
  expect(rtts.expectMs('h', 5000)).toBeGreaterThan(80);
});

test('a measurement outweighs the guess, and a hiccup does not outweigh measurements', () => {
  const rtts = new HubRtts();
  for (let i = 0; i < 20; i++) rtts.note('h', 40);
  expect(Math.abs(rtts.expectMs('h', 9000) - 40)).toBeLessThan(2);
  rtts.note('h', 5000);
  expect(rtts.expectMs('h', 9000)).toBeLessThan(60);
  expect(rtts.expectMs('other', 0)).toBeLessThan(10);
});
