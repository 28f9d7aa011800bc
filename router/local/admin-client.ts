// The local network's one way to the admin API: over HTTP as any operator would, so that nothing here knows the router's tables.
import * as z from 'zod';
import { StartError } from './start-error.ts';

/** What a local network asks of the admin API. Every call throws StartError with the router's own message when refused. */
export interface AdminClient {
  createAccount(name: string): Promise<string>;
  mintKey(accountId: string, name: string): Promise<string>;
  /** Credit in units of a millionth. */
  grant(accountId: string, units: number): Promise<void>;
  createCode(accountId: string): Promise<string>;
}

const withId = z.object({ id: z.string() });
const withKey = z.object({ key: z.string() });
const withCode = z.object({ code: z.string() });
const refusal = z.object({ error: z.object({ message: z.string() }) });

/** A client of the router at `url` (no trailing slash) with its admin secret. */
export function openAdmin(url: string, secret: string): AdminClient {
  const post = async <T>(path: string, ask: { body: unknown; reply: z.ZodType<T> }): Promise<T> => {
    const headers = { authorization: `Bearer ${secret}`, 'content-type': 'application/json' };
    const response = await fetch(`${url}/admin/v1${path}`, { method: 'POST', headers, body: JSON.stringify(ask.body) });
    const json: unknown = await response.json().catch(() => null);
    const parsed = ask.reply.safeParse(json);
    if (response.ok && parsed.success) return parsed.data;
    const told = refusal.safeParse(json);
    throw new StartError(
      `The router answered ${response.status} to ${path}: ${told.success ? told.data.error.message : 'no message'}`,
    );
  };
  return {
    createAccount: async (name) => (await post('/accounts', { body: { name }, reply: withId })).id,
    mintKey: async (accountId, name) =>
      (await post(`/accounts/${accountId}/keys`, { body: { name }, reply: withKey })).key,
    grant: async (accountId, units) => {
      await post(`/accounts/${accountId}/credit`, { body: { amount_micro: units }, reply: z.unknown() });
    },
    createCode: async (accountId) =>
      (await post('/nodes/enrolments', { body: { account_id: accountId }, reply: withCode })).code,
  };
}
