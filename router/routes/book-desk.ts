// What the books say of one account and of its homes, compared with what the objects say.
import { compareBooks } from '../billing/compare-books.ts';
import type { Comparison } from '../billing/compare-books.ts';
import type { Services } from '../services/edge.ts';
import { notFound } from './admin-input.ts';

const HOMES_MAX = 100;

/** An owner's homes with entries that the fees cannot pay yet, 100 homes at most. */
export async function findUnpaid(services: Services, account: string): Promise<{ node: string; unpayable: number }[]> {
  const nodes = await services.nodes.listOwned(account, '', HOMES_MAX);
  const found = await Promise.all(
    nodes.map(async (node) => ({ node, unpayable: (await services.nodeAccount(node).booked()).unpayable })),
  );
  return found.filter(({ unpayable }) => unpayable > 0);
}

/** Throws ApiError 404. */
export async function compareAccount(services: Services, account: string): Promise<Comparison> {
  if (!(await services.accounts.find(account))) throw notFound('account', 'account');
  const object = services.account(account);
  const before = await object.booked();
  const book = await services.ledger.creditOf(account);
  return compareBooks({ account, before, book, after: await object.booked() });
}
