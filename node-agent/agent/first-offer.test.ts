import { expect, test } from 'vitest';
import { FirstOffer } from './first-offer.ts';

const never = new AbortController().signal;

test('a home waits until a look finds something to share, and never again', async () => {
  const offer = new FirstOffer();
  let isThere = false;
  const waited = offer.wait(never).then(() => {
    isThere = true;
  });
  offer.note(false);
  await Promise.resolve();
  expect([isThere, offer.isThere]).toEqual([false, false]);
  offer.note(true);
  await waited;
  offer.note(false);
  expect(offer.isThere).toBe(true);
  await offer.wait(never);
});

test('a stop ends the wait', async () => {
  const stop = new AbortController();
  const offer = new FirstOffer();
  const waited = offer.wait(stop.signal);
  stop.abort();
  await waited;
  await offer.wait(stop.signal);
  expect(offer.isThere).toBe(false);
});
