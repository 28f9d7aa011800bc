import { expect, test } from 'vitest';
import { ApiError, tellAvailability, toErrorResponse } from './errors.ts';

const ORIGIN = 'https://irori.example';
const tell = (error: ApiError): unknown => tellAvailability(error, ORIGIN);

test('a failure of availability says whether, when and where to ask again', () => {
  expect(tell(new ApiError('all_homes_busy', 'Full.', { retryAfterS: 4 }))).toEqual({
    code: 'all_homes_busy',
    retryable: true,
    retry_after: 4,
    excluded_by: null,
    constraint: 'capacity',
    docs_url: `${ORIGIN}/docs#all_homes_busy`,
  });
});

test.each([
  ['the wish left nobody', new ApiError('no_home_fits', 'None.', { param: 'tools' })],
  ['its clients are told not to', new ApiError('no_node_online', 'None.', { headers: { 'x-should-retry': 'false' } })],
])('asking the same again is of no use where %s', (_, error) => {
  expect(tell(error)).toMatchObject({ retryable: false, excluded_by: error.options.param ?? null });
});

test('what is said beside a refusal stands before the words that tell when to come back', () => {
  const error = new ApiError('all_homes_busy', 'Full.', { retryAfterS: 4 });
  expect(error.message).toBe('Full. Please try again in 4s.');
  expect(error.with('More.').message).toBe('Full. More. Please try again in 4s.');
  expect(error.with('').message).toBe(error.message);
});

test('a request that is wrong is no failure of availability', async () => {
  const error = new ApiError('invalid_value', 'Wrong.', { param: 'model' });
  expect(tell(error)).toBeNull();
  expect(await toErrorResponse(error, undefined, ORIGIN).json()).toEqual({
    error: { message: 'Wrong.', type: 'invalid_request_error', param: 'model', code: 'invalid_value' },
  });
});
