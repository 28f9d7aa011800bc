// GET /v1/receipts/{jobId}: the signed messages of a job's parts, for the account that paid or the one that owns the home.
import { Hono } from 'hono';
import { isId, receiptIdOf } from '../../schema/ids.ts';
import type { SettlementJson } from '../../schema/settlement.ts';
import type { AppEnv } from './app-env.ts';
import { ApiError } from '../errors.ts';
import type { Services } from '../services/edge.ts';
import { requireCaller } from './refuse.ts';

/** A settlement reaches the book within moments of the answer: wait that long before saying it is not there. */
const WAIT_MS = 3000;
const POLL_MS = 100;

export const receipts = new Hono<AppEnv>();

receipts.get('/v1/receipts/:jobId', async (c) => {
  const caller = await requireCaller(c);
  const jobId = c.req.param('jobId');
  const services = c.get('services');
  const found = isId('job', jobId) ? await waitForReceipts(services, { jobId, accountId: caller.accountId }) : [];
  if (found.length === 0) {
    throw new ApiError(
      'receipt_not_found',
      'There is no receipt for this job yet, or it is not yours. A receipt appears within seconds of the answer.',
      { retryAfterS: 2 },
    );
  }
  return c.json({ object: 'list', data: found.map((settlement) => toReceiptJson(settlement, services)) });
});

async function waitForReceipts(
  services: Services,
  wanted: { jobId: string; accountId: string },
): Promise<SettlementJson[]> {
  for (const until = Date.now() + WAIT_MS; ;) {
    const found = await services.findReceipts(wanted);
    if (found.settlements.length > 0 || !found.isPending || Date.now() > until) return found.settlements;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

function toReceiptJson(settlement: SettlementJson, services: Services): object {
  return {
    object: 'receipt',
    id: receiptIdOf(settlement.jobId, settlement.part),
    job: settlement.jobId,
    part: settlement.part,
    model: settlement.model,
    node: settlement.nodeId,
    country: settlement.country,
    outcome: settlement.outcome,
    usage: {
      prompt_tokens: settlement.promptTokens,
      completion_tokens: settlement.outputTokens,
      total_tokens: settlement.promptTokens + settlement.outputTokens,
    },
    charge_micro: settlement.charge,
    earned_micro: settlement.earn,
    difference: settlement.difference,
    attempts: settlement.attempts,
    /** How faithfully this part went on with what another home began; null where it began the answer. */
    resumed: settlement.resumed ?? null,
    ttft_ms: settlement.ttftMs,
    duration_ms: settlement.durationMs,
    ended_at: settlement.endedAt,
    domain: services.domain,
    router: services.routerAddress,
    ticket: settlement.ticket,
    ticketSignature: settlement.ticketSignature,
    receipt: settlement.receipt,
    receiptSignature: settlement.receiptSignature,
    acceptance: settlement.acceptance,
    acceptanceSignature: settlement.acceptanceSignature,
  };
}
