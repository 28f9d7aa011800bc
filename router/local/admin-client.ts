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
  /** What its owner calls a home. */
  nameNode(nodeId: string, name: string): Promise<void>;
  /** A link that signs an operator in once, as the owner of an account too. */
  signInLink(accountId: string): Promise<string>;
  /** Accounts of which D1 has forgotten something that their objects know, as after a restored backup; the first few. */
  findForgotten(): Promise<{ readonly accounts: readonly string[]; readonly remedy: string }>;
}

const withId = z.object({ id: z.string() });
const withKey = z.object({ key: z.string() });
const withCode = z.object({ code: z.string() });
const withUrl = z.object({ url: z.string() });
const withForgotten = z.object({
  accounts: z.array(z.object({ account: z.string() })),
  remedy: z.string().default(''),
});
const refusal = z.object({ error: z.object({ message: z.string() }) });

/** A client of the router at `url` (no trailing slash) with its admin secret. */
export function openAdmin(url: string, secret: string): AdminClient {
  const ask = async <T>(
    path: string,
    wanted: { method?: 'PATCH'; body?: unknown; reply: z.ZodType<T> },
  ): Promise<T> => {
    const headers = { authorization: `Bearer ${secret}`, 'content-type': 'application/json' };
    const sent =
      wanted.body === undefined
        ? { headers }
        : { method: wanted.method ?? 'POST', headers, body: JSON.stringify(wanted.body) };
    const response = await fetch(`${url}/admin/v1${path}`, sent);
    const json: unknown = await response.json().catch(() => null);
    const parsed = wanted.reply.safeParse(json);
    if (response.ok && parsed.success) return parsed.data;
    const told = refusal.safeParse(json);
    throw new StartError(
      `The router answered ${response.status} to ${path}: ${told.success ? told.data.error.message : 'no message'}`,
    );
  };
  return {
    createAccount: async (name) => (await ask('/accounts', { body: { name }, reply: withId })).id,
    mintKey: async (accountId, name) =>
      (await ask(`/accounts/${accountId}/keys`, { body: { name }, reply: withKey })).key,
    grant: async (accountId, units) => {
      await ask(`/accounts/${accountId}/credit`, { body: { amount_micro: units }, reply: z.unknown() });
    },
    signInLink: async (accountId) => {
      const body = { name: 'You', account_id: accountId, is_operator: true };
      return (await ask('/sign-in-links', { body, reply: withUrl })).url;
    },
    findForgotten: async () => {
      const { accounts, remedy } = await ask('/restore/check', { reply: withForgotten });
      return { accounts: accounts.map(({ account }) => account), remedy };
    },
    nameNode: async (nodeId, name) => {
      await ask(`/nodes/${nodeId}`, { method: 'PATCH', body: { name }, reply: z.unknown() });
    },
    createCode: async (accountId) =>
      (await ask('/nodes/enrolments', { body: { account_id: accountId }, reply: withCode })).code,
  };
}
