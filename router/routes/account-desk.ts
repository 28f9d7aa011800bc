// What is done to accounts, whoever asks for the operator.
import type { Services } from '../services/edge.ts';
import { notFound } from './admin-input.ts';
import type { TellNode } from './node-desk.ts';
import { tellHomes } from './tell-homes.ts';

/** Its keys, its pages and its homes end with it. Throws ApiError 404. Again is the same: it tells those who could not be told. */
export async function disableAccount(services: Services, accountId: string, tellNode: TellNode): Promise<void> {
  if (!(await services.accounts.disable(accountId, Date.now()))) throw notFound('account', 'id');
  services.keys.forgetAccount(accountId);
  await services.account(accountId).disable();
  await tellHomes(services, accountId, tellNode);
}

/** Whether it may give credit of its own to others. Throws ApiError 404. */
export async function setSponsor(services: Services, accountId: string, isSponsor: boolean): Promise<void> {
  if (!(await services.accounts.find(accountId))) throw notFound('account', 'id');
  await services.account(accountId).setSponsor(isSponsor);
}
