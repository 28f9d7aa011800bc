// What changes of an account changes what its homes are: each hub hears of its own.
import type { Services } from '../services/edge.ts';
import type { TellNode } from './node-desk.ts';

/** Homes of one account that are told together. */
const TOLD_AT_ONCE = 50;

/** Rejects where one could not be told; the same call again tells the rest. */
export async function tellHomes(services: Services, accountId: string, tellNode: TellNode): Promise<void> {
  for (let after = ''; ;) {
    const ids = await services.nodes.listOwned(accountId, after, TOLD_AT_ONCE);
    await Promise.all(ids.map((id) => tellNode(services, id)));
    const last = ids.at(-1);
    if (last === undefined || ids.length < TOLD_AT_ONCE) return;
    after = last;
  }
}
