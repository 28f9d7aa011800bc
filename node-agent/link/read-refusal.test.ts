import { expect, test } from 'vitest';
import { readRefusal } from './read-refusal.ts';

test('an OpenAI-shaped error gives its code, message and wait', () => {
  const body = JSON.stringify({ error: { message: 'gone', type: 'x', param: null, code: 'node_revoked' } });
  expect(readRefusal(403, '12', body)).toEqual({
    kind: 'http',
    status: 403,
    code: 'node_revoked',
    message: 'gone',
    retryAfterMs: 12_000,
  });
});

test('the field that it is about is told where there is one', () => {
  const body = (param: unknown): string => JSON.stringify({ error: { message: 'm', code: 'forbidden', param } });
  expect(readRefusal(403, undefined, body('origin'))).toMatchObject({ param: 'origin' });
  expect(readRefusal(403, undefined, body(7))).not.toHaveProperty('param');
});

test.each(['', '<html>', '{}', '{"error":7}'])('a body of %j says only its status', (body) => {
  expect(readRefusal(502, 'Wed, 21 Oct 2026', body)).toEqual({
    kind: 'http',
    status: 502,
    code: null,
    message: 'HTTP 502',
    retryAfterMs: null,
  });
});
