// Credit: what is left by kind, what ends when, buying more, and what the account is called on the chain.
import { Hono } from 'hono';
import type { Context } from 'hono';
import * as z from 'zod';
import { ApiError } from '../../errors.ts';
import { ActForm, TextField } from '../../look/form.tsx';
import { formatCredits } from '../../look/format-money.ts';
import { Facts, Note, Sheet, Time } from '../../look/pieces.tsx';
import { Table } from '../../look/table.tsx';
import { listCreditHistory } from '../../routes/credit-history.ts';
import type { ToldCreditEvent } from '../../routes/credit-history.ts';
import type { Locale } from '../../look/words.ts';
import { orAsk } from '../or-ask.ts';
import { readPageForm } from '../page-form.ts';
import { showPage } from '../page-answer.tsx';
import { orNull } from '../or-null.ts';
import { requireMember } from '../visit.ts';
import type { ConsoleEnv } from '../visit.ts';
import { CREDIT_WORDS } from './credit-words.ts';
import type { CreditWords } from './credit-words.ts';

export const creditPages = new Hono<ConsoleEnv>();

const MOST_GIFTS = 50;
const CENTS = 100;
const PAGE = 50;
const buyForm = z.object({ usd: z.coerce.number().min(1).max(10_000) });

const CREDIT = '/console/credit';

async function showCredit(c: Context<ConsoleEnv>): Promise<Response> {
  const { caller, csrf } = await requireMember(c, 'usage');
  const { locale } = c.get('visit');
  const words = CREDIT_WORDS[locale];
  const services = c.get('services');
  const account = services.account(caller.accountId);
  const before = c.req.query('before') ?? null;
  const [usage, gifts, code, history] = await Promise.all([
    account.usage(),
    orNull(account.gifts('', MOST_GIFTS)),
    services.hasChain ? orNull(services.chainCodes.codeOf(caller.accountId, Date.now())) : null,
    orNull(listCreditHistory(services, caller.accountId, { before, limit: PAGE })),
  ]);
  const amount = (micro: number): string => `${formatCredits(micro, locale)} ${words.credits}`;
  const { kinds } = usage;
  const done = c.req.query('done');
  const body = (
    <>
      <h1>{words.title}</h1>
      {done === 'paid' && <Note tone="good">{words.paid}</Note>}
      {done === 'left' && <Note>{words.given}</Note>}
      <Sheet>
        <Facts
          facts={[
            { name: words.left, value: amount(usage.balance - usage.held) },
            { name: words.held, value: amount(usage.held) },
            { name: words.granted, value: amount(kinds.granted) },
            { name: words.earned, value: amount(kinds.earned) },
            { name: words.bought, value: amount(kinds.bought) },
          ]}
        />
        <p class="small soft">{words.order}</p>
      </Sheet>
      <Sheet title={words.expiring}>
        <Table
          caption={words.expiring}
          rows={usage.ending}
          empty={words.noEnd}
          columns={[
            { head: words.kind, cell: ({ kind }) => words.kinds[kind] ?? kind },
            { head: words.amount, isNumber: true, cell: ({ left }) => formatCredits(left, locale) },
            { head: words.ends, cell: ({ expiresAt }) => <Time at={expiresAt ?? null} locale={locale} /> },
            { head: words.purpose, cell: ({ purpose }) => purpose ?? '–' },
          ]}
        />
      </Sheet>
      <History history={history} words={words} locale={locale} />
      <Sheet title={words.buy}>
        {services.checkouts && caller.scopes.includes('call') ? (
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
        <Sheet title={words.gifts}>
          <Table
            caption={words.gifts}
            rows={gifts.gifts}
            empty={words.noGifts}
            columns={[
              { head: words.to, cell: ({ accountId }) => <code>{accountId}</code> },
              { head: words.gave, isNumber: true, cell: ({ given }) => formatCredits(given, locale) },
              { head: words.returned, isNumber: true, cell: ({ returned }) => formatCredits(returned, locale) },
            ]}
          />
        </Sheet>
      )}
    </>
  );
  return showPage(c, { title: words.title, body });
}

creditPages.get(CREDIT, showCredit);

interface Told {
  readonly words: CreditWords;
  readonly locale: Locale;
}

/** Where credit came from, and what went without being spent. */
function History({
  history,
  words,
  locale,
}: Told & { readonly history: { readonly data: readonly ToldCreditEvent[]; readonly next: string | null } | null }) {
  const next = history?.next ?? null;
  const links =
    next === null ? [] : [{ href: `/console/credit?before=${encodeURIComponent(next)}`, text: words.older }];
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
            { head: words.memo, cell: ({ memo }) => memo ?? '–' },
          ]}
          links={links}
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
