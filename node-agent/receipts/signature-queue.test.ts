import { expect, test } from 'vitest';
import { SignatureQueue } from './signature-queue.ts';

test('urgent work goes first, and each piece has a turn of its own', async () => {
  const queue = new SignatureQueue();
  const order: string[] = [];
  let turns = 0;
  const count = (): void => {
    turns += 1;
    if (turns < 20) setImmediate(count);
  };
  setImmediate(count);
  const seen: number[] = [];
  const work = (name: string) => () => {
    order.push(name);
    seen.push(turns);
  };
  await Promise.all([queue.runLater(work('late')), queue.run(work('a')), queue.run(work('b'))]);
  expect(order).toEqual(['a', 'b', 'late']);
  expect(new Set(seen).size).toBe(3);
});

test('work that throws rejects, and the rest goes on', async () => {
  const queue = new SignatureQueue();
  const broken = queue.run(() => {
    throw new Error('no');
  });
  const fine = queue.run(() => 7);
  await expect(broken).rejects.toThrow('no');
  expect(await fine).toBe(7);
});
