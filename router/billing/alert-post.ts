// The way of an account's alerts to whoever wants them: some at once, never on the path of a call, again where nobody took one.
import { makeLog } from '../log.ts';
import type { AccountAlerts, DueAlert } from './account-alerts.ts';
import { isTaken } from './alert-history.ts';
import type { AlertAnswer } from './alert-history.ts';
import { signWebhook } from './sign-webhook.ts';

const log = makeLog('billing');

/** The receiver wants none of them any more. */
const GONE = 410;

/** Sends a webhook and gives the status of its answer; follows no redirect. Rejects where nobody answers, and 'refused' for where none may be sent. */
export type PostWebhook = (
  url: string,
  message: { readonly headers: Readonly<Record<string, string>>; readonly body: string },
) => Promise<number | 'refused'>;

export class AlertPost {
  readonly #post: PostWebhook;
  readonly #retryMs: number;
  readonly #accountId: string | undefined;
  #sending: Promise<void> | null = null;

  constructor({ post, retryMs, accountId }: { post: PostWebhook; retryMs: number; accountId: string | undefined }) {
    this.#post = post;
    this.#retryMs = retryMs;
    this.#accountId = accountId;
  }

  /** Sends what is due; rejects nothing. While it sends, what is asked anew waits for the next time. */
  send(alerts: () => AccountAlerts): Promise<void> {
    this.#sending ??= this.#send(alerts).finally(() => void (this.#sending = null));
    return this.#sending;
  }

  async #send(alerts: () => AccountAlerts): Promise<void> {
    const due = alerts().takeDue(Date.now(), this.#retryMs);
    const sent = await Promise.all(due.map(async (alert) => ({ alert, answer: await this.#sendOne(alert) })));
    for (const { alert, answer } of sent) {
      alerts().history.note(alert, answer, Date.now());
      if (isTaken({ answer }) || answer === 'refused' || answer === GONE) alerts().end(alert.id);
    }
  }

  async #sendOne({ id, body, url, secret }: DueAlert): Promise<AlertAnswer> {
    const signed = signWebhook({ id, body }, secret, Date.now());
    const headers = { ...signed, 'content-type': 'application/json', 'user-agent': 'irori-webhooks/1' };
    try {
      const answer = await this.#post(url, { headers, body });
      if (!isTaken({ answer })) log.warn('alert-not-taken', { accountId: this.#accountId, reason: String(answer) });
      return answer;
    } catch (error) {
      log.warn('alert-not-taken', { accountId: this.#accountId, error });
      return 'away';
    }
  }
}
