// What a sponsor gives to other accounts: to whom so far, and the form that gives. The desk that the API works with decides.
import { CREDIT_PURPOSES } from '../../../schema/credit.ts';
import { makeId } from '../../../schema/ids.ts';
import * as z from 'zod';
import type { Caller } from '../../auth/judge-key.ts';
import { newGiftBody } from '../../billing/credit-bodies.ts';
import type { SponsoredSums } from '../../billing/sponsored-credit.ts';
import { ApiError } from '../../errors.ts';
import { ActForm, SelectField, TextField } from '../../look/form.tsx';
import { formatCredits } from '../../look/format-money.ts';
import { Sheet, Time } from '../../look/pieces.tsx';
import { Table } from '../../look/table.tsx';
import type { Locale } from '../../look/words.ts';
import { checkGiver, giveCredit } from '../../routes/credit-gifts.ts';
import type { Services } from '../../services/edge.ts';
import { parseCredits } from '../parse-credits.ts';
import { parseDays } from '../parse-days.ts';
import { GIFT_WORDS } from './gift-words.ts';
import type { GiftWords } from './gift-words.ts';

export const MOST_GIFTS = 50;
const DAY_S = 86_400;

export const giftForm = z.object({
  event: z.string().regex(/^evt_[0-9a-f]{32}$/),
  account: z.string().trim().max(100),
  amount: z.string().max(20),
  days: z.string().trim().max(4),
  purpose: z.enum(['', ...CREDIT_PURPOSES]).default(''),
  memo: z.string().trim().max(500).default(''),
});
/** Its fields by the API's names. */
export const GIFT_FIELDS = { amount_micro: 'amount', expires_in_s: 'days', event_id: 'event' };

/**
 * Once by the form's number, however often it is sent: true where that gave nothing more. Throws ApiError: as giveCredit does, 400 with the field, 403
 * for a member whose role leaves this to others.
 */
export async function giveByForm(
  services: Services,
  caller: Pick<Caller, 'accountId' | 'role'>,
  { event, account, amount, days, purpose, memo }: z.output<typeof giftForm>,
): Promise<boolean> {
  checkGiver(caller);
  const micro = parseCredits(amount);
  if (!newGiftBody.shape.account.safeParse(account).success)
    throw new ApiError('invalid_value', 'Write the account’s id: acct_ and 32 hex digits.', { param: 'account' });
  if (micro === null)
    throw new ApiError('invalid_value', 'Write credits above nothing, with six decimals at most.', { param: 'amount' });
  const lasts = parseDays(days);
  if (lasts === null)
    throw new ApiError('invalid_value', 'Write a whole number of days, from 1 to 3,660.', { param: 'days' });
  const input = {
    event_id: event,
    amount_micro: micro,
    memo: memo === '' ? null : memo,
    purpose: purpose === '' ? null : purpose,
    expires_in_s: lasts * DAY_S,
  };
  const { status } = await giveCredit(services, { sponsor: caller.accountId, to: account, input });
  return status === 200;
}

interface GiftsProps {
  readonly gifts: readonly SponsoredSums[];
  /** Whether the page may give, and not look only. */
  readonly mayGive: boolean;
  readonly csrf: string;
  readonly locale: Locale;
}

export function Gifts({ gifts, mayGive, csrf, locale }: GiftsProps) {
  const words = GIFT_WORDS[locale];
  const last = gifts.length === MOST_GIFTS ? gifts.at(-1)?.accountId : undefined;
  return (
    <Sheet title={words.gifts}>
      <Table
        caption={words.gifts}
        rows={gifts}
        empty={words.noGifts}
        columns={[
          { head: words.to, cell: ({ accountId }) => <code>{accountId}</code> },
          { head: words.gave, isNumber: true, cell: ({ given }) => formatCredits(given, locale) },
          { head: words.returned, isNumber: true, cell: ({ returned }) => formatCredits(returned, locale) },
          { head: words.changed, cell: ({ at }) => <Time at={at} locale={locale} /> },
        ]}
        links={last === undefined ? [] : [{ href: `/console/credit?receivers=${last}`, text: words.more }]}
      />
      {mayGive && <GiveForm csrf={csrf} words={words} />}
    </Sheet>
  );
}

function GiveForm({ csrf, words }: { readonly csrf: string; readonly words: GiftWords }) {
  const purposes = CREDIT_PURPOSES.map((value) => ({ value, label: words.purposes[value] ?? value }));
  return (
    <>
      <h3>{words.give}</h3>
      <p>{words.giveTold}</p>
      <ActForm csrf={csrf} action="/console/credit/gifts">
        <input type="hidden" name="event" value={makeId('evt', crypto.getRandomValues(new Uint8Array(16)))} />
        <TextField
          name="account"
          label={words.to}
          help={words.toHelp}
          isRequired
          attributes={{ maxlength: '100', spellcheck: 'false' }}
        />
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
          help={words.daysHelp}
          value="90"
          isRequired
          attributes={{ inputmode: 'numeric', maxlength: '4' }}
        />
        <SelectField
          name="purpose"
          label={words.purpose}
          value=""
          choices={[{ value: '', label: words.anything }, ...purposes]}
        />
        <TextField name="memo" label={words.memo} help={words.memoHelp} attributes={{ maxlength: '500' }} />
        <button>{words.giveDo}</button>
      </ActForm>
    </>
  );
}
