// What a node earned before the book kept it, over real SQLite.
import { expect, test } from 'vitest';
import { FakeStorage } from '../test/workerd/sqlite-objects.ts';
import { OlderEarnings } from './older-earnings.ts';

test('what the object had when days began to be kept is added to the book, less what the book turns out to have of it', () => {
  const storage = new FakeStorage();
  const open = (accepted: number) => new OlderEarnings((storage.open() as DurableObjectStorage).sql, accepted);
  const older = open(1000);
  // 40 were on their way when it was first opened: the book gets them.
  expect(older.add(0, 1010)).toBe(1000);
  expect(older.add(45, 1010)).toBe(1010);
  expect(older.units).toBe(965);
  // From now on what is lacking is lacking, in the object's next life too.
  const again = open(5000);
  expect([again.add(45, 1030), again.add(60, 1030), again.units]).toEqual([1010, 1025, 965]);
});

test('of a node whose first job came later nothing is older, whatever the book lacks', () => {
  const older = new OlderEarnings((new FakeStorage().open() as DurableObjectStorage).sql, 0);
  expect([older.add(3, 500), older.add(500, 500), older.units]).toEqual([3, 500, 0]);
});
