import { expect, test } from 'vitest';
import { decideCrowd } from './decide-crowd.ts';
import type { CrowdJob } from './decide-crowd.ts';

const LIMITS = { account: 6, key: 4, guest: 2 };
const jobs = (count: number, keyId: string | null, isGuest = false): CrowdJob[] =>
  Array.from({ length: count }, () => ({ keyId, isGuest }));

test('jobs run beside one another up to each limit, and the one too many is told which', () => {
  const [a, b, guest] = [...jobs(1, 'a'), ...jobs(1, 'b'), ...jobs(1, 'a', true)];
  if (!a || !b || !guest) throw new Error('no jobs');
  expect(decideCrowd(jobs(3, 'a'), a, LIMITS)).toBeNull();
  expect(decideCrowd(jobs(4, 'a'), a, LIMITS)).toEqual({ of: 'key', limit: 4 });
  expect(decideCrowd(jobs(4, 'a'), b, LIMITS)).toBeNull();
  expect(decideCrowd([...jobs(4, 'a'), ...jobs(2, null)], b, LIMITS)).toEqual({ of: 'account', limit: 6 });
  expect(decideCrowd(jobs(2, 'b', true), guest, LIMITS)).toEqual({ of: 'guest', limit: 2 });
  expect(decideCrowd(jobs(2, 'b', true), a, LIMITS)).toBeNull();
});
