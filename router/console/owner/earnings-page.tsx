// /console/earnings: what an owner's machines earned and what became of it, with the claims and their transactions.
import { Hono } from 'hono';
import { formatCredits, formatCreditsWhole } from '../../look/format-money.ts';
import { formatCount } from '../../look/format-number.ts';
import { formatTime } from '../../look/format-time.ts';
import { Facts, Note, Sheet, Time } from '../../look/pieces.tsx';
import { Table } from '../../look/table.tsx';
import type { Locale } from '../../look/words.ts';
import type { tellMachines } from '../../routes/node-earnings.ts';
import { tellMachines as readMachines } from '../../routes/node-earnings.ts';
import { showPage } from '../page-answer.tsx';
import { requireMember } from '../visit.ts';
import type { ConsoleEnv } from '../visit.ts';
import { CLAIM_WORDS, KEPT_WORDS, MONEY_WORDS, tellWait } from './money-words.ts';
import type { MoneyWords } from './money-words.ts';
import { orNull } from '../or-null.ts';

const PAGE = 20;
const CSV = '/console/api/node/v1/earnings?format=csv';

type Told = Awaited<ReturnType<typeof tellMachines>>[number];
type Machine = Told & { readonly name: string };
interface Words {
  readonly words: MoneyWords;
  readonly locale: Locale;
}

export const earningsPages = new Hono<ConsoleEnv>();

earningsPages.get('/console/earnings', async (c) => {
  const { caller } = await requireMember(c, 'usage');
  const { locale } = c.get('visit');
  const words = MONEY_WORDS[locale];
  const services = c.get('services');
  const rows = await services.nodes.list(c.req.query('after') ?? '', PAGE, caller.accountId);
  const wanted = c.req.query('node');
  const one = wanted === undefined ? null : await services.nodes.find(wanted);
  const nodes = one?.accountId === caller.accountId ? [one] : rows;
  const told = await orNull(
    readMachines(
      services,
      nodes.map(({ id }) => id),
    ),
  );
  const machines = (told ?? []).map((machine, i) => ({
    ...machine,
    name: nodes[i]?.name ?? machine.nodeId.slice(0, 17),
  }));
  const next = nodes === rows && rows.length === PAGE ? (rows.at(-1)?.id ?? null) : null;
  const body = (
    <>
      <header>
        <h1>{words.title}</h1>
        <p class="soft">{words.sub}</p>
      </header>
      {told === null && <Note tone="bad">{words.away}</Note>}
      {nodes.length === 0 && <p class="soft">{words.none}</p>}
      {machines.length > 0 && <Earned machines={machines} next={next} words={words} locale={locale} />}
      <Sheet title={words.csv}>
        <p>{words.csvTold}</p>
        <ul>
          {[
            [`${CSV}&by=claim&days=366`, words.csvClaim],
            [`${CSV}&by=day&days=92`, words.csvDay],
            [`${CSV}&by=machine`, words.csvMachine],
          ].map(([href, text]) => (
            <li>
              <a href={href} download>
                {text}
              </a>
            </li>
          ))}
        </ul>
      </Sheet>
    </>
  );
  return showPage(c, { title: words.title, body });
});

function Earned({ machines, next, words, locale }: Words & { machines: readonly Machine[]; next: string | null }) {
  return (
    <>
      <Totals machines={machines} words={words} locale={locale} />
      <Sheet title={words.byMachine}>
        <Table
          caption={words.byMachine}
          rows={machines}
          empty={words.none}
          links={next === null ? [] : [{ href: `/console/earnings?after=${next}`, text: words.next }]}
          columns={[
            { head: words.machine, cell: ({ nodeId, name }) => <a href={`/console/machines/${nodeId}`}>{name}</a> },
            ...(['earned', 'pending', 'held', 'payable', 'credited', 'claimable', 'claimed'] as const).map(
              (column) => ({
                head: words[column],
                isNumber: true,
                cell: (one: Machine) => formatCredits(amountOf(one, column), locale),
              }),
            ),
            { head: words.until, cell: ({ pendingUntil }) => <Time at={pendingUntil} locale={locale} /> },
          ]}
        />
      </Sheet>
      <Held machines={machines} words={words} locale={locale} />
      {machines.some(({ claims }) => claims !== null) && <Claims machines={machines} words={words} locale={locale} />}
    </>
  );
}

