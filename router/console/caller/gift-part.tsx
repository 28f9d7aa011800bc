// What a sponsor gives to other accounts: to whom so far, and the form that gives. The desk that the API works with decides.
import { CREDIT_PURPOSES } from '../../../schema/credit.ts';
import { makeId } from '../../../schema/ids.ts';
import * as z from 'zod';
import { newGiftBody } from '../../billing/credit-bodies.ts';
import type { SponsoredSums } from '../../billing/sponsored-credit.ts';
import { ApiError } from '../../errors.ts';
import { ActForm, SelectField, TextField } from '../../look/form.tsx';
import { formatCredits } from '../../look/format-money.ts';
import { Note, Sheet, Time } from '../../look/pieces.tsx';
import { Table } from '../../look/table.tsx';
import type { Locale } from '../../look/words.ts';
import { checkGiver, giveCredit } from '../../routes/credit-gifts.ts';
import type { Services } from '../../services/edge.ts';
import { parseCredits } from '../parse-credits.ts';
import type { SignedInMember } from '../visit.ts';
import { GIFT_WORDS } from './gift-words.ts';
import type { GiftWords } from './gift-words.ts';

export const MOST_GIFTS = 50;
const DAY_S = 86_400;

/** As it was written; read with words of its own. */
export const giftForm = z.object({
  event: z.string().regex(/^evt_[0-9a-f]{32}$/),
  account: z.string().trim().max(100),
  amount: z.string().max(20),
  days: z.string().trim().max(4),
  purpose: z.enum(['', ...CREDIT_PURPOSES]).default(''),
  memo: z.string().trim().max(500).default(''),
});
type GiftForm = z.output<typeof giftForm>;

export interface FailedGift {
  readonly form: GiftForm;
  readonly fault: string;
}

export type GiftAnswer = { readonly isAgain: boolean } | FailedGift;

/** Once by the form's number, however often it is sent. What was refused gave nothing. Throws ApiError 403. */
export async function giveByForm(
  services: Services,
  { caller }: Pick<SignedInMember, 'caller'>,
  { form, locale }: { readonly form: GiftForm; readonly locale: Locale },
): Promise<GiftAnswer> {
  checkGiver(caller);
  const words = GIFT_WORDS[locale];
  const { event, account, amount, days, purpose, memo } = form;
  const micro = parseCredits(amount);
  if (!newGiftBody.shape.account.safeParse(account).success) return { form, fault: words.badAccount };
  if (micro === null) return { form, fault: words.badAmount };
  if (!/^[1-9]\d{0,3}$/.test(days) || Number(days) > 3660) return { form, fault: words.badDays };
  const input = {
    event_id: event,
    amount_micro: micro,
    memo: memo === '' ? null : memo,
    purpose: purpose === '' ? null : purpose,
    expires_in_s: Number(days) * DAY_S,
  };
  try {
    const { status } = await giveCredit(services, { sponsor: caller.accountId, to: account, input });
    return { isAgain: status === 200 };
  } catch (error) {
    if (!(error instanceof ApiError) || error.status >= 500) throw error;
    return { form, fault: words.faults[error.code] ?? error.message };
  }
}

interface GiftsProps {
  readonly gifts: readonly SponsoredSums[];
  /** Whether the page may give, and not look only. */
  readonly mayGive: boolean;
  readonly failed: FailedGift | null;
  readonly csrf: string;
  readonly locale: Locale;
}

export function Gifts({ gifts, mayGive, failed, csrf, locale }: GiftsProps) {
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
      {mayGive && <GiveForm failed={failed} csrf={csrf} words={words} />}
    </Sheet>
  );
}

/** Of a form that was refused what was written stands, under a number of its own. */
function GiveForm({ failed, csrf, words }: Pick<GiftsProps, 'failed' | 'csrf'> & { readonly words: GiftWords }) {
  const purposes = CREDIT_PURPOSES.map((value) => ({ value, label: words.purposes[value] ?? value }));
  const said = failed?.form;
  return (
    <>
      <h3>{words.give}</h3>
      <p>{words.giveTold}</p>
      {failed && <Note tone="bad">{failed.fault}</Note>}
      <ActForm csrf={csrf} action="/console/credit/gifts">
        <input type="hidden" name="event" value={makeId('evt', crypto.getRandomValues(new Uint8Array(16)))} />
        <TextField
          name="account"
          label={words.to}
          help={words.toHelp}
          value={said?.account}
          isRequired
          attributes={{ maxlength: '100', spellcheck: 'false' }}
        />
        <TextField
          name="amount"
          label={words.amount}
          help={words.amountHelp}
          value={said?.amount}
          isRequired
          attributes={{ inputmode: 'decimal', maxlength: '20' }}
        />
        <TextField
          name="days"
          label={words.days}
          help={words.daysHelp}
          value={said?.days ?? '90'}
          isRequired
          attributes={{ inputmode: 'numeric', maxlength: '4' }}
        />
        <SelectField
          name="purpose"
          label={words.purpose}
          value={said?.purpose ?? ''}
          choices={[{ value: '', label: words.anything }, ...purposes]}
        />
        <TextField
          name="memo"
          label={words.memo}
          help={words.memoHelp}
          value={said?.memo}
          attributes={{ maxlength: '500' }}
        />
        <button>{words.giveDo}</button>
      </ActForm>
    </>
  );
}
