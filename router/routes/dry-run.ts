// `dry_run: true` on any endpoint that makes jobs: what the call would cost and which home would answer it, and why. Nothing is held, placed or charged.
import type { Context } from 'hono';
import type { HoldRefusal } from '../billing/hold-answer.ts';
import type { ApiError } from '../errors.ts';
import { epochOf } from '../../schema/epoch.ts';
import { feeAt } from '../../schema/fee-schedule.ts';
import { computeCharge } from '../../schema/prices.ts';
import type { Price } from '../../schema/prices.ts';
import { previewJob } from '../relay/preview.ts';
import type { Preview } from '../relay/preview.ts';
import { priceJob } from '../billing/price-job.ts';
import type { AppEnv } from './app-env.ts';
import { withHomes } from './answer-job.ts';
import type { Job } from './make-job.ts';
import { KeyChanged, refuseHold, refuseJob } from './refuse.ts';

/** `jobs`: those of the call, which are alike but for the prompt, which the first one pays. Counts as a request of its key's. Throws KeyChanged as a call does. */
export async function answerDryRun(c: Context<AppEnv>, jobs: readonly [Job, ...Job[]]): Promise<Response> {
  const services = c.get('services');
  const [job, ...others] = jobs;
  const { modelKey, ownName } = job.served;
  const search = services.homes.openSearch({ ...job.offer, modelKey, ownName });
  const account = services.account(job.caller.accountId);
  const [usage, refusal, preview] = await Promise.all([
    account.usage(),
    account.judge([job.hold, ...others.map(({ hold }) => hold)]),
    previewJob(job.offer, { search, askHub: (hub, offer) => services.hub(hub).preview(offer) }),
  ]);
  const available = usage.balance - usage.held;
  const held = jobs.reduce((sum, { hold }) => sum + hold.amount, 0);
  const price = preview.ok ? preview.home.price : job.served;
  const costs = tellCosts(jobs, price);
  // What is held is the price of a home of others: the caller's own cost nothing, and are not known before one is asked.
  const error = await findError(c, job, { refusal, preview });
  return c.json({
    object: 'dry_run',
    model: job.wish.model,
    would_run: error === null,
    home: preview.ok ? tellHome(preview) : null,
    error: error && tellError(error),
    price: {
      unit: 'micro-credits per million tokens',
      prompt: price.priceIn,
      completion: price.priceOut,
      most_prompt: job.served.priceIn,
      most_completion: job.served.priceOut,
      // Of the price, not on top of it: what the network keeps of it, by the vote.
      fee_bps: feeAt(job.offer.fees ?? [], epochOf(Date.now(), services.epochSeconds)),
    },
    tokens: {
      prompt_expected: job.offer.size.promptTokens,
      prompt_at_most: job.offer.promptExact ?? job.offer.promptBound,
      completion_expected: job.offer.size.outputTokens * jobs.length,
      completion_at_most: job.offer.request.maxTokens * jobs.length,
    },
    cost: { ...costs, held_micro: held },
    credit: {
      balance_micro: usage.balance,
      available_micro: available,
      is_enough: refusal?.reason !== 'no-credit' && held <= Math.max(available, 0),
    },
  });
}

/** Units, at the home that would answer. */
function tellCosts([first, ...others]: readonly [Job, ...Job[]], price: Price): object {
  const expected = [first, ...others].map(({ offer }, i) =>
    computeCharge(price, {
      promptTokens: i === 0 ? offer.size.promptTokens : 0,
      outputTokens: offer.size.outputTokens,
    }),
  );
  const most = [first, ...others].map(({ offer }, i) =>
    priceJob({ price, promptTokens: i === 0 ? offer.promptBound : 0, maxOutputTokens: offer.request.maxTokens }),
  );
  const sum = (units: readonly number[]): number => units.reduce((all, one) => all + one, 0);
  return { expected_micro: sum(expected), at_most_micro: sum(most) };
}

function tellHome({ home, hub }: Extract<Preview, { ok: true }>): object {
  const { decision, nodeId, country, digest, quantisation, isOwn } = home;
  return {
    node: nodeId,
    country,
    hub,
    digest,
    quantization: quantisation,
    is_own: isOwn,
    reason: decision.reason,
    distance_km: decision.km,
    expected_ttft_ms: Math.round(decision.ttftMs),
    expected_tokens_per_s: Math.round(decision.tokensPerS),
    candidates: decision.candidates,
    keeping_promise: decision.keeping,
  };
}

/** What the call would be refused with now, by its account first, as a call is; null where it would run. */
async function findError(
  c: Context<AppEnv>,
  job: Job,
  { refusal, preview }: { readonly refusal: HoldRefusal | null; readonly preview: Preview },
): Promise<ApiError | null> {
  if (refusal) {
    const error = refuseHold(refusal);
    if (error instanceof KeyChanged) throw error;
    return error;
  }
  return preview.ok ? null : refuseJob(await withHomes(c, job, preview.failure));
}

function tellError({ message, type, code, options, status }: ApiError): object {
  return { status, message, type, param: options.param ?? null, code };
}
