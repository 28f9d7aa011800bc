// GET /v1/receipts/{jobId}: the signed messages of a job's parts, for the account that paid or the one that owns the home.
import { Hono } from 'hono';
import type { Context } from 'hono';
import type { Hex } from '../../schema/bytes.ts';
import { toHandoverJson } from '../../schema/handover.ts';
import { isId, receiptIdOf } from '../../schema/ids.ts';
import { ACCEPTANCE, acceptanceSchema, fromMessageJson, JOB_TICKET } from '../../schema/receipt.ts';
import { fromSealedJson } from '../../schema/seal.ts';
import type { SettlementJson } from '../../schema/settlement.ts';
import type { AppEnv } from './app-env.ts';
import { findHome, readId, requireHome } from './asked-nodes.ts';
import { findRouter } from '../billing/find-router.ts';
import { tellDecision } from '../billing/list-flush-jobs.ts';
import type { ToldDecision } from '../billing/list-flush-jobs.ts';
import { energyOf } from '../billing/judge-energy.ts';
import { tellEnergy } from '../billing/tell-energy.ts';
import { onlyKeySeen } from '../auth/judge-rights.ts';
import type { FoundReceipts } from '../billing/receipt-finder.ts';
import { ApiError } from '../errors.ts';
import type { PaymentFacts } from '../payments/payment.ts';
import { tellPayment } from '../payments/tell-settlement.ts';
import type { Services } from '../services/edge.ts';
import { toPaymentHeaders } from './payment-headers.ts';
import { findMethodUrl } from './own-origin.ts';
import { requireCaller } from './refuse.ts';
import { requireCalm, slowDown } from './wrong-attempts.ts';

/**
 * A settlement reaches the account within moments of the answer, or as late as it takes to sign what hundreds of others are owed: what is
 * announced is waited for, with looks ever further apart, since each costs the account's time.
 */
const WAIT_MS = 25_000;
const FIRST_PAUSE_MS = 50;
const LAST_PAUSE_MS = 1000;

export const receipts = new Hono<AppEnv>();

receipts.get('/v1/receipts/:jobId', async (c) => {
  const jobId = c.req.param('jobId');
  const services = c.get('services');
  const home = services.keyless && c.req.query('payment') !== undefined ? null : await findHome(c);
  if (home !== null) return answerOwner(c, jobId, await requireHome(c));
  const paymentId = services.keyless ? c.req.query('payment') : undefined;
  const payment = paymentId === undefined ? null : await findPayment(c, paymentId, jobId);
  const caller = payment ? null : await requireCaller(c);
  const accountId = payment?.id ?? caller?.accountId ?? '';
  // Each look costs the account's object and the book, and ids are 128 random bits: whoever guesses is held up.
  requireCalm(c, 'receipt', accountId);
  const found = isId('job', jobId) ? await waitForReceipts(services, { jobId, accountId }) : null;
  const only = caller && onlyKeySeen(caller);
  const seen = found?.settlements.filter(({ keyId }) => only === null || keyId === only) ?? [];
  const told = payment && { payment: tellPayment(payment) };
  if (seen.length > 0 || (payment && payment.charge !== null)) {
    const decision = await findDecision(services, { accountId, jobId }, seen);
    const data = seen.map((one) => ({ ...toReceiptJson(c, one), decision }));
    return c.json({ object: 'list', data, ...told }, 200, payment ? toPaymentHeaders(payment) : {});
  }
  if (found?.isPending)
    throw new ApiError('receipt_pending', 'This job is still open: its receipt comes within seconds of its answer.', {
      retryAfterS: 2,
    });
  const isOwner = caller?.scopes.some((scope) => scope === 'usage' || scope === 'nodes') ?? false;
  return answerOwner(c, jobId, isOwner ? { id: null, accountId } : null);
});

/** Why its last home was chosen, for its caller alone; null where that is not known any more, or cannot be told now. */
export async function findDecision(
  services: Services,
  { accountId, jobId }: { readonly accountId: string; readonly jobId: string },
  settlements: readonly SettlementJson[],
): Promise<ToldDecision | null> {
  const known = settlements.findLast(({ decision }) => decision !== undefined)?.decision;
  if (known) return tellDecision(known);
  try {
    const flushes = await services.account(accountId).flushesOf(jobId);
    return await services.jobList.findDecision(accountId, jobId, flushes);
  } catch {
    return null;
  }
}

/** Homes of an owner that are asked about a job, where none is named. */
const MOST_HOMES = 50;
/** A home that left keeps for so long who called it; later the books find its receipts by themselves. */
const KNOWN_MS = 8 * 24 * 3_600_000;

