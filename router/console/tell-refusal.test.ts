import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { shownText } from '../auth/bodies.ts';
import { ApiError, ERROR_CODES } from '../errors.ts';
import { FormFault, tellRefusal } from './tell-refusal.ts';

const JAPANESE = /^[^a-z]*[ぁ-ん]/;

function faultOf(schema: z.ZodType, value: unknown): FormFault {
  const [issue] = schema.safeParse(value).error?.issues ?? [];
  if (!issue) throw new Error('it is right');
  return new FormFault(issue);
}

test.each(ERROR_CODES)('%s is told in Japanese, with its own sentence below; in English it is that', (code) => {
  const error = new ApiError(code, 'The last owner stays one.', { param: 'x' });
  const { told, english } = tellRefusal(error, 'ja');
  expect(told).toMatch(/[ぁ-ん]。/);
  expect(english).toBe('The last owner stays one.');
  expect(tellRefusal(error, 'en')).toEqual({ told: 'The last owner stays one.', english: null });
});

test('beside its field a refusal does not name it as the API does', () => {
  const error = new ApiError('invalid_value', "'url' must be an https address.", { param: 'url' });
  expect(tellRefusal(error, 'en').told).toBe('It must be an https address.');
});

test('a field says more than its code, and when to come back is told', () => {
  const told = (param: string | null): string => tellRefusal(new ApiError('conflict', 'No.', { param }), 'ja').told;
  expect(told('role')).toContain('最後のオーナー');
  expect(told('role')).not.toBe(told(null));
  const late = new ApiError('rate_limit_exceeded', 'Too many.', { retryAfterS: 90 });
  expect(tellRefusal(late, 'ja').told).toContain('90');
});

describe('a field by what it takes', () => {
  test.each([
    [shownText, '', '入力してください。', 'Say something here.'],
    [shownText, 'x'.repeat(201), '200文字以内', '200 characters at most'],
    [z.email(), 'nobody', 'メールアドレス', 'mail address'],
    [z.coerce.number(), 'much', '数値', 'number'],
    [z.coerce.number().int().max(1000), '1001', '1,000以下', '1,000 at most'],
    [z.enum(['yes', 'no']), 'perhaps', '選択肢', 'Choose'],
  ])('%#', (schema, value, japanese, english) => {
    const fault = faultOf(schema, value);
    expect(tellRefusal(fault, 'ja').told).toContain(japanese);
    expect(tellRefusal(fault, 'en').told).toContain(english);
  });

  test('what only our own schema knows is its own sentence, below what Japanese says', () => {
    const fault = faultOf(z.object({ name: shownText }), { name: 'a\u202eb' });
    expect(fault.options.param).toBe('name');
    expect(tellRefusal(fault, 'en').told).toBe('It must not hold control characters or marks that turn its direction.');
    expect(tellRefusal(fault, 'ja')).toEqual({
      told: expect.stringMatching(JAPANESE),
      english: expect.stringContaining('must not hold'),
    });
  });
});
