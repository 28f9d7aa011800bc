import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { AccountTurns } from './account-turns.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("one account's work runs one after the other, another's beside it", async () => {
  const turns = new AccountTurns();
  const told: string[] = [];
  const work = (name: string, ms: number) => async (): Promise<string> => {
    told.push(`${name} begins`);
    await new Promise((wake) => setTimeout(wake, ms));
    told.push(`${name} ends`);
    return name;
  };
  const all = [turns.run('x', work('a', 30)), turns.run('x', work('b', 10)), turns.run('y', work('c', 20))];
  await vi.advanceTimersByTimeAsync(100);
  expect(await Promise.all(all)).toEqual(['a', 'b', 'c']);
  expect(told).toEqual(['a begins', 'c begins', 'c ends', 'a ends', 'b begins', 'b ends']);
  expect(turns.size).toBe(0);
});

test('work that fails fails for its own call only', async () => {
  const turns = new AccountTurns();
  const failed = turns.run('x', () => Promise.reject(new Error('broke')));
  const next = turns.run('x', () => Promise.resolve('fine'));
  await expect(failed).rejects.toThrow('broke');
  await vi.advanceTimersByTimeAsync(10);
  expect(await next).toBe('fine');
  expect(turns.size).toBe(0);
});

test('a call that never ends is waited for only so long', async () => {
  const turns = new AccountTurns();
  void turns.run('x', () => new Promise(() => undefined));
  const next = turns.run('x', () => Promise.resolve('fine'));
  await vi.advanceTimersByTimeAsync(6000);
  expect(await next).toBe('fine');
});