/** What homes of the asker's own signed for others' calls. `home`: which of the account's; null in it for any. Throws ApiError 404 or 429. */
async function answerOwner(
  c: Context<AppEnv>,
  jobId: string,
  home: { readonly id: string | null; readonly accountId: string } | null,
): Promise<Response> {
  const accountId = home?.accountId ?? '';
  requireCalm(c, 'receipt', accountId);
  const found = home && isId('job', jobId) ? await findAsOwner(c, jobId, home) : [];
  if (found.length > 0) {
    // From which credit its caller paid is the caller's own matter.
    const data = found.map((one) => toReceiptJson(c, { ...one, paidFrom: undefined }));
    return c.json({ object: 'list', data });
  }
  await slowDown(c, 'receipt', accountId);
  throw new ApiError('receipt_not_found', 'There is no receipt for this job, or it is not yours.');
}

async function findAsOwner(
  c: Context<AppEnv>,
  jobId: string,
  { id, accountId }: { readonly id: string | null; readonly accountId: string },
): Promise<SettlementJson[]> {
  const { nodes, findEarnedReceipts } = c.get('services');
  const named = id ?? readId(c, 'node');
  if (named !== null && id === null && (await nodes.find(named))?.accountId !== accountId) return [];
  const nodeIds = named === null ? await nodes.listSince(accountId, Date.now() - KNOWN_MS, MOST_HOMES) : [named];
  const found = await findEarnedReceipts({ jobId, accountId, nodeIds });
  return id === null ? found : found.filter(({ nodeId }) => nodeId === id);
}

/** A call that was paid for by itself is known by its payment and by the number of its job, which nobody else was told. Throws ApiError 404, 429. */
async function findPayment(c: Context<AppEnv>, paymentId: string, jobId: string): Promise<PaymentFacts> {
  requireCalm(c, 'receipt');
  const found = isId('acct', paymentId) ? await c.get('services').payment(paymentId).tell(jobId) : null;
  if (found) return found;
  await slowDown(c, 'receipt');
  throw new ApiError('receipt_not_found', 'There is no receipt for this job, or this payment is not its own.');
}

async function waitForReceipts(
  services: Services,
  wanted: { jobId: string; accountId: string },
): Promise<FoundReceipts> {
  const until = Date.now() + WAIT_MS;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(LAST_PAUSE_MS, pauseMs * 2)) {
    const found = await services.findReceipts(wanted);
    if (found.settlements.length > 0 || !found.isPending || Date.now() > until) return found;
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

function toReceiptJson(c: Context<AppEnv>, settlement: SettlementJson): object {
  const services = c.get('services');
  const energies = [{ outputTokens: settlement.outputTokens, energy: energyOf(settlement) }];
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
    /** The charge by the kind of credit that paid it; null for what was settled before there were kinds. */
    paid_from: settlement.paidFrom ?? null,
    /** How caller and home belong together, where they do: only bought credit pays the home then. */
    related: settlement.related ?? null,
    difference: settlement.difference,
    attempts: settlement.attempts,
    /** How faithfully this part went on with what another home began; null where it began the answer. */
    resumed: settlement.resumed ?? null,
    /** What is believed of what it signed. */
    energy: tellEnergy(energies, findMethodUrl(c)),
    ttft_ms: settlement.ttftMs,
    duration_ms: settlement.durationMs,
    ended_at: settlement.endedAt,
    receipt_hash: settlement.acceptance?.receiptHash ?? null,
    domain: services.domain,
    ...nameRouters(settlement, services.routerSigner),
    ticket: settlement.ticket,
    /** Where a message stands under a seal its signature is the seal's; null where it was signed for itself, or there is none. */
    ticketSeal: settlement.ticketSeal ?? null,
    ticketSignature: settlement.ticketSignature,
    receipt: settlement.receipt,
    receiptSeal: settlement.receiptSeal ?? null,
    receiptSignature: settlement.receiptSignature,
    acceptance: settlement.acceptance,
    acceptanceSeal: settlement.acceptanceSeal ?? null,
    acceptanceSignature: settlement.acceptanceSignature,
  };
}

/** Whose signatures the ticket and the acceptance have, and how the one came to stand in the other's place. */
function nameRouters(settlement: SettlementJson, { signer, routers, handovers }: Services['routerSigner']): object {
  const { ticket, ticketSignature, ticketSeal, acceptance, acceptanceSignature, acceptanceSeal } = settlement;
  const router = findRouter(signer, routers, {
    struct: JOB_TICKET,
    message: fromMessageJson(JOB_TICKET, ticket),
    signature: ticketSignature as Hex,
    sealed: ticketSeal ? fromSealedJson(ticketSeal) : null,
  });
  if (!acceptance || !acceptanceSignature) return { router };
  const acceptedBy = findRouter(signer, routers, {
    struct: ACCEPTANCE,
    message: acceptanceSchema.parse(acceptance),
    signature: acceptanceSignature as Hex,
    sealed: acceptanceSeal ? fromSealedJson(acceptanceSeal) : null,
  });
  return acceptedBy === router ? { router } : { router, acceptedBy, handovers: handovers.map(toHandoverJson) };
}
