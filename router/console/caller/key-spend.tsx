// What a key spent beside its limits, as its account's object counts them.
import type { KeyUsage } from '../../billing/account-book.ts';
import { formatCredits } from '../../look/format-money.ts';
import { formatCount } from '../../look/format-number.ts';
import { Facts, Note } from '../../look/pieces.tsx';
import type { Locale } from '../../look/words.ts';
import type { KeyWords } from './key-words.ts';

const PERIODS = ['day', 'month', 'total'] as const;

export function KeySpend(props: {
  readonly usage: KeyUsage | null;
  readonly words: KeyWords;
  readonly locale: Locale;
}) {
  const { usage, words, locale } = props;
  if (usage === null) return <Note tone="bad">{words.notNow}</Note>;
  const { spent, limits, held, running } = usage;
  const most = (of: (typeof PERIODS)[number]): string => {
    const limit = limits?.[of] ?? null;
    return limit === null ? words.unlimited : words.ofLimit(formatCredits(limit, locale));
  };
  return (
    <Facts
      facts={[
        ...PERIODS.map((of) => ({ name: words.spentIn[of], value: formatCredits(spent[of], locale), note: most(of) })),
        { name: words.held, value: formatCredits(held, locale), note: words.running(formatCount(running, locale)) },
      ]}
    />
  );
}
