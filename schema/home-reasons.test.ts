import { expect, test } from 'vitest';
import { addWait, tellHomeReasonJa, writeHomeReason } from './home-reasons.ts';
import type { HomeRule } from './home-reasons.ts';

const RULES: readonly HomeRule[] = ['order', 'own', 'forced', 'closest', 'fairest', 'fastest', 'cheapest', 'greenest'];

test.each(RULES)('%s: what a hub writes is told in Japanese, with its figures and nothing of the English', (rule) => {
  const grams = { own: '0.0012', closest: '3.4e-7' };
  const told = tellHomeReasonJa(addWait(writeHomeReason({ rule, km: 12, firstTokenS: '0.52', grams }), 1340));
  expect(told).toMatch(/0\.0012 g.*3\.4e-7 g.*12 km.*0\.52秒.*1\.3秒/);
  expect(told).not.toMatch(/[a-z]{3}/);
  const plain = tellHomeReasonJa(writeHomeReason({ rule, km: 0, firstTokenS: '1.00' }));
  expect(plain).toMatch(/です。距離は0 km|でした。距離は0 km/);
});

test('what another version says is not guessed at', () => {
  expect(tellHomeReasonJa('home of a friend: 3 km, first token expected in 0.10 s')).toBeNull();
  expect(tellHomeReasonJa('closest home that keeps the promise')).toBeNull();
});