type Column = 'earned' | 'pending' | 'held' | 'payable' | 'credited' | 'claimable' | 'claimed';

/** Millionths of a credit. */
function amountOf({ earned, sums, bonus, claims }: Told, column: Column): number {
  const amounts = {
    earned,
    pending: sums.pending,
    held: sums.heldBack,
    payable: sums.payable + (bonus?.left ?? 0),
    credited: sums.credited,
    claimable: claims?.claimable_micro ?? 0,
    claimed: sums.claimed,
  };
  return amounts[column];
}

function Totals({ machines, words, locale }: Words & { machines: readonly Machine[] }) {
  const fact = (column: Column, note?: string) => ({
    name: words[column],
    value: formatCredits(
      machines.reduce((sum, one) => sum + amountOf(one, column), 0),
      locale,
    ),
    ...(note !== undefined && { note }),
  });
  return (
    <Facts
      facts={[
        fact('earned'),
        fact('pending', words.pendingNote),
        fact('held', words.heldNote),
        fact('payable', words.payableNote),
        fact('claimable', words.claimableNote),
        fact('claimed', words.claimedNote),
      ]}
    />
  );
}

function Held({ machines, words, locale }: Words & { machines: readonly Machine[] }) {
  const rows = machines.filter(({ heldFor, sums }) => heldFor !== null || sums.heldBack > 0);
  const tellReason = ({ heldFor }: Machine): string =>
    heldFor === null || heldFor === 'withheld' ? words.withheld : KEPT_WORDS[locale][heldFor];
  return (
    <Sheet title={words.why}>
      <Table
        caption={words.why}
        rows={rows}
        empty={words.nothingHeld}
        columns={[
          { head: words.machine, cell: ({ name }) => name },
          { head: words.reason, cell: tellReason },
          { head: words.amount, isNumber: true, cell: ({ sums }) => formatCreditsWhole(sums.heldBack, locale) },
          {
            head: words.whenGone,
            cell: ({ heldFor, pendingUntil }) =>
              heldFor === 'withheld' || heldFor === null
                ? words.untilDecided
                : `${words.nextEpoch} ${pendingUntil === null ? '–' : formatTime(pendingUntil, locale)}`,
          },
        ]}
      />
    </Sheet>
  );
}

function Claims({ machines, words, locale }: Words & { machines: readonly Machine[] }) {
  const says = CLAIM_WORDS[locale];
  const claims = machines.flatMap(({ name, claims: told }) => (told?.claims ?? []).map((one) => ({ ...one, name })));
  return (
    <Sheet title={words.claims}>
      <Table
        caption={words.nextGas}
        rows={machines}
        empty={words.none}
        columns={[
          { head: words.machine, cell: ({ name }) => name },
          { head: words.claimable, isNumber: true, cell: (one) => formatCredits(amountOf(one, 'claimable'), locale) },
          {
            head: words.nextGas,
            isNumber: true,
            cell: ({ claims: told }) => (told ? formatCount(told.gas.units, locale) : '–'),
          },
          { head: words.waits, cell: ({ wait }) => (wait ? tellWait(wait, locale) : '–') },
        ]}
      />
      <Table
        caption={words.claims}
        rows={claims.toSorted((a, b) => b.at - a.at)}
        empty={words.noClaims}
        columns={[
          { head: words.at, cell: ({ at }) => <Time at={at} locale={locale} /> },
          { head: words.machine, cell: ({ name }) => name },
          { head: words.tokens, isNumber: true, cell: ({ tokens }) => tokens },
          { head: words.transaction, cell: ({ tx }) => <code>{tx}</code> },
          { head: words.gas, isNumber: true, cell: ({ gas_wei: wei }) => wei },
          { head: words.paidBy, cell: ({ gas_paid_by: by }) => says[by] ?? by },
          { head: words.became, cell: ({ became }) => says[became] ?? became },
        ]}
      />
    </Sheet>
  );
}
