// The one door to whoever wants to be told of something: a POST that follows no redirect and reads no answer but its status.
import type { PostWebhook } from '../billing/alert-post.ts';
import { judgeWebhookUrl } from '../billing/judge-webhook-url.ts';

/** A receiver that takes longer is tried again. */
const ANSWER_MS = 10_000;

/** `allowsLocal`: addresses of this machine too, of a network that stands on it. */
export function makeWebhookDoor(allowsLocal: boolean): PostWebhook {
  return async (url, { headers, body }) => {
    if (judgeWebhookUrl(url, allowsLocal) !== null) return 'refused';
    const signal = AbortSignal.timeout(ANSWER_MS);
    const response = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal });
    await response.body?.cancel();
    return response.status;
  };
}
