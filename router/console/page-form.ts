// What a form of a page sent: urlencoded, from this origin alone, with the token that only such a page can carry, and parsed.
import type { Context } from 'hono';
import type * as z from 'zod';
import { TIMINGS } from '../../schema/timings.ts';
import { ApiError } from '../errors.ts';
import { takeBytes } from '../services/incoming-body.ts';
import { FormFault } from './tell-refusal.ts';
import { isOfSession } from './visit.ts';
import type { ConsoleEnv } from './visit.ts';

/** The longest question of the playground, in a script of which each letter is sent as nine. */
const MAX_BYTES = 128 * 1024;

/**
 * The fields of a form that somebody signed in sent, from a page that was shown as the member that they still look on as. Of a field that comes twice the values
 * as a list. Throws ApiError 400, 403, 408, 413 or 415.
 */
export async function readPageForm<T>(c: Context<ConsoleEnv>, schema: z.ZodType<T>): Promise<T> {
  const { csrf, rest } = await readOwnFields(c);
  if (csrf !== c.get('visit').signedIn?.csrf)
    throw new ApiError(
      'forbidden',
      'This form was written for another account than the one that you look on as now. Look whether you mean this one, and send it anew.',
      { param: 'csrf' },
    );
  return parseFields(rest, schema);
}

/** As readPageForm, of what concerns the person alone, whichever account is shown. */
export async function readPersonForm<T>(c: Context<ConsoleEnv>, schema: z.ZodType<T>): Promise<T> {
  return parseFields((await readOwnFields(c)).rest, schema);
}

async function readOwnFields(c: Context<ConsoleEnv>): Promise<{ readonly csrf: string; readonly rest: object }> {
  const { csrf, ...rest } = await readFields(c);
  const { signedIn } = c.get('visit');
  if (!signedIn || !isOfSession(csrf, signedIn))
    throw new ApiError(
      'forbidden',
      'This form is not of your session any more. Load the page again, and send it anew.',
      { param: 'csrf' },
    );
  return { csrf, rest };
}

/** As readPageForm, of a form for everybody. */
export async function readOpenForm<T>(c: Context<ConsoleEnv>, schema: z.ZodType<T>): Promise<T> {
  return parseFields(await readFields(c), schema);
}

async function readFields(c: Context<ConsoleEnv>): Promise<Record<string, string | string[]>> {
  checkOrigin(c);
  if (!/^application\/x-www-form-urlencoded\b/i.test(c.req.header('content-type') ?? ''))
    throw new ApiError('unsupported_media_type', 'Send the form as application/x-www-form-urlencoded.');
  // In one go: whoever sends thousands of fields makes nobody look through all of them for each.
  const fields: Record<string, string | string[]> = Object.create(null);
  for (const [name, value] of new URLSearchParams(await readText(c))) {
    const before = fields[name];
    if (Array.isArray(before)) before.push(value);
    else fields[name] = before === undefined ? value : [before, value];
  }
  c.set('typed', fields);
  return fields;
}

async function readText(c: Context<ConsoleEnv>): Promise<string> {
  const taken = await takeBytes(c.req.raw.body, { maxBytes: MAX_BYTES, deadlineMs: TIMINGS.bodyMs });
  if (taken.ok) return new TextDecoder().decode(taken.value);
  if (taken.error === 'too-slow') throw new ApiError('request_timeout', 'The form did not come in time. Send it anew.');
  throw new ApiError('body_too_large', 'The form is larger than 128 KiB.');
}

/** Browsers say where a form comes from. */
function checkOrigin(c: Context<ConsoleEnv>): void {
  const { origin } = new URL(c.req.url);
  const site = c.req.header('sec-fetch-site');
  const said = c.req.header('origin');
  const isOwn = said === undefined ? site === 'same-origin' : said === origin;
  if (!isOwn || (site !== undefined && site !== 'same-origin'))
    throw new ApiError('forbidden', 'Forms of this console are sent from its own pages only.', { param: 'origin' });
}

function parseFields<T>(fields: object, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(fields);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw issue ? new FormFault(issue) : new ApiError('invalid_value', 'The form is not as expected.');
}
