// A POST that makes something and runs no jobs, under an Idempotency-Key where one is sent: what comes again is told what was made, and makes nothing.
import type { Context } from 'hono';
import type * as z from 'zod';
import type { Caller } from '../auth/judge-key.ts';
import { ApiError } from '../errors.ts';
import { parseInput } from './admin-input.ts';
import type { AppEnv } from './app-env.ts';
import { hashBody, hashKey } from './hash-body.ts';
import { readJsonBody } from './read-body.ts';
import { readRepeatKey, REPEAT_HEADER } from './read-repeat-key.ts';
import { refuseReuse, refuseRunning } from './repeated-call.ts';
import { refuseRequest } from './refuse.ts';

const MAX_BYTES = 64 * 1024;

/** What was made. */
export interface Made {
  readonly told: object;
  /** What is told this once and kept nowhere, by name; a repeat has null there. */
  readonly secret?: Readonly<Record<string, string>>;
  /** 201 where nothing is said. */
  readonly status?: 200 | 201;
}

interface KeptAnswer {
  readonly status: 200 | 201;
  readonly told: object;
}

/** How a POST is read. */
export interface PostPlan<T> {
  readonly schema: z.ZodType<T>;
  /** Whose keys these are: whoMakes, or the operator. */
  readonly who: string;
}

/** Who asks for what is made: a member by whichever of its keys, or one key of the account's own. What others of the account send is another call. */
export function whoMakes({ accountId, memberId, keyId }: Pick<Caller, 'accountId' | 'memberId' | 'keyId'>): string {
  return `${accountId} ${memberId ?? keyId}`;
}

/**
 * Answers with what `make` made of the body; `repeat` is the hash of the call's key, null without one. Throws ApiError: as readInput does; 400 for a key
 * that is none; 409 for one that was used for another body, or whose call is not over.
 */
export async function postOnce<T>(
  c: Context<AppEnv>,
  { schema, who }: PostPlan<T>,
  make: (input: T, repeat: string | null) => Promise<Made>,
): Promise<Response> {
  const key = readRepeatKey(c.req.header(REPEAT_HEADER));
  if (!key.ok) throw refuseRequest(key.error);
  const body = await readJsonBody(c, MAX_BYTES);
  const input = parseInput(body, schema);
  if (key.value === null) return tellMade(c, await make(input, null));
  const { posts } = c.get('services');
  const id = hashKey(`${who} ${c.req.path}`, key.value);
  const begun = await posts.begin({ id, body: hashBody(body) }, Date.now());
  if (!begun.ok) throw begun.error === 'running' ? refuseRunning() : refuseReuse();
  if (begun.value !== null) return tellAgain(c, JSON.parse(begun.value) as KeptAnswer);
  try {
    const made = await make(input, id);
    const { status = 201, told, secret = {} } = made;
    const hidden = Object.fromEntries(Object.keys(secret).map((name) => [name, null]));
    const kept: KeptAnswer = { status, told: { ...told, ...hidden } };
    await posts.finish(id, JSON.stringify(kept));
    return tellMade(c, made);
  } catch (error) {
    // What is refused has made nothing. After anything else nobody knows: the call may come again in a minute.
    if (error instanceof ApiError) await posts.giveUp(id);
    throw error;
  }
}

function tellMade(c: Context<AppEnv>, { status = 201, told, secret = {} }: Made): Response {
  return c.json({ ...told, ...secret }, status);
}

function tellAgain(c: Context<AppEnv>, { status, told }: KeptAnswer): Response {
  c.header('idempotent-replayed', 'true');
  return c.json({ ...told, idempotent_replay: true }, status);
}
