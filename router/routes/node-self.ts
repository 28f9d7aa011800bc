// What a home does about itself, by its own key's proof: its name, its first wallet, that it leaves its account, and that it moves to another.
import { Hono } from 'hono';
import type { Context } from 'hono';
import * as z from 'zod';
import type { Hex } from '../../schema/bytes.ts';
import { WALLET_BINDING } from '../../schema/chain-messages.ts';
import { word, ZERO_ADDRESS } from '../../schema/typed-data.ts';
import { shownText } from '../auth/bodies.ts';
import type { NodeRow } from '../auth/nodes.ts';
import { ApiError } from '../errors.ts';
import { readInput, readOptional } from './admin-input.ts';
import type { AppEnv } from './app-env.ts';
import { ALL_AREAS } from './area-calls.ts';
import type { AreaCalls } from './area-calls.ts';
import { requireHomeSaying } from './asked-nodes.ts';
import { enrolBody, enrolHome } from './node-enrol.ts';
import { changeNode, revokeNode } from './node-desk.ts';

const selfBody = z.strictObject({ name: shownText.max(80).nullable() });
/** `force`: whatever is still open. */
const leaveBody = z.strictObject({ force: z.boolean().default(false) });
const walletBody = z.strictObject({ wallet: word.address, signature: word.signature });
const moveBody = enrolBody.extend({ force: z.boolean().default(false) });
const MAX_BYTES = 4096;

const LEFT = 'it left its account';

type Calls = Pick<AreaCalls, 'tellNode' | 'kickNode'>;

/** PATCH /node/v1/self, POST /node/v1/wallet, /node/v1/leave and /node/v1/move. `calls` is given by tests that have no areas. */
export function makeNodeSelfRoutes(calls: Calls = ALL_AREAS): Hono<AppEnv> {
  const routes = new Hono<AppEnv>();
  // A home's own questions are posted where they say something: both will do.
  routes.on(['PATCH', 'POST'], '/node/v1/self', async (c) => {
    const node = await requireHomeSaying(c);
    const { name } = await readInput(c, selfBody, MAX_BYTES);
    const { id, name: told } = await changeNode(c.get('services'), node.id, { change: { name }, ...calls });
    return c.json({ id, name: told });
  });
  routes.post('/node/v1/wallet', async (c) => {
    const node = await requireHomeSaying(c);
    const { wallet, signature } = await readInput(c, walletBody, MAX_BYTES);
    const { nodes, routerSigner } = c.get('services');
    const binding = { node: node.address, wallet };
    // Good on the chain too: who has it binds the wallet there, and nothing else.
    const by = routerSigner.signer.recover(WALLET_BINDING, binding, signature as Hex);
    if (wallet === ZERO_ADDRESS || !by.ok || by.value !== node.address) throw refuseBinding();
    const named = await nodes.nameWallet(node.id, wallet);
    if (named?.wallet?.toLowerCase() !== wallet) throw refuseSecondWallet();
    return c.json({ id: node.id, wallet });
  });
  routes.post('/node/v1/leave', async (c) => {
    const node = await requireHomeSaying(c);
    const { force } = await readOptional(c, leaveBody, MAX_BYTES);
    if (!force) await requireSettled(c, node);
    const left = await revokeNode(c.get('services'), node.id, { reason: LEFT, ...calls });
    return c.json({ id: left.id, account: left.accountId, left_at: left.revokedAt });
  });
  routes.post('/node/v1/move', async (c) => {
    const node = await requireHomeSaying(c);
    const { force, ...proof } = await readInput(c, moveBody, MAX_BYTES);
    if (proof.address === node.address) throw refuseSameKey();
    if (!force) await requireSettled(c, node);
    // Each step may come again: the new key is enrolled first, so that whatever breaks in between leaves the machine a home.
    const enrolled = await enrolHome(c, proof);
    const services = c.get('services');
    const name = enrolled.name ?? node.name;
    if (name !== enrolled.name) await services.nodes.change(enrolled.node, { name });
    await revokeNode(services, node.id, { reason: `it moved to another account, as ${enrolled.node}`, ...calls });
    return c.json({ ...enrolled, name, moved_from: node.id });
  });
  return routes;
}

/** A home that goes leaves its money behind it, whole: what it still owes a receipt for it could not sign any more. Throws ApiError 409. */
async function requireSettled(c: Context<AppEnv>, { id }: NodeRow): Promise<void> {
  const services = c.get('services');
  const account = services.nodeAccount(id);
  const [[why], earned, unsigned] = await Promise.all([services.findWhy([id]), account.earned(), account.unsigned()]);
  const running = why?.live?.running ?? 0;
  const open = earned.waiting.count + unsigned.length;
  if (running + open === 0) return;
  const told = `${running} jobs run here, and ${open} receipts are not settled: what they earn would be lost or late. Pause the home, wait a minute and ask again, or say "force": true.`;
  throw new ApiError('conflict', told, { param: 'force' });
}

function refuseSameKey(): ApiError {
  const told =
    'A home that moves goes on under a new key: what it has earned is bound to the old one, and stays with the old account. Make a key, and sign the code with it.';
  return new ApiError('invalid_value', told, { param: 'address' });
}

function refuseBinding(): ApiError {
  const told = 'The binding is not signed by this home’s key for this router’s chain and contract, or names no wallet.';
  return new ApiError('forbidden', told, { param: 'signature' });
}

function refuseSecondWallet(): ApiError {
  const told =
    'This home has a wallet already: the home’s key names the first one only. Once it is bound on the chain, that wallet names another there (changeWallet).';
  return new ApiError('conflict', told, { param: 'wallet' });
}
