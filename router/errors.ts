// What a caller may be told when something is refused: a closed set of codes, each with one status and one OpenAI type.
// Routes throw ApiError; anything else that is thrown is a bug and answers 500 without its message.

export type ErrorCode =
  | 'invalid_json'
  | 'invalid_value'
  | 'unsupported_parameter'
  | 'unknown_parameter'
  | 'context_length_exceeded'
  | 'prompt_failed'
  | 'no_home_fits'
  | 'missing_api_key'
  | 'invalid_api_key'
  | 'insufficient_credit'
  | 'spend_limit_reached'
  | 'account_disabled'
  | 'forbidden'
  | 'scope_missing'
  | 'model_not_allowed'
  | 'model_not_found'
  | 'receipt_not_found'
  | 'receipt_pending'
  | 'not_found'
  | 'unknown_path'
  | 'method_not_allowed'
  | 'conflict'
  | 'idempotency_key_reused'
  | 'idempotency_key_in_use'
  | 'body_too_large'
  | 'unsupported_media_type'
  | 'request_timeout'
  | 'rate_limit_exceeded'
  | 'all_homes_busy'
  | 'no_node_online'
  | 'home_failed'
  | 'first_token_timeout'
  | 'node_unenrolled'
  | 'node_revoked'
  | 'node_outdated'
  | 'upgrade_required'
  | 'authorization_pending'
  | 'slow_down'
  | 'access_denied'
  | 'expired_token'
  | 'payment_required'
  | 'payment_used'
  | 'payment_away'
  | 'store_away'
  | 'bad_environment'
  | 'internal_error';

const STATUS: Readonly<Record<ErrorCode, number>> = {
  invalid_json: 400,
  invalid_value: 400,
  unsupported_parameter: 400,
  unknown_parameter: 400,
  context_length_exceeded: 400,
  prompt_failed: 400,
  no_home_fits: 400,
  missing_api_key: 401,
  invalid_api_key: 401,
  insufficient_credit: 402,
  spend_limit_reached: 402,
  account_disabled: 403,
  forbidden: 403,
  scope_missing: 403,
  model_not_allowed: 403,
  model_not_found: 404,
  receipt_not_found: 404,
  receipt_pending: 503,
  not_found: 404,
  unknown_path: 404,
  method_not_allowed: 405,
  conflict: 409,
  idempotency_key_reused: 409,
  idempotency_key_in_use: 409,
  body_too_large: 413,
  unsupported_media_type: 415,
  request_timeout: 408,
  rate_limit_exceeded: 429,
  all_homes_busy: 429,
  no_node_online: 503,
  home_failed: 502,
  first_token_timeout: 504,
  node_unenrolled: 401,
  node_revoked: 403,
  node_outdated: 400,
  upgrade_required: 426,
  authorization_pending: 400,
  slow_down: 400,
  access_denied: 400,
  expired_token: 400,
  payment_required: 402,
  payment_used: 409,
  payment_away: 503,
  store_away: 503,
  bad_environment: 500,
  internal_error: 500,
};

/** Every code there is. */
export const ERROR_CODES = Object.keys(STATUS) as ErrorCode[];

export function statusOf(code: ErrorCode): number {
  return STATUS[code];
}

/** Failures in which nobody could answer now, with what stood in the way. The code is the section of /docs that tells more. */
export const CONSTRAINTS: Partial<Readonly<Record<ErrorCode, string>>> = {
  no_node_online: 'presence',
  all_homes_busy: 'capacity',
  no_home_fits: 'wish',
  home_failed: 'health',
  first_token_timeout: 'patience',
  rate_limit_exceeded: 'rate',
  store_away: 'books',
};

/** What is told of a failure of availability, for programs that choose what to do. */
export interface Availability {
  readonly code: ErrorCode;
  /** Asking the same again may help. */
  readonly retryable: boolean;
  /** Seconds; null where nobody can tell. */
  readonly retry_after: number | null;
  /** The field of the request that left nobody. */
  readonly excluded_by: string | null;
  /** What stood in the way. */
  readonly constraint: string;
  readonly docs_url: string;
}

