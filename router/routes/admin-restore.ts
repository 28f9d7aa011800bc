// After D1 was restored from a backup: what was revoked since is told by the objects, which were not restored, and revoked anew on demand.
import { Hono } from 'hono';
import type { Context } from 'hono';
import { compareRestored, isWhole } from '../auth/compare-restored.ts';
import type { Forgotten } from '../auth/compare-restored.ts';
import { compareBooks } from '../billing/compare-books.ts';
import type { Services } from '../services/edge.ts';
import { readPage } from './admin-input.ts';
import type { KickNode } from './node-desk.ts';
import type { AppEnv } from './app-env.ts';

/** Of these nodes those that areas know as revoked. */
export type FindRevoked = (services: Services, nodeIds: readonly string[]) => Promise<string[]>;

/** Homes of one account that are looked at. */
const MOST_NODES = 1000;
const REASON = 'revoked before the books were restored';
const REMEDY =
  'POST /admin/v1/restore/mend revokes and disables again what is listed. What accounts and the book differ in cannot be sent again: restore a later backup, or grant or withhold the difference.';

interface Restored extends Forgotten {
  readonly account: string;
  /** Units that the book in D1 lacks of what the account's object says; below 0 where it has more. */
  readonly lacking: number;
}

/** GET /restore/check, POST /restore/mend; a page of accounts each, as lists are. */
export function makeAdminRestoreRoutes(findRevoked: FindRevoked, kickNode: KickNode): Hono<AppEnv> {
  const routes = new Hono<AppEnv>();
  routes.get('/restore/check', async (c) => {
    const { found, next } = await comparePage(c, findRevoked);
    const ok = found.length === 0;
    return c.json({ ok, accounts: found.map(toJson), next, ...(ok ? {} : { remedy: REMEDY }) });
  });
  routes.post('/restore/mend', async (c) => {
    const services = c.get('services');
    const { found, next } = await comparePage(c, findRevoked);
    for (const one of found) await mend(services, one, kickNode);
    return c.json({ mended: found.filter((one) => !isWhole(one)).map(toJson), next });
  });
  return routes;
}

async function comparePage(
  c: Context<AppEnv>,
  findRevoked: FindRevoked,
): Promise<{ found: Restored[]; next: string | null }> {
  const services = c.get('services');
  const { after, limit } = readPage(c);
  const rows = await services.accounts.list(after, limit);
  const found: Restored[] = [];
  for (const { id, disabledAt } of rows) {
    const one = await compareAccount(services, { id, isDisabled: disabledAt !== null }, findRevoked);
    if (!isWhole(one) || one.lacking !== 0) found.push(one);
  }
  return { found, next: rows.length === limit ? (rows.at(-1)?.id ?? null) : null };
}

async function compareAccount(
  services: Services,
  { id, isDisabled }: { id: string; isDisabled: boolean },
  findRevoked: FindRevoked,
): Promise<Restored> {
  const object = services.account(id);
  const before = await object.booked();
  const [closed, keys, nodes, book] = await Promise.all([
    object.closed(),
    services.keys.listLive(id),
    services.nodes.listOwned(id, '', MOST_NODES),
    services.ledger.creditOf(id),
  ]);
  const revokedNodes = nodes.length > 0 ? await findRevoked(services, nodes) : [];
  const after = await object.booked();
  const { verdict } = compareBooks({ account: id, before, book, after });
  const lacking = verdict === 'different' ? after.booked - book : 0;
  return { account: id, lacking, ...compareRestored({ ...closed, revokedNodes }, { keys, isDisabled, nodes }) };
}

async function mend(
  services: Services,
  { account, keys, isDisabled, nodes }: Restored,
  kickNode: KickNode,
): Promise<void> {
  const now = Date.now();
  for (const key of keys) await services.keys.revoke(key, now);
  for (const node of nodes) {
    await services.nodes.revoke(node, REASON, now);
    await kickNode(services, node, REASON);
  }
  if (isDisabled) await services.accounts.disable(account, now);
  services.keys.forgetAccount(account);
}

function toJson({ account, keys, isDisabled, nodes, lacking }: Restored): object {
  return { account, keys_to_revoke: keys, to_disable: isDisabled, nodes_to_revoke: nodes, book_lacks_micro: lacking };
}
