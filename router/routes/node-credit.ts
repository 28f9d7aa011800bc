// GET and POST /node/v1/credit: what a home's earnings can still be turned into API credit, and the signed order that does it.
import { Hono } from 'hono';
import type { Context } from 'hono';
import * as z from 'zod';
import type { Hex } from '../../schema/bytes.ts';
import { accountIdToWord, CREDIT_ORDER, creditOrderSchema } from '../../schema/credit-order.ts';
import type { CreditOrder } from '../../schema/credit-order.ts';
import { word } from '../../schema/typed-data.ts';
import type { AppEnv } from './app-env.ts';
import type { NodeRow } from '../auth/nodes.ts';
import type { SpendAnswer, SpendState } from '../billing/node-spending.ts';
import { ApiError } from '../errors.ts';
import { readInput } from './admin-input.ts';
import { findAskedNodes } from './asked-nodes.ts';

const signedOrder = z.strictObject({ order: creditOrderSchema, signature: word.signature });

export const nodeCredit = new Hono<AppEnv>();

nodeCredit.get('/node/v1/credit', async (c) => {
  const node = await findOne(c);
  const state = await c.get('services').nodeAccount(node.id).spendable();
  return c.json(tellState(c, node, state));
});

nodeCredit.post('/node/v1/credit', async (c) => {
  const node = await findOne(c);
  const services = c.get('services');
  const { order, signature } = await readInput(c, signedOrder);
  checkOrder(node, order);
  const { signer } = services.routerSigner;
  const by = signer.recover(CREDIT_ORDER, order, signature as Hex);
  if (!by.ok || (by.value !== node.address && by.value !== node.wallet?.toLowerCase()))
    throw new ApiError(
      'forbidden',
      'The order is not signed by this home’s session key or by the wallet that it named at its enrolment, or not for this router’s chain and contract.',
      { param: 'signature' },
    );
  const answer = await services.nodeAccount(node.id).spend({
    amount: Number(order.amount),
    number: Number(order.number),
    expiresAt: Number(order.expiresAtMs),
    accountId: node.accountId,
  });
  if (!answer.ok) throw refuseOrder(answer.reason, answer);
  const told = { credited_micro: Number(order.amount), order: Number(order.number), applied: answer.applied };
  return c.json({ ...tellState(c, node, answer), ...told }, answer.applied ? 201 : 200);
});

/** The home that asks, or the one home that its owner names or has. Throws ApiError 400, 401, 403 or 404. */
async function findOne(c: Context<AppEnv>): Promise<NodeRow> {
  const { nodeIds } = await findAskedNodes(c, 2);
  const [nodeId, other] = nodeIds;
  if (nodeId === undefined) throw new ApiError('not_found', 'There is no home in this account.', { param: 'node' });
  if (other !== undefined)
    throw new ApiError('invalid_value', "One home is told of: 'node' is its id.", { param: 'node' });
  const node = await c.get('services').nodes.find(nodeId);
  if (!node) throw new ApiError('not_found', 'There is no such node in this account.', { param: 'node' });
  return node;
}

/** Throws ApiError 400 where the order is not for this home, its owner's account, or numbers that can be counted with. */
function checkOrder(node: NodeRow, { node: address, account, amount, number }: CreditOrder): void {
  const refuse = (field: string, told: string): ApiError =>
    new ApiError('invalid_value', told, { param: `order.${field}` });
  if (address !== node.address) throw refuse('node', 'The order is for another home than the one that sends it.');
  if (account !== accountIdToWord(node.accountId))
    throw refuse('account', 'Earnings become credit of the account that owns the home, and of no other.');
  if (amount < 1n || amount > BigInt(Number.MAX_SAFE_INTEGER))
    throw refuse('amount', 'An order is for 1 unit at least.');
  if (number < 1n || number > BigInt(Number.MAX_SAFE_INTEGER)) throw refuse('number', 'Orders are numbered from 1.');
}

function tellState(c: Context<AppEnv>, node: NodeRow, { spent, available, locked, lastNumber }: SpendState): object {
  return {
    object: 'node.credit',
    node: node.id,
    account: node.accountId,
    available_micro: available,
    /** Claimed on the chain and nowhere else: what stood in the last closed epoch. 0 where there is no chain. */
    locked_micro: locked,
    spent_micro: spent,
    last_order: lastNumber,
    domain: c.get('services').domain,
    now: Date.now(),
  };
}

function refuseOrder(reason: Extract<SpendAnswer, { ok: false }>['reason'], state: SpendState): ApiError {
  switch (reason) {
    case 'number-used':
      return new ApiError(
        'conflict',
        `Another order with this number, or one with a higher number, was carried out. Sign one with a number above ${state.lastNumber}.`,
        { param: 'order.number' },
      );
    case 'expired':
      return new ApiError('invalid_value', 'The order is not good any more. Sign a new one.', {
        param: 'order.expiresAtMs',
      });
    case 'too-much':
      return new ApiError('insufficient_credit', tellTooMuch(state), { param: 'order.amount' });
  }
}

function tellTooMuch({ available, locked }: SpendState): string {
  const told = `The home has ${available} micro-credits of earnings that can be turned into credit. Order no more than that.`;
  if (locked === 0) return told;
  return `${told} Another ${locked} stood in the last closed epoch: claim it (irori-node claim) or turn it into credit on the chain (irori-node claim --to-credit).`;
}