/** Null for any other refusal. `origin`: of this router, as the caller reaches it. */
export function tellAvailability(error: ApiError, origin: string): Availability | null {
  const { code, options } = error;
  const constraint = CONSTRAINTS[code];
  if (constraint === undefined) return null;
  return {
    code,
    retryable: !error.isFinal,
    retry_after: options.retryAfterS ?? null,
    excluded_by: options.param ?? null,
    constraint,
    docs_url: `${origin}/docs#${code}`,
  };
}

export interface ApiErrorOptions {
  readonly param?: string | null;
  /** In so many seconds asking again may succeed: the message and the headers say the same. */
  readonly retryAfterS?: number;
  /** Extra response headers, such as `allow`. */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Official clients sleep as long as they are told, without a word to whoever waits: no longer than so many seconds. What takes longer they tell at once
 * (`x-should-retry`, which openai-node, openai-python and @anthropic-ai/sdk obey).
 */
const MOST_SLEEP_S = 20;

/** A refusal with a public code; `message` is shown to the caller, so it never holds internals. */
export class ApiError extends Error {
  readonly code: ErrorCode;
  readonly options: ApiErrorOptions;
  readonly #said: string;

  constructor(code: ErrorCode, message: string, options: ApiErrorOptions = {}) {
    super(tellRetry(message, options));
    this.#said = message;
    this.name = 'ApiError';
    this.code = code;
    this.options = options;
  }

  /** The same with more said, before the words that tell when to come back. */
  with(more: string): ApiError {
    return more === '' ? this : new ApiError(this.code, `${this.#said} ${more}`, this.options);
  }

  get status(): number {
    return STATUS[this.code];
  }

  get type(): string {
    return typeOfStatus(this.status);
  }

  /** Asking the same again is of no use: the request itself is the reason, or the caller's own limit. */
  get isFinal(): boolean {
    return (
      (this.status < 500 && this.status !== 429 && this.status !== 408) ||
      this.options.headers?.['x-should-retry'] === 'false' ||
      (this.options.retryAfterS ?? 0) > MOST_SLEEP_S
    );
  }
}

/** In the words that clients look for where they see no headers, such as codex. */
function tellRetry(message: string, { retryAfterS }: ApiErrorOptions): string {
  return retryAfterS === undefined ? message : `${message} Please try again in ${retryAfterS}s.`;
}

/** The `error.type` that the OpenAI API uses for a status. */
export function typeOfStatus(status: number): string {
  if (status === 401) return 'authentication_error';
  if (status === 402) return 'insufficient_quota';
  if (status === 403) return 'permission_error';
  if (status === 429) return 'rate_limit_error';
  return status >= 500 ? 'server_error' : 'invalid_request_error';
}

/** What a refusal says, with its status. */
export interface ToldError {
  readonly status: number;
  readonly message: string;
  readonly type: string;
  readonly param: string | null;
  readonly code: ErrorCode;
  readonly availability?: Availability;
}

/** OpenAI's shape: `{error: {message, type, param, code}}`. */
const encodePlain = ({ status: _status, ...error }: ToldError): object => ({ error });

/** When to come back, for clients: in seconds, in milliseconds for those that look there first, and whether by themselves. */
function setRetry(headers: Headers, retryAfterS: number): void {
  headers.set('retry-after', String(retryAfterS));
  headers.set('retry-after-ms', String(retryAfterS * 1000));
  if (retryAfterS > MOST_SLEEP_S) headers.set('x-should-retry', 'false');
}

/** The response for a refusal, with Retry-After where waiting helps. `encode`: the body, where the path's clients expect another than OpenAI's. */
export function toErrorResponse(
  error: ApiError,
  encode: (told: ToldError) => object = encodePlain,
  origin = '',
): Response {
  const headers = new Headers({ 'content-type': 'application/json; charset=utf-8', ...error.options.headers });
  if (error.options.retryAfterS !== undefined) setRetry(headers, error.options.retryAfterS);
  const { status, message, type, code, options } = error;
  const availability = tellAvailability(error, origin);
  const body = encode({
    status,
    message,
    type,
    param: options.param ?? null,
    code,
    ...(availability && { availability }),
  });
  return new Response(JSON.stringify(body), { status, headers });
}
