// What is left to a key and its account, as headers that clients know, and the refusals of a key's limits: which limit, how much is left, when it begins anew.
import type { HoldLeft, HoldRefusal } from '../billing/hold-answer.ts';
import type { RateLeft } from '../billing/rate-window.ts';
import { ApiError } from '../errors.ts';

type Refusal<R extends HoldRefusal['reason']> = Extract<HoldRefusal, { readonly reason: R }>;

/** A time as callers read it: UTC, to the second. */
export function tellTime(at: number): string {
  return new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');
}

/** The headers of an answer or a refusal; those of OpenAI for limits by the minute, our own for what may be spent. */
export function tellLeft({ available, spend, requests, tokens }: HoldLeft): Record<string, string> {
  const headers: Record<string, string> = { 'x-irori-balance': String(available) };
  for (const { of, limit, left, resetAt } of spend) {
    headers[`x-irori-key-${of}-limit`] = String(limit);
    headers[`x-irori-key-${of}-left`] = String(left);
    if (resetAt !== null) headers[`x-irori-key-${of}-reset`] = tellTime(resetAt);
  }
  return { ...headers, ...tellRate('requests', requests), ...tellRate('tokens', tokens) };
}

function tellRate(of: 'requests' | 'tokens', rate: RateLeft | undefined): Record<string, string> {
  if (!rate) return {};
  return {
    [`x-ratelimit-limit-${of}`]: String(rate.limit),
    [`x-ratelimit-remaining-${of}`]: String(rate.left),
    [`x-ratelimit-reset-${of}`]: tellSpan(rate.resetMs),
  };
}

/** As OpenAI writes it: `120ms`, `59s`, `6m0s`. */
function tellSpan(ms: number): string {
  if (ms < 1000) return `${ms}ms`;
  const s = Math.ceil(ms / 1000);
  return s < 60 ? `${s}s` : `${Math.floor(s / 60)}m${s % 60}s`;
}

const PERIODS: Readonly<Record<Refusal<'spend-limit'>['of'], string>> = {
  day: 'a day',
  month: 'a month',
  total: 'in all',
  job: 'on one job',
};

/** A key that may not spend what a job may cost. Amounts are micro-credits. */
export function refuseSpend(refusal: Refusal<'spend-limit'>, headers: Record<string, string>): ApiError {
  const { of, limit, left, amount, held, resetAt, retryMs } = refusal;
  const cost = `This API key may spend ${limit} micro-credits ${PERIODS[of]}, and this request may cost ${amount}`;
  if (of === 'job')
    return new ApiError(
      'spend_limit_reached',
      `${cost}. Lower 'max_tokens', shorten the prompt, or have the limit raised.`,
      {
        headers,
      },
    );
  const running = held > 0 ? ` (${held} are held for its jobs that run)` : '';
  const reset = resetAt === null ? 'It does not begin anew' : `It begins anew at ${tellTime(resetAt)}`;
  const told = `${cost}: ${left} are left${running}. ${reset}; lower 'max_tokens', or have the limit raised.`;
  return new ApiError('spend_limit_reached', told, { headers, ...tellRetry(retryMs) });
}

/** A key that has begun too much within the last minute, in the words that OpenAI's clients look for. */
export function refuseRate(refusal: Refusal<'rate-limit'>, headers: Record<string, string>): ApiError {
  const { of, limit, left, asked, retryMs } = refusal;
  const unit = of === 'requests' ? 'requests per minute (RPM)' : 'tokens per minute (TPM)';
  const facts = `Limit ${limit}, left ${left}, requested ${asked}.`;
  if (retryMs === null) {
    const told = `Request too large for this API key's ${unit}: ${facts} Lower 'max_tokens' or shorten the prompt.`;
    return new ApiError('rate_limit_exceeded', told, { headers: { ...headers, 'x-should-retry': 'false' } });
  }
  return new ApiError('rate_limit_exceeded', `Rate limit of this API key reached on ${unit}: ${facts}`, {
    headers,
    ...tellRetry(retryMs),
  });
}

function tellRetry(ms: number | null): { retryAfterS?: number } {
  return ms === null ? {} : { retryAfterS: Math.max(1, Math.ceil(ms / 1000)) };
}
