// The fields of every form that hands credit out, an operator's grant and a sponsor's gift: how much, for how long, for what; with what is wrong with them.
import type { Context } from 'hono';
import * as z from 'zod';
import { CREDIT_PURPOSES } from '../../schema/credit.ts';
import { ApiError } from '../errors.ts';
import { SelectField, TextField } from '../look/form.tsx';
import type { Dictionaries, Locale } from '../look/words.ts';
import { EventField, eventField } from './form-number.tsx';
import { parseCredits } from './parse-credits.ts';
import { parseDays } from './parse-days.ts';
import type { ConsoleEnv } from './visit.ts';

const DAY_S = 86_400;

export const CREDIT_SHAPE = {
  event: eventField,
  amount: z.string().max(20),
  days: z.string().trim().max(4).default(''),
  purpose: z.enum(['', ...CREDIT_PURPOSES]).default(''),
  memo: z.string().trim().max(500).default(''),
};
const creditForm = z.object(CREDIT_SHAPE);

/** Its fields by the API's names. */
export const CREDIT_FIELDS = { amount_micro: 'amount', expires_in_s: 'days', event_id: 'event' };

/** What the desks take. Throws ApiError 400 with the field; `mustEnd`: no days are none. */
export function readCredit(
  { event, amount, days, purpose, memo }: z.output<typeof creditForm>,
  { mustEnd }: { readonly mustEnd: boolean },
) {
  const micro = parseCredits(amount);
  if (micro === null)
    throw new ApiError('invalid_value', 'Write credits above nothing, with six decimals at most: 25 or 0.5.', {
      param: 'amount',
    });
  const lasts = parseDays(days);
  if (lasts === null && (mustEnd || days !== ''))
    throw new ApiError(
      'invalid_value',
      `Write a whole number of days, from 1 to 3,660${mustEnd ? '' : ', or nothing'}.`,
      { param: mustEnd ? 'expires_in_s' : 'days' },
    );
  return {
    event_id: event,
    amount_micro: micro,
    memo: memo === '' ? null : memo,
    purpose: purpose === '' ? null : purpose,
    expires_in_s: lasts === null ? null : lasts * DAY_S,
  };
}

export function CreditFields({ c, mustEnd }: { readonly c: Context<ConsoleEnv>; readonly mustEnd: boolean }) {
  const words = WORDS[c.get('visit').locale];
  const purposes = CREDIT_PURPOSES.map((value) => ({ value, label: words[value] }));
  return (
    <>
      <EventField c={c} />
      <TextField
        name="amount"
        label={words.amount}
        help={words.amountHelp}
        isRequired
        attributes={{ inputmode: 'decimal', maxlength: '20' }}
      />
      <TextField
        name="days"
        label={words.days}
        help={mustEnd ? words.daysRange : words.daysOr}
        value={mustEnd ? '90' : ''}
        isRequired={mustEnd}
        attributes={{ inputmode: 'numeric', maxlength: '4' }}
      />
      <SelectField
        name="purpose"
        label={words.purpose}
        value=""
        choices={[{ value: '', label: words.anything }, ...purposes]}
      />
      <TextField name="memo" label={words.memo} help={words.memoHelp} attributes={{ maxlength: '500' }} />
    </>
  );
}

const EN = {
  amount: 'Amount in credits',
  amountHelp: 'As 25 or 0.5; six decimals at most.',
  days: 'Ends after so many days',
  daysRange: '1 to 3,660.',
  daysOr: '1 to 3,660. Left empty, it never ends.',
  purpose: 'For',
  anything: 'nothing in particular',
  education: 'education',
  research: 'research',
  trial: 'trial',
  support: 'support',
  memo: 'Note',
  memoHelp: 'Stands in the books beside it.',
};

const WORDS: Dictionaries<typeof EN> = {
  en: EN,
  ja: {
    amount: '金額（クレジット）',
    amountHelp: '25や0.5のように、小数は6桁まで。',
    days: '有効日数',
    daysRange: '1から3,660。',
    daysOr: '1から3,660。空欄なら無期限です。',
    purpose: '用途',
    anything: '指定なし',
    education: '教育',
    research: '研究',
    trial: '試用',
    support: 'サポート',
    memo: 'メモ',
    memoHelp: '帳簿に一緒に記録されます。',
  },
};

/** What credit is for, in words. */
export function tellPurpose(purpose: string | null, locale: Locale): string {
  const known = CREDIT_PURPOSES.find((one) => one === purpose);
  return known === undefined ? (purpose ?? '–') : WORDS[locale][known];
}
