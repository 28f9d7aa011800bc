// /console/operator/ledger: whether the books balance, in words; account by account; and how far their upkeep has come. Figures come from the audit and from
// marks: no page sums up the book by itself.
import { Hono } from 'hono';
import type { AuditFigures } from '../../billing/audit.ts';
import type { Comparison } from '../../billing/compare-books.ts';
import { PROJECTIONS } from '../../billing/pack-journal.ts';
import { formatCredits } from '../../look/format-money.ts';
import { formatCount } from '../../look/format-number.ts';
import { Badge, Facts, Note, Sheet, Time } from '../../look/pieces.tsx';
import type { Tone } from '../../look/pieces.tsx';
import { Table } from '../../look/table.tsx';
import type { Locale } from '../../look/words.ts';
import { compareAccount, findUnpaid } from '../../routes/book-desk.ts';
import { tellAudit } from '../../routes/tell-audit.ts';
import type { Services } from '../../services/edge.ts';
import { requireOperator } from '../visit.ts';
import type { ConsoleEnv } from '../visit.ts';
import { LEDGER, showLedger } from './ledger-frame.tsx';
import { orNull } from '../or-null.ts';
import { NotNow, segment } from './pieces.tsx';
import { LEDGER_WORDS } from './words-ledger.ts';

/** Accounts whose objects are asked for one page. */
const CHECKED = 20;
const DAY_MS = 86_400_000;

export const ledgerPages = new Hono<ConsoleEnv>();

ledgerPages.get(LEDGER, async (c) => {
  requireOperator(c);
  const { locale } = c.get('visit');
  const figures = await orNull(c.get('services').audit.read(Date.now()));
  return showLedger(c, 'check', figures ? <Audit figures={figures} locale={locale} /> : <NotNow locale={locale} />);
});

const PROMISES = ['postings_sum', 'unbalanced', 'drifted', 'negative_accounts', 'fees', 'paid_earned_fees'] as const;

function Audit({ figures, locale }: { figures: AuditFigures; locale: Locale }) {
  const words = LEDGER_WORDS[locale];
  const { ok, invariants } = tellAudit(figures);
  const counts = new Set<string>(['unbalanced', 'drifted', 'negative_accounts']);
  const rows = PROMISES.flatMap((name) => {
    const found = invariants[name];
    return found ? [{ name, ...found }] : [];
  });
  const credits = (micro: number): string => formatCredits(micro, locale);
  const count = (value: number): string => formatCount(value, locale);
  return (
    <>
      <Note tone={ok ? 'good' : 'bad'}>
        {ok ? words.sound : words.unsound} {words.asOf} <Time at={figures.at} locale={locale} />
      </Note>
      <Sheet>
        <Table
          caption={words.check}
          columns={[
            { head: words.promise, cell: ({ name }) => words[name] },
            {
              head: words.holds,
              cell: ({ holds }) => <Badge tone={holds ? 'good' : 'bad'}>{holds ? words.yes : words.no}</Badge>,
            },
            {
              head: words.figure,
              isNumber: true,
              cell: ({ name, value }) => (counts.has(name) ? count(value) : credits(value)),
            },
          ]}
          rows={rows}
          empty=""
        />
      </Sheet>
      <Sheet title={words.totals}>
        <Facts
          facts={[
            { name: words.paid, value: credits(figures.paid) },
            { name: words.earned, value: credits(figures.earned) },
            { name: words.kept, value: credits(figures.kept) },
            { name: words.feesNow, value: credits(figures.fees) },
            { name: words.granted, value: credits(figures.granted) },
            { name: words.bought, value: credits(figures.bought) },
            { name: words.credit, value: credits(figures.credit) },
            { name: words.owned, value: credits(figures.owned) },
            { name: words.transit, value: credits(figures.transit) },
            { name: words.jobs, value: count(figures.jobs) },
            { name: words.parts, value: count(figures.parts) },
            { name: words.waiting, value: count(figures.waiting) },
          ]}
        />
      </Sheet>
    </>
  );
}

ledgerPages.get(`${LEDGER}/accounts`, async (c) => {
  requireOperator(c);
  const { locale } = c.get('visit');
  const words = LEDGER_WORDS[locale];
  const services = c.get('services');
  const account = (c.req.query('account') ?? '').trim().slice(0, 100);
  const after = c.req.query('after')?.slice(0, 100);
  const found = account === '' ? await checkFrom(services, after) : await checkOne(services, account);
  const last = found?.at(-1);
  const isMore = account === '' && found?.length === CHECKED;
  return showLedger(
    c,
    'accounts',
    <Sheet>
      <p class="soft">{words.checkTold}</p>
      <form method="get" class="inline">
        <label for="f-account">{words.accountHelp}</label>
        <input id="f-account" name="account" value={account} maxlength={100} autocomplete="off" />
        <button class="quiet">{words.checkOne}</button>
      </form>
      {found === null ? <Note tone="bad">{words.noAccount}</Note> : <Comparisons rows={found} locale={locale} />}
      {account !== '' && found !== null && (
        <Unpayable nodes={await orNull(findUnpaid(services, account))} locale={locale} />
      )}
      <p>
        <a href={`${LEDGER}/accounts?after=${isMore && last ? segment(last.account) : ''}`}>
          {isMore ? words.checkOn : words.checkNext}
        </a>
      </p>
    </Sheet>,
  );
});

