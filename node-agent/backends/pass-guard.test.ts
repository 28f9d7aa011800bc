import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { PassGuard } from './pass-guard.ts';

test('work passes and its failure is handed on, until the guard is closed', async () => {
  const guard = new PassGuard();
  expect(await guard.pass(() => Promise.resolve(3))).toBe(3);
  await expect(guard.pass(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  guard.close();
  let ran = false;
  const never = guard.pass(() => {
    ran = true;
    return Promise.resolve(1);
  });
  const first = await Promise.race([never, sleep(20, 'nothing')]);
  expect([first, ran]).toEqual(['nothing', false]);
});
