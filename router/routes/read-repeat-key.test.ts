import { expect, test } from 'vitest';
import { readRepeatKey } from './read-repeat-key.ts';

test.each([undefined, 'a', 'stainless-node-retry-2b1f', '"quoted"', '~'.repeat(255)])(
  '%j is read as it stands',
  (header) => {
    expect(readRepeatKey(header)).toEqual({ ok: true, value: header ?? null });
  },
);

test.each(['', 'a b', 'a, b', 'ключ', 'a\tb', 'x'.repeat(256)])('%j is refused by the header’s name', (header) => {
  expect(readRepeatKey(header)).toMatchObject({
    ok: false,
    error: { param: 'Idempotency-Key', code: 'invalid_value', message: expect.stringContaining('1 to 255') as string },
  });
});
