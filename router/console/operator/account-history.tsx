// What came to one account's credit last, for the operator: whether a grant was made is seen here, whatever became of the page that made it.
import { tellMemo } from '../../billing/tell-memo.ts';
import type { ToldCreditEvent } from '../../routes/credit-history.ts';
import { formatCredits } from '../../look/format-money.ts';
import { Sheet, Time } from '../../look/pieces.tsx';
import { Table } from '../../look/table.tsx';
import type { Locale } from '../../look/words.ts';
import { CREDIT_WORDS } from '../caller/credit-words.ts';
import { Named, NotNow } from './pieces.tsx';
import { ACCOUNT_WORDS } from './words-accounts.ts';

export function CreditOf({ events, locale }: { events: readonly ToldCreditEvent[] | null; locale: Locale }) {
  const { types, when, what, memo, amount } = CREDIT_WORDS[locale];
  const words = ACCOUNT_WORDS[locale];
  return (
    <Sheet title={words.history}>
      {events === null ? (
        <NotNow locale={locale} />
      ) : (
        <Table
          caption={words.history}
          columns={[
            { head: when, cell: ({ at }) => <Time at={at} locale={locale} /> },
            { head: what, cell: ({ type }) => types[type] ?? type },
            { head: amount, isNumber: true, cell: (event) => formatCredits(event.amount_micro, locale) },
            { head: memo, cell: (event) => <Named>{event.memo === null ? '–' : tellMemo(event.memo, locale)}</Named> },
          ]}
          rows={events}
          empty={words.historyNone}
        />
      )}
    </Sheet>
  );
}
