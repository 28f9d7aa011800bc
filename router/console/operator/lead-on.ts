// Where an operator's search leads that names one thing: to its page, from whatever list it was typed into.
import type { Services } from '../../services/edge.ts';
import { findSearch } from './find-search.ts';
import { segment } from './pieces.tsx';

export const OPERATOR = '/console/operator';

/** Path of the page; null for a text, and for what there is none of: the list itself says so. */
export async function leadOn(services: Services, typed: string): Promise<string | null> {
  const search = findSearch(typed);
  if (search.of === 'text') return null;
  const { of, id } = search;
  const accountAt = (accountId: string): string => `${OPERATOR}/accounts/${segment(accountId)}`;
  switch (of) {
    case 'account':
      return (await services.accounts.find(id)) && accountAt(id);
    case 'key': {
      const key = await services.keys.find(id);
      return key && `${accountAt(key.accountId)}?key=${segment(id)}`;
    }
    case 'member': {
      const member = await services.members.find(id);
      return member && accountAt(member.accountId);
    }
    case 'node':
      return (await services.nodes.find(id)) && `${OPERATOR}/nodes/${segment(id)}`;
    case 'address': {
      const [node] = await services.nodes.search(id, '', 1);
      return node ? `${OPERATOR}/nodes/${segment(node.id)}` : null;
    }
    case 'job': {
      const accountId = await services.jobAccount.find(id);
      return accountId === null ? null : `${OPERATOR}/jobs/${segment(id)}?account=${segment(accountId)}`;
    }
  }
}
