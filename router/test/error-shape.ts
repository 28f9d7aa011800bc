// What every refusal of the public API must be: OpenAI-shaped, numbered, and silent about how the router is made.
import { expect } from 'vitest';
import { INSIDE } from './inside.ts';

export interface ToldError {
  readonly message: string;
  readonly type: string;
  readonly param: string | null;
  readonly code: string;
}

/** Checks a refusal's status and shape and gives its error. */
export async function readError(response: Response, status: number): Promise<ToldError> {
  const text = await response.text();
  expect({ status: response.status, text }).toEqual({ status, text });
  expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
  expect(response.headers.get('x-request-id')).toMatch(/^req_[0-9a-f]{32}$/);
  const { error, ...rest } = JSON.parse(text) as { error: ToldError };
  expect(rest).toEqual({});
  expectToldError(error);
  return error;
}

/** Checks the four fields of an error, wherever it stood. */
export function expectToldError(error: ToldError): void {
  expect(Object.keys(error).toSorted()).toEqual(['code', 'message', 'param', 'type']);
  // What the caller wrote is shown to the caller again, in quotes.
  expect(error.message.replace(/'[^]*'/, '')).not.toMatch(INSIDE);
  expect(error.message.length).toBeGreaterThan(10);
  expect(error.message.length).toBeLessThan(600);
  expect(error.code).toMatch(/^[a-z_]+$/);
  expect(error.type).toMatch(/^[a-z_]+$/);
}
