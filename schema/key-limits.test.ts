import { expect, test } from 'vitest';
import { keepLimits, keyLimitsSchema, tellKeyLimits } from './key-limits.ts';

const NONE = { day: null, month: null, total: null, job: null, requests: null, tokens: null, concurrent: null };

test('what is left out is no limit, and limits are told in the words in which they were said', () => {
  const said = {
    spend: { day_micro: 0, month_micro: 5_000, total_micro: null },
    requests_per_minute: 60,
    tokens_per_minute: null,
    concurrent: 4,
    max_job_micro: 100,
  };
  const limits = keyLimitsSchema.parse(said);
  expect(limits).toEqual({ ...NONE, day: 0, month: 5_000, requests: 60, concurrent: 4, job: 100 });
  expect(tellKeyLimits(limits)).toEqual(said);
  expect(keyLimitsSchema.parse({ spend: { day_micro: 7 } })).toEqual({ ...NONE, day: 7 });
});

test('limits that limit nothing are none', () => {
  expect(keepLimits(keyLimitsSchema.parse({ spend: null }))).toBeNull();
  expect(keepLimits(null)).toBeNull();
  expect(tellKeyLimits(null)).toBeNull();
  expect(keepLimits({ ...NONE, day: 0 })).toEqual({ ...NONE, day: 0 });
});

test.each([
  [{ spend: { day_micro: -1 } }, 'spend.day_micro'],
  [{ spend: { week_micro: 1 } }, 'spend'],
  [{ spend: { day_micro: 1.5 } }, 'spend.day_micro'],
  [{ requests_per_minute: 0 }, 'requests_per_minute'],
  [{ tokens_per_minute: '60' }, 'tokens_per_minute'],
  [{ concurrent: 1e9 }, 'concurrent'],
  [{ max_job_micro: Number.NaN }, 'max_job_micro'],
  [{ rpm: 5 }, ''],
])('%o is refused by its field', (said, field) => {
  const { error } = keyLimitsSchema.safeParse(said);
  expect(error?.issues[0]?.path.join('.')).toBe(field);
});
