// GET /node/v1/why: why homes had no job in the last hour, in plain words, for their owner's API key or for a home itself.
import { Hono } from 'hono';
import type { AppEnv } from './app-env.ts';
import { findAskedNodes } from './asked-nodes.ts';
import { makeLog } from '../log.ts';
import type { Services } from '../services/edge.ts';

const log = makeLog('edge');

/** Homes told of in one answer; the rest is asked for with `after`. */
const PAGE = 50;

export const nodeWhy = new Hono<AppEnv>();

nodeWhy.get('/node/v1/why', async (c) => {
  const services = c.get('services');
  const { nodeIds, next } = await findAskedNodes(c, PAGE);
  const [whys, evidence] = await Promise.all([
    services.findWhy(nodeIds),
    Promise.all(nodeIds.map((nodeId) => findEvidence(services, nodeId))),
  ]);
  return c.json({ object: 'list', nodes: whys.map((why, i) => ({ ...why, evidence: evidence[i] ?? null })), next });
});

/** What the home has signed that contradicts itself, which nobody does who signs honestly; null where its account cannot be asked. */
async function findEvidence({ nodeAccount }: Services, nodeId: string): Promise<Evidence | null> {
  try {
    const { sealEquivocations: seals, equivocations: receipts } = await nodeAccount(nodeId).totals();
    return { seals, receipts };
  } catch (error) {
    log.warn('node-account-away', { nodeId, error });
    return null;
  }
}

interface Evidence {
  /** Pairs of different seals under one number, at most 16. */
  readonly seals: number;
  /** Second receipts under a number already used. */
  readonly receipts: number;
}
