import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { newMemberBody, shownText } from '../auth/bodies.ts';
import { invitationBody, newPoolBody } from '../auth/pool-body.ts';
import { newGiftBody } from '../billing/credit-bodies.ts';
import { ApiError, ERROR_CODES } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';
import { modelBody } from '../routes/model-desk.ts';
import { keyForm, readKeyForm } from './caller/read-key-form.ts';
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

test('a sentence that is known says more than its field', () => {
  const told = (sentence: string): string =>
    tellRefusal(new ApiError('forbidden', sentence, { param: 'member' }), 'ja').told;
  expect(told('You are a member of no account: ask for an invitation.')).toMatch(/^どのアカウントの/);
  expect(told('You are no member of this account any more.')).toMatch(/^このアカウントの/);
});

test('a field says more than its code, and when to come back is told', () => {
  const told = (param: string | null): string => tellRefusal(new ApiError('conflict', 'No.', { param }), 'ja').told;
  expect(told('role')).toContain('最後のオーナー');
  expect(told('role')).not.toBe(told(null));
  // Who is no member has no role that leaves anything.
  expect(tellRefusal(new ApiError('forbidden', 'No.', { param: 'member' }), 'ja').told).not.toContain('役割');
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
    expect(tellRefusal(fault, 'ja')).toEqual({ told: expect.stringMatching(JAPANESE), english: null });
  });

  test('where Japanese has no sentence for it, the schema’s own stands below what there is', () => {
    const odd = z.object({ name: z.string().refine(() => false, 'must rhyme') });
    expect(tellRefusal(faultOf(odd, { name: 'x' }), 'ja')).toEqual({
      told: expect.stringMatching(JAPANESE),
      english: 'It must rhyme.',
    });
  });

  test('what Japanese says whole has no English below it, and what it leaves open has', () => {
    const english = (code: ErrorCode, param: string): string | null =>
      tellRefusal(new ApiError(code, 'So it is.', { param }), 'ja').english;
    expect([english('invalid_value', 'low'), english('conflict', 'name')]).toEqual([null, 'So it is.']);
  });

  const model = { digests: ['ab'.repeat(32)], price_in: 1, price_out: 1, context_tokens: 9, max_output_tokens: 9 };
  const gift = { event_id: 'e', account: `acct_${'0a'.repeat(16)}`, amount_micro: 1, expires_in_s: 60 };
  test.each<[string, z.ZodType, unknown]>([
    ['digest', modelBody, { ...model, digests: ['x'] }],
    ['tokenizer', modelBody, { ...model, tokenizer: 'x' }],
    ['least price', modelBody, { ...model, least_price_in: 2 }],
    ['marks', shownText, 'a\u202eb'],
    ['mail', newMemberBody, { name: 'Ada', role: 'member', email: 'x' }],
    ['pool', newPoolBody, { name: '' }],
    ['letters', newPoolBody, { name: 'cаfe' }],
    ['words', newPoolBody, { name: 'Mine' }],
    ['event', newGiftBody, { ...gift, event_id: ' ' }],
    ['receiver', newGiftBody, { ...gift, account: 'x' }],
    ['guest', invitationBody, { account: 'x' }],
  ])('%s: what our own schema says has its Japanese', (_, schema, value) => {
    expect(tellRefusal(faultOf(schema, value), 'ja')).toEqual({
      told: expect.stringMatching(/[ぁ-ん）]。$/),
      english: null,
    });
  });

  test('wishes of a key that are no JSON have it too', () => {
    const read = readKeyForm(keyForm.parse({ name: 'k', defaults: 'x' }), undefined);
    if (read.ok) throw new Error('it is read');
    expect(tellRefusal(new FormFault(read.error), 'ja')).toEqual({
      told: 'JSONとして正しくありません。',
      english: null,
    });
  });
});
