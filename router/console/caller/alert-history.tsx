// What became of the account's alerts: which were sent when, where, and whether somebody took them.
import * as z from 'zod';
import { parseJson } from '../../../schema/json.ts';
import { isTaken } from '../../billing/alert-history.ts';
import type { SentAlert } from '../../billing/alert-history.ts';
import { formatCredits } from '../../look/format-money.ts';
import { formatShare } from '../../look/format-number.ts';
import { Badge, Sheet, Time } from '../../look/pieces.tsx';
import { Table } from '../../look/table.tsx';
import type { Locale } from '../../look/words.ts';
import type { AlertWords } from './alert-words.ts';

/** What alerts say, as find-alerts.ts writes it. */
const sentBody = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('key.spend_limit'),
    data: z.object({ key: z.string(), limit: z.enum(['day', 'month', 'total']), percent: z.number() }),
  }),
  z.object({ type: z.literal('account.low_balance'), data: z.object({ balance_micro: z.number() }) }),
  z.object({ type: z.literal('alerts.test') }),
]);

interface Telling {
  readonly words: AlertWords;
  readonly locale: Locale;
  /** Of keys that are there, by their ids. */
  readonly keyNames: ReadonlyMap<string, string>;
}

/** The keys that alerts tell of. */
export function listAlertKeys(sent: readonly SentAlert[]): string[] {
  const keys = sent.flatMap(({ body }) => {
    const said = sentBody.safeParse(parseJson(body)).data;
    return said?.type === 'key.spend_limit' ? [said.data.key] : [];
  });
  return [...new Set(keys)];
}

export function AlertsSent({ sent, ...telling }: Telling & { readonly sent: readonly SentAlert[] }) {
  const { words, locale } = telling;
  return (
    <Sheet title={words.sent}>
      <Table
        caption={words.sent}
        rows={sent}
        empty={words.noneSent}
        columns={[
          { head: words.when, cell: ({ at }) => <Time at={at} locale={locale} /> },
          { head: words.what, cell: (alert) => <What alert={alert} {...telling} /> },
          { head: words.outcome, cell: (alert) => <Outcome alert={alert} {...telling} /> },
          { head: words.address, cell: ({ url }) => <code class="named">{url}</code> },
        ]}
      />
    </Sheet>
  );
}

interface AlertProps extends Telling {
  readonly alert: SentAlert;
}

function What({ alert, words, locale, keyNames }: AlertProps) {
  const said = sentBody.safeParse(parseJson(alert.body)).data;
  switch (said?.type) {
    case 'key.spend_limit': {
      const { key, limit, percent } = said.data;
      const name = keyNames.get(key);
      const told = words.spent(formatShare(percent / 100, locale), words.limits[limit]);
      return (
        <>
          {told}{' '}
          {name === undefined ? (
            <code>{key}</code>
          ) : (
            <a href={`/console/keys/${encodeURIComponent(key)}`}>
              <bdi translate="no">{name}</bdi>
            </a>
          )}
        </>
      );
    }
    case 'account.low_balance':
      return <>{words.lowLeft(formatCredits(said.data.balance_micro, locale))}</>;
    case 'alerts.test':
      return <>{words.isTest}</>;
    case undefined:
      return <>–</>;
  }
}

function Outcome({ alert, words, locale }: AlertProps) {
  const { answer, tries, nextAt } = alert;
  if (isTaken(alert)) return <Badge tone="good">{words.taken(String(answer))}</Badge>;
  const told = { away: words.away, refused: words.refusedThere }[answer] ?? words.notTaken(String(answer));
  return (
    <>
      <Badge tone={nextAt === null ? 'bad' : 'warn'}>{told}</Badge>{' '}
      <span class="soft">
        {words.tries(tries)}
        {nextAt !== null && (
          <>
            {words.again} <Time at={nextAt} locale={locale} />
          </>
        )}
      </span>
    </>
  );
}
