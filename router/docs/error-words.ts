// What each code of a refusal means and what to do about it, for /docs and /openapi.json.
import type { ErrorCode } from '../errors.ts';

export const ERROR_WORDS: Readonly<Record<ErrorCode, string>> = {
  invalid_json: 'The body is not JSON, or no object. Nothing was read of it.',
  invalid_value: 'A field has a value that it cannot have: `param` names it, the message says which would do.',
  unsupported_parameter: 'A field asks for what no home does. Leave it out.',
  unknown_parameter: 'A member of `provider` that does not exist.',
  context_length_exceeded: 'The prompt is longer than the model’s context. Shorten it.',
  prompt_failed: 'The model servers of two homes failed on this request: it is the request. Change it.',
  no_home_fits:
    'Homes have the model, and none of them fits the wish or can do what the request needs. `excluded_by` is the field: widen it or leave it out.',
  missing_api_key: 'Send the key as `Authorization: Bearer irori_…`, or in `x-api-key` or `api-key`.',
  invalid_api_key: 'The key is none of this network, was revoked, or has expired.',
  insufficient_credit: 'The request may cost more than the account has. Lower `max_tokens`, or add credit.',
  spend_limit_reached:
    'The key may not spend so much: in a day or a month of UTC, in all, or on one job. The message says which, how much is left, and when it begins anew. Lower `max_tokens`, wait, or have the limit raised.',
  account_disabled: 'Ask whoever runs the network.',
  forbidden: 'The key may not do this.',
  scope_missing: 'The key may do other things; the message names the scope that this needs. Use a key that has it.',
  model_not_allowed: 'The key may call some models only, and this is none of them. `GET /v1/models` lists those.',
  model_not_found: 'No model of this name is listed, and none of your homes serves it. See `GET /v1/models`.',
  receipt_not_found: 'No such job of yours.',
  receipt_pending: 'The job is being booked: ask again in a moment.',
  not_found: 'There is no such thing.',
  unknown_path: 'The path does not exist; the message lists those that do. It says nothing of the model.',
  method_not_allowed: 'The path has other methods: see `allow`.',
  conflict: 'It exists already, or has changed meanwhile.',
  idempotency_key_reused:
    'The `Idempotency-Key` was sent with another body to this endpoint within 24 hours. Use a new one for each request.',
  idempotency_key_in_use:
    'The call under this `Idempotency-Key` still runs. Ask again after `retry-after`; official clients do so by themselves.',
  body_too_large: 'The body is larger than the limit that the message tells. Send less.',
  unsupported_media_type: 'The body’s type or coding is not one that is read here.',
  request_timeout: 'The body did not arrive in time.',
  rate_limit_exceeded:
    'So many of your requests run already, or the key has begun as many requests or tokens within a minute as it may. Wait for `retry-after`, or until some have ended.',
  all_homes_busy: 'All homes that have the model are full. Wait for `retry-after`: it is worked out from their queues.',
  no_node_online:
    'No home that is online has the model. Where one is known to have had it, waiting may help (`retryable`).',
  home_failed:
    'The homes that were asked failed, or an answer broke off past rescue. Ask again: another home is chosen.',
  first_token_timeout:
    'The first token did not come within your limit. `provider.max_first_token_s` sets it; a shorter prompt or a smaller model is sooner.',
  node_unenrolled: 'For homes: enrol first.',
  node_revoked: 'For homes: this home may not take part any more.',
  node_outdated: 'For homes: update the agent.',
  authorization_pending: 'For homes: nobody has decided about this machine yet. Ask again after `interval` seconds.',
  slow_down: 'For homes: asked too soon. Wait five seconds more between two questions.',
  access_denied: 'For homes: its owner said no, or the verifier is not that of the link.',
  expired_token: 'For homes: the link is over or was used. Begin anew.',
  upgrade_required: 'For homes: this path speaks WebSocket.',
  payment_required:
    'A call without a key is paid for by itself: `PAYMENT-REQUIRED` holds the terms (x402 v2), `PAYMENT-SIGNATURE` takes the payment. Or send a key.',
  payment_used: 'This payment has been used for a call already. Sign another one.',
  payment_away:
    'Who takes the payments cannot be reached, or not for so much. Nothing was charged. Ask again later, or send a key.',
  store_away: 'The books of the network cannot be reached. They are back within seconds.',
  bad_environment: 'The operator has not finished setting up this router.',
  internal_error: 'A fault of ours. Quote `x-request-id`.',
};
