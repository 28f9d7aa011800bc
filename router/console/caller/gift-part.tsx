// What a sponsor gives to other accounts: to whom so far, and the form that gives. The desk that the API works with decides.
import type { Context } from 'hono';
import * as z from 'zod';
import type { Caller } from '../../auth/judge-key.ts';
import { newGiftBody } from '../../billing/credit-bodies.ts';
import type { SponsoredSums } from '../../billing/sponsored-credit.ts';
import { ApiError } from '../../errors.ts';
import { ActForm, TextField } from '../../look/form.tsx';
import { formatCredits } from '../../look/format-money.ts';
import { Sheet, Time } from '../../look/pieces.tsx';
import { Table } from '../../look/table.tsx';
import type { Locale } from '../../look/words.ts';
import { checkGiver, giveCredit } from '../../routes/credit-gifts.ts';
import type { Services } from '../../services/edge.ts';
import { CREDIT_SHAPE, CreditFields, readCredit } from '../credit-form.tsx';
import type { ConsoleEnv } from '../visit.ts';
import { GIFT_WORDS } from './gift-words.ts';
import type { GiftWords } from './gift-words.ts';

export const MOST_GIFTS = 50;

export const giftForm = z.object({ ...CREDIT_SHAPE, account: z.string().trim().max(100) });

/**
 * Once by the form's number, however often it is sent: true where that gave nothing more. Throws ApiError: as giveCredit does, 400 with the field, 403
 * for a member whose role leaves this to others.
 */
export async function giveByForm(
  services: Services,
  caller: Pick<Caller, 'accountId' | 'role'>,
  { account, ...form }: z.output<typeof giftForm>,
): Promise<boolean> {
  checkGiver(caller);
  if (!newGiftBody.shape.account.safeParse(account).success)
    throw new ApiError('invalid_value', 'Write the account’s id: acct_ and 32 hex digits.', { param: 'account' });
  const input = readCredit(form, { mustEnd: true });
  const { status } = await giveCredit(services, { sponsor: caller.accountId, to: account, input });
  return status === 200;
}

interface GiftsProps {
  readonly c: Context<ConsoleEnv>;
  readonly gifts: readonly SponsoredSums[];
  /** Whether the page may give, and not look only. */
  readonly mayGive: boolean;
  readonly csrf: string;
  readonly locale: Locale;
}

export function Gifts({ c, gifts, mayGive, csrf, locale }: GiftsProps) {
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
      {mayGive && <GiveForm c={c} csrf={csrf} words={words} />}
    </Sheet>
  );
}

function GiveForm({ c, csrf, words }: Pick<GiftsProps, 'c' | 'csrf'> & { readonly words: GiftWords }) {
  return (
    <>
      <h3>{words.give}</h3>
      <p>{words.giveTold}</p>
      <ActForm csrf={csrf} action="/console/credit/gifts">
        <TextField
          name="account"
          label={words.to}
          help={words.toHelp}
          isRequired
          attributes={{ maxlength: '100', spellcheck: 'false' }}
        />
        <CreditFields c={c} mustEnd />
        <button>{words.giveDo}</button>
      </ActForm>
    </>
  );
}
