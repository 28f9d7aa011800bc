// GET /node/v1/epochs/{n|last}: a home's own leaf in a published epoch with the proof that it is under the root; with `acceptance` also that one acceptance of it is.
// GET /node/v1/acceptances/{count}?epoch={n}: that alone, in any epoch since: the chain's last root is often one before the last that is published.
import { Hono } from 'hono';
import type { Context } from 'hono';
import { endOfEpoch } from '../../schema/epoch.ts';
import { toLeafJson } from '../../schema/epoch-leaf.ts';
import type { Hex } from '../../schema/bytes.ts';
import type { AcceptanceProof, ProofFault } from '../billing/node-epochs.ts';
import { ApiError } from '../errors.ts';
import type { AppEnv } from './app-env.ts';
import { findAskedNodes } from './asked-nodes.ts';
import { readEpoch } from './audit-epochs.ts';

const PROOF_FAULTS: Readonly<Record<ProofFault, string>> = {
  'not-closed': 'That epoch is not closed yet.',
  'not-kept': 'Proofs of single acceptances are given for a week.',
  'not-there': 'There is no acceptance of that number in this epoch or before.',
};

export const nodeEpochs = new Hono<AppEnv>();

nodeEpochs.get('/node/v1/epochs/:epoch', async (c) => {
  const { nodes, settler, nodeAccount, domain, routerSigner } = c.get('services');
  const text = c.req.param('epoch');
  const wanted = text === 'last' ? null : readEpoch(text, 'epoch');
  const nodeId = await findAskedNode(c);
  const row = await nodes.find(nodeId);
  const told = row && (await settler().tell(row.address as Hex, wanted));
  if (!told)
    throw new ApiError(
      'not_found',
      'There is no such published epoch, or it is not the last one: GET /audit/epochs lists them, and each file has every leaf.',
      { param: 'epoch' },
    );
  const count = c.req.query('acceptance');
  const proven =
    count === undefined
      ? null
      : readProven(await nodeAccount(nodeId).proveAcceptance(readEpoch(count, 'acceptance'), told.epoch));
  const { epoch, seconds, root, sha256, leaf, proof, kept } = told;
  return c.json({
    object: 'epoch_leaf',
    node: nodeId,
    epoch,
    epoch_seconds: seconds,
    ended_at: endOfEpoch(epoch, seconds),
    domain,
    router: routerSigner.routers[0],
    root,
    sha256,
    leaf: leaf && toLeafJson(leaf),
    proof,
    kept: kept && { reason: kept.reason, account_micro: kept.account, book_micro: kept.book },
    ...(proven && { acceptance: tellProof(proven) }),
  });
});

nodeEpochs.get('/node/v1/acceptances/:count', async (c) => {
  const count = readEpoch(c.req.param('count'), 'acceptance');
  const epoch = readEpoch(c.req.query('epoch') ?? '', 'epoch');
  const nodeId = await findAskedNode(c);
  const proven = readProven(await c.get('services').nodeAccount(nodeId).proveAcceptance(count, epoch));
  return c.json({ object: 'acceptance_proof', node: nodeId, ...tellProof(proven), epoch });
});

/** Throws ApiError. */
async function findAskedNode(c: Context<AppEnv>): Promise<string> {
  const [nodeId, other] = (await findAskedNodes(c, 2)).nodeIds;
  if (nodeId === undefined || other !== undefined)
    throw new ApiError('invalid_value', "Say which of your homes: 'node' is its id.", { param: 'node' });
  return nodeId;
}

/** Throws ApiError 404. */
function readProven(proven: AcceptanceProof | ProofFault): AcceptanceProof {
  if (typeof proven === 'string') throw new ApiError('not_found', PROOF_FAULTS[proven], { param: 'acceptance' });
  return proven;
}

function tellProof({ acceptedIn, receipt, acceptancesRoot, proof }: AcceptanceProof): object {
  const { acceptance, acceptanceSignature, acceptanceSeal } = receipt.proof;
  return { epoch: acceptedIn, acceptance, acceptanceSignature, acceptanceSeal, acceptancesRoot, proof };
}
