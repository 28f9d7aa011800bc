// What an operator or a joining home may send: small JSON bodies, parsed strictly, with errors that name the field.
import type { Context } from 'hono';
import * as z from 'zod';
import type { AppEnv } from './app-env.ts';
import { ApiError } from '../errors.ts';
import { readJsonBody } from './read-body.ts';

const MAX_BYTES = 64 * 1024;

/** The parsed body. Throws ApiError: 415, 413 and 400 as readJsonBody does; 400 with `param` for the first wrong or unknown field. */
export async function readInput<T>(c: Context<AppEnv>, schema: z.ZodType<T>, maxBytes = MAX_BYTES): Promise<T> {
  return parseInput(await readJsonBody(c, maxBytes), schema);
}

/** As readInput, of a body that may be left out. */
export async function readOptional<T>(c: Context<AppEnv>, schema: z.ZodType<T>, maxBytes = MAX_BYTES): Promise<T> {
  const length = c.req.header('content-length') ?? '0';
  const isNone = length === '0' && c.req.header('transfer-encoding') === undefined;
  return isNone ? parseInput({}, schema) : readInput(c, schema, maxBytes);
}

/** As readInput, for a value that is already here (a query's parameters). */
export function parseInput<T>(value: unknown, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const path = issue?.path.map(String) ?? [];
  if (issue?.code === 'unrecognized_keys') {
    const param = [...path, issue.keys[0] ?? ''].join('.').slice(0, 100);
    throw new ApiError('unknown_parameter', `Unknown field '${param}'. Remove it.`, { param });
  }
  const param = path.join('.').slice(0, 100) || null;
  const where = param === null ? 'the body' : `'${param}'`;
  const told = issue?.message.replace(/^Invalid input: /, '').replace(/, received undefined$/, ', and it is missing');
  throw new ApiError('invalid_value', `Invalid value for ${where}: ${told ?? 'not as expected'}`, { param });
}

/** A page of a list: `?after=ID&limit=N` (at most 200). */
export function readPage(c: Context<AppEnv>): { readonly after: string; readonly limit: number } {
  const query = { after: c.req.query('after') ?? '', limit: Number(c.req.query('limit') ?? '100') };
  return parseInput(query, pageSchema);
}

const pageSchema = z.object({ after: z.string().max(100), limit: z.number().int().min(1).max(200) });

/** What is not there: 404 with the field's name. */
export function notFound(what: string, param: string): ApiError {
  return new ApiError('not_found', `There is no such ${what}.`, { param });
}
