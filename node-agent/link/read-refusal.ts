// An HTTP refusal of the router as an outcome. Pure.
import * as z from 'zod';
import { parseJson } from '../../schema/json.ts';
import type { LinkOutcome } from './decide-retry.ts';

const bodySchema = z.object({
  error: z.object({ message: z.string(), code: z.string().nullish(), param: z.string().nullish().catch(null) }),
});

/** `retryAfter` is the header in seconds; dates are not used by the router. A body that is not the API's shape adds nothing. */
export function readRefusal(status: number, retryAfter: string | undefined, body: string): LinkOutcome {
  const parsed = bodySchema.safeParse(parseJson(body));
  const seconds = retryAfter !== undefined && /^\d{1,6}$/.test(retryAfter) ? Number(retryAfter) : null;
  return {
    kind: 'http',
    status,
    code: parsed.success ? (parsed.data.error.code ?? null) : null,
    ...(parsed.success && parsed.data.error.param != null && { param: parsed.data.error.param }),
    message: (parsed.success ? parsed.data.error.message : `HTTP ${status}`).slice(0, 300),
    retryAfterMs: seconds === null ? null : seconds * 1000,
  };
}
