// Credit: what is left by kind, what ends when, buying more, and what the account is called on the chain.
import { Hono } from 'hono';
import type { Context } from 'hono';
import * as z from 'zod';
import { tellMemo } from '../../billing/tell-memo.ts';
import { ApiError } from '../../errors.ts';
import { ActForm, TextField } from '../../look/form.tsx';
import { formatCredits } from '../../look/format-money.ts';
import { Facts, Note, Sheet, Time } from '../../look/pieces.tsx';
import { Table } from '../../look/table.tsx';
import { listCreditHistory } from '../../routes/credit-history.ts';
import type { ToldCreditEvent } from '../../routes/credit-history.ts';
import type { Locale } from '../../look/words.ts';
import type { Services } from '../../services/edge.ts';
import { orAsk } from '../or-ask.ts';
import { CREDIT_FIELDS, tellPurpose } from '../credit-form.tsx';
import { readPageForm } from '../page-form.ts';
import { showPage } from '../page-answer.tsx';
import { orNull } from '../or-null.ts';
import { requireMember } from '../visit.ts';
import type { ConsoleEnv } from '../visit.ts';
import { CREDIT_WORDS } from './credit-words.ts';
import type { CreditWords } from './credit-words.ts';
import { giftForm, Gifts, giveByForm, MOST_GIFTS } from './gift-part.tsx';
import { GIFT_WORDS } from './gift-words.ts';
import { listSteps, readStep } from './list-steps.ts';
import type { ListStep } from './list-steps.ts';

export const creditPages = new Hono<ConsoleEnv>();

const CENTS = 100;
const PAGE = 50;
const buyForm = z.object({ usd: z.coerce.number().min(1).max(10_000) });

const CREDIT = '/console/credit';

async function showCredit(c: Context<ConsoleEnv>): Promise<Response> {
  const { caller, csrf } = await requireMember(c, 'usage');
  const { locale } = c.get('visit');
  const words = CREDIT_WORDS[locale];
  const services = c.get('services');
  const { accountId, scopes, role } = caller;
  const account = services.account(accountId);
  const step = readStep((name) => c.req.query(name));
  const [usage, gifts, code, history] = await Promise.all([
    account.usage(),
    orNull(account.gifts(c.req.query('receivers') ?? '', MOST_GIFTS)),
    services.hasChain ? orNull(services.chainCodes.codeOf(accountId, Date.now())) : null,
    orNull(listCreditHistory(services, accountId, { before: step.before, limit: PAGE })),
  ]);
  const told = { words, locale };
  const body = (
    <>
      <h1>{words.title}</h1>
      <Done done={c.req.query('done')} {...told} />
      <Left usage={usage} accountId={accountId} {...told} />
      <Ending ending={usage.ending} {...told} />
      <History history={history} step={step} {...told} />
      <Sheet title={words.buy}>
        {services.checkouts && scopes.includes('call') ? (
          <BuyForm words={words} csrf={csrf} />
        ) : (
          <p class="soft">{words.noBuying}</p>
        )}
      </Sheet>
      {code !== null && (
        <Sheet title={words.chain}>
          <p>{words.chainTold}</p>
          <pre tabindex={0}>{code}</pre>
        </Sheet>
      )}
      {gifts?.isSponsor === true && (
        <Gifts c={c} gifts={gifts.gifts} mayGive={role === 'owner'} csrf={csrf} locale={locale} />
      )}
    </>
  );
  return showPage(c, { title: words.title, body });
}

creditPages.get(CREDIT, showCredit);

type CreditNow = Awaited<ReturnType<ReturnType<Services['account']>['usage']>>;

interface Told {
  readonly words: CreditWords;
  readonly locale: Locale;
}

function Done({ done, words, locale }: Told & { readonly done: string | undefined }) {
  const gifts = GIFT_WORDS[locale];
  if (done === 'left') return <Note>{words.unpaid}</Note>;
  const told = { paid: words.paid, given: gifts.given, 'given-before': gifts.again }[done ?? ''];
  return told === undefined ? <></> : <Note tone="good">{told}</Note>;
}

