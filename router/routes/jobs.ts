// GET /v1/jobs: an account's jobs, the newest first, page by page.
import { Hono } from 'hono';
import * as z from 'zod';
import { onlyKeySeen } from '../auth/judge-rights.ts';
import type { Caller } from '../auth/judge-key.ts';
import type { NamedJobLine } from '../billing/job-list.ts';
import type { Services } from '../services/edge.ts';
import { parseInput } from './admin-input.ts';
import type { AppEnv } from './app-env.ts';
import { requireCaller } from './refuse.ts';

const MOST_JOBS = 100;
const MOST_KEY_CHARS = 100;
const querySchema = z.object({
  before: z
    .string()
    .regex(/^\d{1,16}\.\d{1,6}$/, "what 'next' of the page before says")
    .nullable(),
  limit: z.coerce.number().int().min(1).max(MOST_JOBS),
  key: z.string().min(1).max(MOST_KEY_CHARS).nullable(),
});

export interface JobPage {
  readonly data: readonly NamedJobLine[];
  /** `before` of the next page; null where nothing is left. */
  readonly next: string | null;
}

export const jobs = new Hono<AppEnv>();

jobs.get('/v1/jobs', async (c) => {
  const caller = await requireCaller(c);
  const query = {
    before: c.req.query('before') ?? null,
    limit: c.req.query('limit') ?? 50,
    key: c.req.query('key') ?? null,
  };
  return c.json({ object: 'list', ...(await listJobs(c.get('services'), caller, query)) });
});

/** Of one key where one is named; of a caller that may not read usage its own key's alone. Throws ApiError 400 for another place than a page told. */
export async function listJobs(
  services: Services,
  caller: Caller,
  page: { readonly before: string | null; readonly limit: number | string; readonly key: string | null },
): Promise<JobPage> {
  const { before, limit, key } = parseInput(page, querySchema);
  const [seq = 0, skip = 0] = before?.split('.').map(Number) ?? [];
  const { data, next } = await services.jobList.list({
    accountId: caller.accountId,
    ownKeyId: onlyKeySeen(caller),
    keyId: key,
    before: before === null ? null : { seq, skip },
    limit,
  });
  return { data, next: next && `${next.seq}.${next.skip}` };
}
