// Reasons from inside turned into what a caller is told. One switch a kind, so that a new reason does not compile until it is mapped.
import { INPUT_FIELDS } from '../../schema/job-kinds.ts';
import type { Context } from 'hono';
import { isNeed, SAMPLERS } from '../../schema/needs.ts';
import type { Need, Sampler } from '../../schema/needs.ts';
import type { WishField } from '../../schema/placement.ts';
import type { Scope } from '../../schema/key-rights.ts';
import type { RequestFault } from '../../schema/request-fault.ts';
import { ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import type { AppEnv } from './app-env.ts';
import { ApiError } from '../errors.ts';
import type { JobFailure } from '../relay/job-doors.ts';
import type { Caller, KeyFault } from '../auth/judge-key.ts';
import { pickKeyHeader } from '../auth/read-bearer.ts';
import { refuseRepeat } from './repeated-call.ts';
import { slowDown } from './wrong-attempts.ts';
import type { HoldLeft, HoldRefusal } from '../billing/hold-answer.ts';
import { refuseRate, refuseSpend, tellLeft } from './tell-left.ts';
import type { CrowdLimits } from '../billing/decide-crowd.ts';

/** Seconds after which trying again makes sense when a home failed: another is chosen. */
const RETRY_AFTER_S = 2;
/** Books are copied in less, as a rule. */
const PAUSED_RETRY_AFTER_S = 10;
/** A home that has just gone is back within seconds, or not for long. Clients sleep this long twice without a word. */
const ABSENT_RETRY_AFTER_S = 3;

/** Who calls, with a key that may do one of these things; with any key where none is said. Throws ApiError 401, 403, or 429 after many wrong keys from one address. */
export async function requireCaller(c: Context<AppEnv>, ...scopes: readonly Scope[]): Promise<Caller> {
  const page = c.get('pageCaller');
  return requireRight(c, page ? ok(page) : await c.get('services').authenticate(readKey(c)), scopes);
}

/** The same by what stands in D1 now, and not a minute ago: for what outlasts the key itself. */
export async function requireCallerNow(c: Context<AppEnv>, ...scopes: readonly Scope[]): Promise<Caller> {
  const page = c.get('pageCaller');
  return requireRight(c, page ? ok(page) : await c.get('services').authenticateAnew(readKey(c)), scopes);
}

function readKey(c: Context<AppEnv>): string | null {
  return pickKeyHeader((name) => c.req.header(name));
}

async function requireRight(
  c: Context<AppEnv>,
  caller: Result<Caller, KeyFault>,
  scopes: readonly Scope[],
): Promise<Caller> {
  if (!caller.ok) throw await refuseKey(c, caller.error);
  const has = caller.value.scopes;
  if (scopes.length > 0 && !scopes.some((scope) => has.includes(scope))) throw refuseScope(scopes, caller.value);
  return caller.value;
}

function refuseScope(scopes: readonly Scope[], { scopes: has, role }: Caller): ApiError {
  const named = scopes.map((scope) => `'${scope}'`).join(' or ');
  const whose = role === null ? '' : ` It belongs to a member with the role '${role}'.`;
  const told = `This API key may not do this: it needs the scope ${named}, and has ${has.join(', ') || 'none'}.${whose} Use another key, or ask whoever manages the account's keys.`;
  return new ApiError('scope_missing', told);
}

/** The key names models, and this is none of them. */
export function refuseModel(model: string, models: readonly string[]): ApiError {
  const told = `This API key may not call the model '${model.slice(0, 100)}'. It may call: ${models.slice(0, 10).join(', ')}.`;
  return new ApiError('model_not_allowed', told, { param: 'model' });
}

async function refuseKey(c: Context<AppEnv>, fault: KeyFault): Promise<ApiError> {
  if (fault === 'account-disabled')
    return new ApiError('account_disabled', 'This account is disabled. Ask whoever runs the network.');
  if (fault === 'missing') {
    return new ApiError(
      'missing_api_key',
      "You did not provide an API key. Send it as 'Authorization: Bearer irori_…', or in the header 'x-api-key' or 'api-key'.",
      { headers: { 'www-authenticate': 'Bearer' } },
    );
  }
  await slowDown(c, 'key');
  const told =
    fault === 'revoked'
      ? 'This API key has been revoked.'
      : fault === 'expired'
        ? 'This API key has expired.'
        : fault === 'malformed'
          ? "Incorrect API key provided. Send it as 'Authorization: Bearer irori_…', with nothing before or behind it."
          : 'Incorrect API key provided.';
  return new ApiError('invalid_api_key', told, { headers: { 'www-authenticate': 'Bearer' } });
}

/** Too much of what one account sent is on its way, or of what all did. */
export function refuseCrowd(): ApiError {
  const told =
    'Too many large requests at once: the prompts of those that run fill the room for them. Send fewer at once.';
  return new ApiError('rate_limit_exceeded', told, { retryAfterS: RETRY_AFTER_S });
}

/** A chat request that cannot be taken. */
export function refuseRequest(fault: RequestFault): ApiError {
  return new ApiError(fault.code, fault.message, { param: fault.param });
}

const CHANGED =
  'What this API key may do was changed, and the books do not tell how: they were restored to an earlier state. Ask whoever manages the keys to set its rights again.';

/** The edge goes by what the key might do before it was changed: it asks again, once. A caller is told where the books know no later state either. */
export class KeyChanged extends ApiError {
  constructor() {
    super('forbidden', CHANGED);
  }
}

/** Credit that could not be held. */
export function refuseHold(refusal: HoldRefusal & { readonly leaves?: HoldLeft }): ApiError {
  const headers = refusal.leaves ? tellLeft(refusal.leaves) : {};
  switch (refusal.reason) {
    case 'no-credit':
      return new ApiError(
        'insufficient_credit',
        `Not enough credit: this request may cost more than the ${refusal.available} micro-credits available. Lower max_tokens or add credit.`,
        { headers },
      );
    case 'key-revoked':
      return new ApiError('invalid_api_key', 'This API key has been revoked.');
    case 'key-changed':
      return new KeyChanged();
    case 'account-disabled':
      return new ApiError('account_disabled', 'This account is disabled. Ask whoever runs the network.');
    case 'pool-left':
      return new ApiError(
        'invalid_value',
        "Your account may not use this pool any more. Choose another 'provider.pool'.",
        {
          param: 'provider.pool',
        },
      );
    case 'paused':
      return new ApiError('store_away', 'The books of the network stand still for a moment while they are copied.', {
        retryAfterS: PAUSED_RETRY_AFTER_S,
      });
    case 'too-many':
      return refuseOneMore(refusal, headers);
    case 'spend-limit':
      return refuseSpend(refusal, headers);
    case 'rate-limit':
      return refuseRate(refusal, headers);
    case 'repeat':
    case 'repeat-other':
    case 'repeats-full':
      return refuseRepeat(refusal);
  }
}

const TOO_MANY: Readonly<Record<keyof CrowdLimits, string>> = {
  account: 'this account',
  key: 'this API key',
  guest: 'this account without credit, on homes of others',
};

/** In the words and headers that OpenAI's clients know of requests a minute; here it is requests at once. */
function refuseOneMore(
  { of, limit }: { readonly of: keyof CrowdLimits; readonly limit: number },
  left: Record<string, string>,
): ApiError {
  const told = `Too many requests at once: ${limit} of ${TOO_MANY[of]} run already. Wait until some have ended.`;
  const headers = {
    'x-ratelimit-limit-requests': String(limit),
    'x-ratelimit-remaining-requests': '0',
    'x-ratelimit-reset-requests': `${RETRY_AFTER_S}s`,
    ...left,
  };
  return new ApiError('rate_limit_exceeded', told, { retryAfterS: RETRY_AFTER_S, headers });
}

/** Which wish left no home, and what to do about it. */
const NO_FIT: Readonly<Record<Exclude<WishField, Need | Sampler>, string>> = {
  pool: "No home in the chosen 'provider.pool' has this model now; choose another pool, such as 'public'.",
  order:
    "No home of 'provider.order' has this model now, and 'allow_fallbacks' is false; list others or allow fallbacks.",
  only: "No home of 'provider.only' has this model now; list others or leave it out.",
  ignore: "'provider.ignore' leaves no home that has this model now; ignore fewer.",
  quantizations: "No home has this model in one of 'provider.quantizations' now; list more or leave it out.",
  country: "No home in 'provider.country' has this model now; list more countries or leave it out.",
  max_rtt_ms: "No home with this model is within 'provider.max_rtt_ms' now; raise it or leave it out.",
  max_price: "No home offers this model within 'provider.max_price' now; raise it or leave it out.",
};

/** What a request needs, by the caller's field that asks for it, and what no home that has the model can do. */
const NO_NEED: Readonly<Record<Need, { readonly field: string; readonly told: string }>> = {
  tools: { field: 'tools', told: 'calls tools' },
  json: { field: 'response_format', told: 'keeps its answer to JSON' },
  images: { field: 'messages', told: 'reads pictures' },
  logprobs: { field: 'logprobs', told: 'tells log probabilities' },
  reasoning: { field: 'reasoning_effort', told: 'thinks before it answers' },
  completion: { field: 'prompt', told: 'continues a bare text' },
  embeddings: { field: 'input', told: 'makes embeddings' },
  transcription: { field: 'file', told: 'transcribes speech' },
  'image-generation': { field: 'prompt', told: 'makes pictures' },
};

/** Nobody has the model, or the caller has waited as long as it wished to: a client that asks again by itself only makes it wait anew. */
const NO_RETRY = { 'x-should-retry': 'false' };

/** A job that no home could answer. */
export function refuseJob(failure: JobFailure): ApiError {
  switch (failure.kind) {
    case 'no-home':
      return new ApiError('no_node_online', failure.message, {
        retryAfterS: ABSENT_RETRY_AFTER_S,
        // Clients sleep and ask again on their own: where nobody has the model that only delays the answer that nobody has it.
        ...(!failure.isKnown && { headers: NO_RETRY }),
      });
    case 'busy':
      return new ApiError('all_homes_busy', failure.message, { retryAfterS: failure.retryAfterS });
    case 'no-fit':
      return new ApiError('no_home_fits', tellNoFit(failure), {
        param: fieldOf(failure.field),
      });
    case 'slow':
      return new ApiError('first_token_timeout', failure.message, { headers: NO_RETRY });
    case 'failed':
      return new ApiError('home_failed', failure.message, { retryAfterS: RETRY_AFTER_S });
    case 'broken':
      return new ApiError('home_failed', `The answer broke off: ${failure.message}. ${tellCharge(failure)}`, {
        // Clients that ask again by themselves would be charged again.
        ...(failure.isCharged && { headers: NO_RETRY }),
      });
    case 'prompt':
      return new ApiError('prompt_failed', failure.message, { param: failure.param ?? 'messages' });
    case 'bad-request':
      return new ApiError('invalid_value', failure.message, { param: failure.param });
    case 'context':
      return new ApiError('context_length_exceeded', failure.message, { param: failure.param });
  }
}

function tellCharge({ isCharged }: Extract<JobFailure, { kind: 'broken' }>): string {
  return isCharged ? 'What was sent of it is charged.' : 'You are not charged for it.';
}

function tellNoFit({ field, homes, model }: Extract<JobFailure, { kind: 'no-fit' }>): string {
  const known = { homes: homes ?? 0, model: model ?? '' };
  if (field === 'reasoning')
    return `${tellNoNeed(NO_NEED[field], known)} 'provider.require_parameters' wants it kept: without that any home answers.`;
  if (isNeed(field)) return tellNoNeed(NO_NEED[field], known);
  if (isSampler(field))
    return `${tellNoNeed({ field, told: 'takes this sampler' }, known)} 'provider.require_parameters' wants it kept: without that it is left out.`;
  if (homes === undefined || homes === 0) return NO_FIT[field];
  return `${NO_FIT[field]} ${homes === 1 ? 'One home has' : `${homes} homes have`} it.`;
}

/** The field of the request that left no home. */
function fieldOf(field: WishField): string {
  if (isSampler(field)) return field;
  return isNeed(field) ? NO_NEED[field].field : `provider.${field}`;
}

function isSampler(field: WishField): field is Sampler {
  return SAMPLERS.some((sampler) => sampler === field);
}

/** Without them there is no request. */
const INPUTS = new Set(Object.values(INPUT_FIELDS));

function tellNoNeed(
  { field, told }: { readonly field: string; readonly told: string },
  { homes, model }: { readonly homes: number; readonly model: string },
): string {
  const without = homes === 1 ? 'one home has' : `${homes} homes have`;
  const remedy = INPUTS.has(field) ? 'Choose another model.' : `Leave '${field}' out, or choose another model.`;
  return `No home that has '${model.slice(0, 100)}' now ${told}, as '${field}' asks; ${without} it without. ${remedy}`;
}
