// The header `Idempotency-Key`. Pure.
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import type { RequestFault } from '../../schema/request-fault.ts';

export const REPEAT_HEADER = 'idempotency-key';
const FORM = /^[\x21-\x7e]{1,255}$/;

/** Null where none was sent. Errors: one that is empty, too long, or holds anything but visible characters of ASCII. */
export function readRepeatKey(header: string | undefined): Result<string | null, RequestFault> {
  if (header === undefined) return ok(null);
  if (FORM.test(header)) return ok(header);
  const message =
    "The header 'Idempotency-Key' must hold 1 to 255 visible characters of ASCII, without spaces: a random UUID will do.";
  return err({ param: 'Idempotency-Key', code: 'invalid_value', message });
}