function Left({ usage, accountId, words, locale }: Told & { readonly usage: CreditNow; readonly accountId: string }) {
  const amount = (micro: number): string => `${formatCredits(micro, locale)} ${words.credits}`;
  const { balance, held, kinds } = usage;
  return (
    <Sheet>
      <Facts
        facts={[
          { name: words.left, value: amount(balance - held) },
          { name: words.held, value: amount(held) },
          { name: words.granted, value: amount(kinds.granted) },
          { name: words.earned, value: amount(kinds.earned) },
          { name: words.bought, value: amount(kinds.bought) },
        ]}
      />
      <p class="small soft">{words.order}</p>
      <p class="small soft">
        {words.account} <code>{accountId}</code>
      </p>
    </Sheet>
  );
}

function Ending({ ending, words, locale }: Told & { readonly ending: CreditNow['ending'] }) {
  return (
    <Sheet title={words.expiring}>
      <Table
        caption={words.expiring}
        rows={ending}
        empty={words.noEnd}
        columns={[
          { head: words.kind, cell: ({ kind }) => words.kinds[kind] ?? kind },
          { head: words.amount, isNumber: true, cell: ({ left }) => formatCredits(left, locale) },
          { head: words.ends, cell: ({ expiresAt }) => <Time at={expiresAt ?? null} locale={locale} /> },
          { head: words.purpose, cell: ({ purpose }) => tellPurpose(purpose ?? null, locale) },
        ]}
      />
    </Sheet>
  );
}

function BuyForm({ words, csrf }: { readonly words: CreditWords; readonly csrf: string }) {
  return (
    <ActForm csrf={csrf} action="/console/credit/buy">
      <TextField
        name="usd"
        label={words.usd}
        type="number"
        value="10"
        isRequired
        attributes={{ min: '1', max: '10000', step: '0.01' }}
      />
      <button>{words.pay}</button>
    </ActForm>
  );
}

/** Where credit came from, and what went without being spent. */
function History({
  history,
  step,
  words,
  locale,
}: Told & {
  readonly history: { readonly data: readonly ToldCreditEvent[]; readonly next: string | null } | null;
  readonly step: ListStep;
}) {
  const { previous, next } = listSteps('/console/credit', step, history?.next ?? null);
  return (
    <Sheet title={words.history}>
      {history === null ? (
        <Note tone="bad">{words.notNow}</Note>
      ) : (
        <Table
          caption={words.history}
          rows={history.data}
          empty={words.noHistory}
          columns={[
            { head: words.when, cell: ({ at }) => <Time at={at} locale={locale} /> },
            { head: words.what, cell: ({ type }) => words.types[type] ?? type },
            { head: words.amount, isNumber: true, cell: (event) => formatCredits(event.amount_micro, locale) },
            {
              head: words.memo,
              cell: ({ memo }) => (memo === null ? '–' : <span translate="no">{tellMemo(memo, locale)}</span>),
            },
          ]}
          links={[
            ...(previous === null ? [] : [{ href: previous, text: words.previous }]),
            ...(next === null ? [] : [{ href: next, text: words.older }]),
          ]}
        />
      )}
    </Sheet>
  );
}

creditPages.post(
  '/console/credit/buy',
  orAsk({ page: CREDIT, show: showCredit }, async (c) => {
    const { caller } = await requireMember(c, 'call');
    const { usd } = await readPageForm(c, buyForm);
    const desk = c.get('services').checkouts?.desk;
    if (!desk) throw new ApiError('not_found', CREDIT_WORDS[c.get('visit').locale].noBuying);
    const backTo = (done: string): string => new URL(`/console/credit?done=${done}`, c.req.url).href;
    const wanted = {
      accountId: caller.accountId,
      amount: Math.round(usd * CENTS),
      successUrl: backTo('paid'),
      cancelUrl: backTo('left'),
    };
    const opened = await desk.open(wanted, Date.now());
    if (!opened.ok) throw new ApiError('payment_away', 'Stripe does not answer right now. Nothing was charged.');
    return c.redirect(opened.value.url, 303);
  }),
);

creditPages.post(
  '/console/credit/gifts',
  orAsk({ page: CREDIT, show: showCredit, fields: CREDIT_FIELDS }, async (c) => {
    const { caller } = await requireMember(c, 'keys');
    const isAgain = await giveByForm(c.get('services'), caller, await readPageForm(c, giftForm));
    return c.redirect(`${CREDIT}?done=${isAgain ? 'given-before' : 'given'}`, 303);
  }),
);
