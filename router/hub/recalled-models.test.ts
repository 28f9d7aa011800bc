import { expect, test } from 'vitest';
import { makeJobOffer } from '../test/make-job-offer.ts';
import { RecalledModels } from './recalled-models.ts';

const NOW = 1_800_000_000_000;
const [good, bad] = ['a'.repeat(64), 'b'.repeat(64)];

test('weights that do not count as a model any more are asked for no more, also by an edge that has not heard', () => {
  const recalled = new RecalledModels();
  const offer = makeJobOffer({ model: 'm', digests: [good, bad] });
  expect(recalled.fit(offer, NOW)).toBe(offer);
  recalled.note({ model: 'm', digests: [good] }, NOW);
  expect(recalled.fit(offer, NOW + 60_000).digests).toEqual([good]);
  expect(recalled.fit({ ...offer, model: 'other' }, NOW).digests).toEqual([good, bad]);
  recalled.note({ model: 'm', digests: [] }, NOW);
  expect(recalled.fit(offer, NOW + 60_000).digests).toEqual([]);
});

test('an owner’s own model of the same name is nobody’s to recall, and after two minutes every edge knows', () => {
  const recalled = new RecalledModels();
  recalled.note({ model: 'm', digests: [] }, NOW);
  expect(recalled.fit(makeJobOffer({ model: 'm', digests: null }), NOW).digests).toBeNull();
  expect(recalled.fit(makeJobOffer({ model: 'm', digests: [good] }), NOW + 120_000).digests).toEqual([good]);
});
