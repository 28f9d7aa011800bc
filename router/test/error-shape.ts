// What every refusal of the public API must be: OpenAI-shaped, numbered, and silent about how the router is made.
import { expect } from 'vitest';
import { CONSTRAINTS } from '../errors.ts';
import { INSIDE } from './inside.ts';

export interface ToldError {
  readonly message: string;
  readonly type: string;
  readonly param: string | null;
  readonly code: string;
  /** Where nobody could answer now. */
  readonly availability?: { readonly code: string; readonly docs_url: string };
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

/** The list of paths in a 404 is the longest of messages. */
const MOST_CHARS = 1000;
const AVAILABILITY = ['code', 'constraint', 'docs_url', 'excluded_by', 'retry_after', 'retryable'];

/** Checks the fields of an error, wherever it stood. */
export function expectToldError({ availability, ...error }: ToldError): void {
  expect(Object.keys(error).toSorted()).toEqual(['code', 'message', 'param', 'type']);
  expect(availability === undefined).toBe(!Object.hasOwn(CONSTRAINTS, error.code));
  expect(Object.keys(availability ?? {}).toSorted()).toEqual(availability ? AVAILABILITY : []);
  expect(availability?.code ?? error.code).toBe(error.code);
  // What the caller wrote is shown to the caller again, in quotes.
  expect(error.message.replace(/'[^]*'/, '')).not.toMatch(INSIDE);
  expect(error.message.length).toBeGreaterThan(10);
  expect(error.message.length).toBeLessThan(MOST_CHARS);
  expect(error.code).toMatch(/^[a-z_]+$/);
  expect(error.type).toMatch(/^[a-z_]+$/);
}
