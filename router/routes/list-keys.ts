// Lists of an account's keys, page by page, the newest first: those that live, or, where the query says so, those that were revoked.
import type { Context } from 'hono';
import * as z from 'zod';
import { parseInput, readPage } from './admin-input.ts';
import type { AppEnv } from './app-env.ts';
import { toKeyJson } from './key-desk.ts';

const revokedSchema = z.object({ revoked: z.enum(['true', 'false']) });

/** `memberId`: of this member alone; null for all of the account's. Throws ApiError 400 for a query that is none. */
export async function listKeys(
  c: Context<AppEnv>,
  accountId: string,
  memberId: string | null = null,
): Promise<{ readonly data: readonly object[]; readonly next: string | null }> {
  const { after, limit } = readPage(c);
  const { revoked } = parseInput({ revoked: c.req.query('revoked') ?? 'false' }, revokedSchema);
  const page = { after, limit, isRevoked: revoked === 'true', memberId };
  const rows = await c.get('services').keys.list(accountId, page);
  return { data: rows.map(toKeyJson), next: rows.length === limit ? (rows.at(-1)?.id ?? null) : null };
}
