// Errors in the shape of the Anthropic API, with the network's own code and field beside: its clients choose what to do by status and `type`.
// Source: the Anthropic API's reference, "Errors", and ErrorResponse of @anthropic-ai/sdk.
import type { StreamError } from '../../schema/chunks.ts';
import type { DialectError } from './dialect.ts';
import { renameField } from './messages-paths.ts';
import { renameError } from './rename-error.ts';

/** Statuses with a type of their own; others are invalid_request_error below 500, and api_error from there. */
const TYPES: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  408: 'timeout_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  503: 'overloaded_error',
  504: 'timeout_error',
  529: 'overloaded_error',
};
/** After the first byte there is no status: codes that mean another type than the chat's `type` says. */
const TYPES_OF_CODES: Readonly<Record<string, string>> = {
  no_node_online: 'overloaded_error',
  store_away: 'overloaded_error',
  first_token_timeout: 'timeout_error',
  request_timeout: 'timeout_error',
};
/** The chat API's types that have another name here. */
const TYPES_OF_TYPES: Readonly<Record<string, string>> = {
  server_error: 'api_error',
  insufficient_quota: 'billing_error',
};

/** The field that goes on from a conversation on a server. Nothing is kept here, and the clients send all of it again where they read that it was not found. */
export const LOST_THREAD = 'thread.previous_message_id';
const LOST_THREAD_CODE = 'thread_not_found';

/** The body of an error before the first byte. `requestId` is the `req_…` of the answer's headers. */
export function encodeMessagesError(error: DialectError & { readonly requestId?: string }): object {
  const { status } = error;
  const type = TYPES[status] ?? (status >= 500 ? 'api_error' : 'invalid_request_error');
  return { ...wrap(error, type), request_id: error.requestId ?? null };
}

/** The data of an `error` event. */
export function encodeEventError(error: StreamError): object {
  const type = Object.hasOwn(TYPES_OF_CODES, error.code) ? TYPES_OF_CODES[error.code] : undefined;
  const other = Object.hasOwn(TYPES_OF_TYPES, error.type) ? TYPES_OF_TYPES[error.type] : undefined;
  return wrap(error, type ?? other ?? error.type);
}

/** `details.error_code` is where the official clients look for the cause. */
function wrap(error: StreamError, type: string): object {
  const { message, code, param, availability } = renameError(error, renameField);
  const cause = param === LOST_THREAD ? LOST_THREAD_CODE : code;
  const told = { type, message, code, param: param ?? null, details: { error_code: cause } };
  return { type: 'error', error: { ...told, ...(availability && { availability }) } };
}