interface Checked {
  readonly account: string;
  /** Null where its object or the book cannot be asked now. */
  readonly found: Comparison | null;
}

/** Null where there is no such account. */
async function checkOne(services: Services, account: string): Promise<readonly Checked[] | null> {
  if (!(await services.accounts.find(account))) return null;
  return [await check(services, account)];
}

/** Nothing before somebody says where to begin. */
async function checkFrom(services: Services, after: string | undefined): Promise<readonly Checked[]> {
  if (after === undefined) return [];
  const rows = await services.accounts.list(after, CHECKED);
  return Promise.all(rows.map(({ id }) => check(services, id)));
}

async function check(services: Services, account: string): Promise<Checked> {
  return { account, found: await orNull(compareAccount(services, account)) };
}

const TONES: Readonly<Record<Comparison['verdict'], Tone>> = { equal: 'good', moving: 'calm', different: 'bad' };

function Comparisons({ rows, locale }: { rows: readonly Checked[]; locale: Locale }) {
  const words = LEDGER_WORDS[locale];
  const credits = (micro: number | undefined): string => (micro === undefined ? '–' : formatCredits(micro, locale));
  const count = (value: number | undefined): string => (value === undefined ? '–' : formatCount(value, locale));
  return (
    <Table
      caption={words.accounts}
      columns={[
        {
          head: words.account,
          cell: ({ account }) => (
            <a href={`/console/operator/accounts/${segment(account)}`}>
              <code>{account}</code>
            </a>
          ),
        },
        {
          head: words.verdict,
          cell: ({ found }) => (found ? <Badge tone={TONES[found.verdict]}>{words[found.verdict]}</Badge> : words.away),
        },
        { head: words.object, isNumber: true, cell: ({ found }) => credits(found?.object) },
        { head: words.book, isNumber: true, cell: ({ found }) => credits(found?.book) },
        { head: words.entries, isNumber: true, cell: ({ found }) => count(found?.waiting) },
        { head: words.unpayableEntries, isNumber: true, cell: ({ found }) => count(found?.unpayable) },
      ]}
      rows={rows}
      empty={words.nothingYet}
    />
  );
}

function Unpayable(props: { nodes: readonly { node: string; unpayable: number }[] | null; locale: Locale }) {
  const { nodes, locale } = props;
  const words = LEDGER_WORDS[locale];
  return (
    <>
      <h2>{words.unpayable}</h2>
      {nodes === null ? (
        <NotNow locale={locale} />
      ) : (
        <>
          {nodes.length > 0 && <p class="soft">{words.unpayableTold}</p>}
          <Table
            caption={words.unpayable}
            columns={[
              {
                head: words.home,
                cell: ({ node }) => (
                  <a href={`/console/operator/nodes/${segment(node)}`}>
                    <code>{node}</code>
                  </a>
                ),
              },
              { head: words.unpayableEntries, isNumber: true, cell: (row) => formatCount(row.unpayable, locale) },
            ]}
            rows={nodes}
            empty={words.unpayableNone}
          />
        </>
      )}
    </>
  );
}

ledgerPages.get(`${LEDGER}/projections`, async (c) => {
  requireOperator(c);
  const { locale } = c.get('visit');
  const words = LEDGER_WORDS[locale];
  const { readBookState, bookCopy } = c.get('services');
  const [state, isPaused] = await Promise.all([orNull(readBookState()), orNull(bookCopy.isPaused(Date.now()))]);
  const time = (at: number | null) =>
    at === null ? (
      words.never
    ) : (
      <span class="small">
        <Time at={at} locale={locale} />
      </span>
    );
  return showLedger(
    c,
    'upkeep',
    <>
      {isPaused === true && <Note tone="bad">{words.paused}</Note>}
      <Sheet>
        <p class="soft">{words.upkeepTold}</p>
        {state ? (
          <Facts
            facts={[
              { name: words.summedTo, value: time(state.summedTo) },
              { name: words.placedTo, value: time(state.placedTo) },
              { name: words.keptFrom, value: time(state.keptFrom > 0 ? state.keptFrom * DAY_MS : null) },
              { name: words.files, value: formatCount(state.files, locale) },
              { name: words.archived, value: formatCount(state.archived, locale) },
            ]}
          />
        ) : (
          <NotNow locale={locale} />
        )}
        <Table
          caption={words.upkeep}
          columns={[
            { head: words.projection, cell: (name) => <code>{name}</code> },
            { head: words.holdsWhat, cell: (name) => words[name] },
          ]}
          rows={PROJECTIONS}
          empty=""
        />
      </Sheet>
    </>,
  );
});
