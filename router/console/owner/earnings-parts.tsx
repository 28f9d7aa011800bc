// What machines earned and what became of it, as parts of a page: sums, a table by machine, what is held back and why, and claims with their transactions.
import { formatCreditsWhole, makeCreditFormat } from '../../look/format-money.ts';
import { formatMeasure } from '../../look/format-number.ts';
import { formatTime } from '../../look/format-time.ts';
import { Amount, Facts, Sheet, Time } from '../../look/pieces.tsx';
import { Table } from '../../look/table.tsx';
import type { Column } from '../../look/table.tsx';
import type { Locale } from '../../look/words.ts';
import type { tellMachines } from '../../routes/node-earnings.ts';
import { KEPT_WORDS, PAYER_WORDS, WAIT_WORDS } from './money-words.ts';
import type { MoneyWords } from './money-words.ts';

export type EarningMachine = Awaited<ReturnType<typeof tellMachines>>[number] & { readonly name: string };

interface Told {
  readonly machines: readonly EarningMachine[];
  readonly words: MoneyWords;
  readonly locale: Locale;
}

type Sum = 'earned' | 'pending' | 'held' | 'payable' | 'credited' | 'claimable' | 'claimed';

const ON_CHAIN: readonly Sum[] = ['claimable', 'claimed'];
const WEI = 1e18;

/** Millionths of a credit. */
function amountOf({ earned, sums, bonus, claims }: EarningMachine, sum: Sum): number {
  const amounts = {
    earned,
    pending: sums.pending,
    held: sums.heldBack,
    payable: sums.payable + (bonus?.left ?? 0),
    credited: sums.credited,
    claimable: claims?.claimable_micro ?? 0,
    claimed: sums.claimed,
  };
  return amounts[sum];
}

function sumOf(machines: readonly EarningMachine[], sum: Sum): number {
  return machines.reduce((total, one) => total + amountOf(one, sum), 0);
}

/** What a network without a chain never has is left out, and so is credit that nobody asked for. */
function listSums(machines: readonly EarningMachine[]): readonly Sum[] {
  const hasChain = machines.some(({ claims }) => claims !== null);
  const hasCredited = machines.some(({ sums }) => sums.credited > 0);
  const all: readonly Sum[] = ['earned', 'pending', 'held', 'payable', 'credited', 'claimable', 'claimed'];
  return all.filter((sum) => (hasChain || !ON_CHAIN.includes(sum)) && (hasCredited || sum !== 'credited'));
}

export function Totals({ machines, words, locale }: Told) {
  const closesAt = machines.find(({ sums }) => sums.pending > 0)?.pendingUntil ?? null;
  const notes: Readonly<Partial<Record<Sum, string>>> = {
    earned: words.earnedNote,
    pending: closesAt === null ? words.pendingNote : words.pendingAt(`${formatTime(closesAt, locale)} UTC`),
    held: sumOf(machines, 'held') > 0 ? words.heldNote : words.nothingHeld,
    payable: words.payableNote,
    credited: words.creditedNote,
    claimable: words.claimableNote,
    claimed: words.claimedNote,
  };
  const sums = listSums(machines);
  const format = makeCreditFormat(
    sums.map((sum) => sumOf(machines, sum)),
    locale,
  );
  const facts = sums.map((sum) => {
    const note = notes[sum];
    return {
      name: words[sum],
      value: format(sumOf(machines, sum)),
      ...(note !== undefined && { note }),
    };
  });
  return <Facts facts={facts} />;
}

/** For who sees these words for the first time. */
export function Meanings({ machines, words }: Omit<Told, 'locale'>) {
  const means: Readonly<Record<Sum, string | null>> = {
    earned: null,
    pending: words.pendingMeans,
    held: words.heldMeans,
    payable: words.payableMeans,
    credited: words.creditedMeans,
    claimable: words.claimableMeans,
    claimed: words.claimedMeans,
  };
  return (
    <details>
      <summary>{words.meanings}</summary>
      <ul>
        {listSums(machines)
          .filter((sum) => means[sum] !== null)
          .map((sum) => (
            <li>
              <strong>{words[sum]}</strong> – {means[sum]}
            </li>
          ))}
      </ul>
    </details>
  );
}

export function ByMachine({ machines, words, locale, next }: Told & { next: string | null }) {
  const column = (sum: Sum): Column<EarningMachine> => {
    const format = makeCreditFormat(
      machines.map((one) => amountOf(one, sum)),
      locale,
    );
    const tell = (micro: number) => <Amount micro={micro} text={format(micro)} />;
    return { head: words[sum], isNumber: true, cell: (one) => tell(amountOf(one, sum)) };
  };
  return (
    <Sheet title={words.byMachine}>
      <Table
        caption={words.byMachine}
        rows={machines}
        empty={words.none}
        links={next === null ? [] : [{ href: `/console/earnings?after=${next}`, text: words.next }]}
        columns={[
          { head: words.machine, cell: ({ nodeId, name }) => <a href={`/console/machines/${nodeId}`}>{name}</a> },
          ...listSums(machines).map(column),
          {
            head: words.until,
            cell: ({ pendingUntil, sums }) => <Time at={sums.pending > 0 ? pendingUntil : null} locale={locale} />,
          },
        ]}
      />
    </Sheet>
  );
}

/** Nothing where nothing is. */
export function Held({ machines, words, locale }: Told) {
  const rows = machines.filter(({ heldFor, sums }) => heldFor !== null || sums.heldBack > 0);
  if (rows.length === 0) return null;
  const tellReason = ({ heldFor }: EarningMachine): string =>
    heldFor === null || heldFor === 'withheld' ? words.withheld : KEPT_WORDS[locale][heldFor];
  return (
    <Sheet title={words.why}>
      <p>{words.heldTold}</p>
      <Table
        caption={words.why}
        rows={rows}
        empty={words.nothingHeld}
        columns={[
          { head: words.machine, cell: ({ name }) => name },
          { head: words.amount, isNumber: true, cell: ({ sums }) => formatCreditsWhole(sums.heldBack, locale) },
          { head: words.reason, cell: tellReason },
          {
            head: words.whenGone,
            cell: ({ heldFor, pendingUntil }) =>
              heldFor === 'withheld' || heldFor === null
                ? words.untilDecided
                : words.untilEpoch(pendingUntil === null ? '–' : formatTime(pendingUntil, locale)),
          },
        ]}
      />
    </Sheet>
  );
}

/** Nothing where there is no chain. */
export function Claims({ machines, words, locale }: Told) {
  const claiming = machines.filter(({ claims }) => claims !== null);
  if (claiming.length === 0) return null;
  return (
    <Sheet title={words.claims}>
      <p>
        {words.claimTold}{' '}
        {claiming.some(({ claims }) => claims?.gas.paid_by.startsWith('the router')) && words.routerPays}
      </p>
      <pre tabindex={0}>irori-node claim</pre>
      <NextClaims machines={claiming} words={words} locale={locale} />
      <h3>{words.done}</h3>
      <PastClaims machines={claiming} words={words} locale={locale} />
    </Sheet>
  );
}

function NextClaims({ machines, words, locale }: Told) {
  const claimable = makeCreditFormat(
    machines.map((one) => amountOf(one, 'claimable')),
    locale,
  );
  return (
    <Table
      caption={words.nextClaim}
      rows={machines}
      empty={words.none}
      columns={[
        { head: words.machine, cell: ({ name }) => name },
        {
          head: words.claimable,
          isNumber: true,
          cell: (one) => {
            const micro = amountOf(one, 'claimable');
            return <Amount micro={micro} text={claimable(micro)} />;
          },
        },
        {
          head: words.nextGas,
          isNumber: true,
          cell: (one) => tellGas((amountOf(one, 'claimable') > 0 && one.claims?.gas.wei) || null, locale),
        },
        {
          head: words.waits,
          cell: (one) => {
            if (one.claims?.wait_for) return WAIT_WORDS[locale][one.claims.wait_for];
            return amountOf(one, 'claimable') > 0 ? words.waitsNone : words.nothingYet;
          },
        },
      ]}
    />
  );
}

function PastClaims({ machines, words, locale }: Told) {
  const claims = machines
    .flatMap(({ name, claims: told }) => (told?.claims ?? []).map((one) => ({ ...one, name })))
    .toSorted((a, b) => b.at - a.at);
  return (
    <Table
      caption={words.done}
      rows={claims}
      empty={words.noClaims}
      columns={[
        { head: words.at, cell: ({ at }) => <Time at={at} locale={locale} /> },
        { head: words.machine, cell: ({ name }) => name },
        { head: words.tokens, isNumber: true, cell: ({ units }) => formatCreditsWhole(units, locale) },
        {
          head: words.became,
          cell: ({ became }) => (became === 'tokens' ? words.becameTokens : words.becameCredit),
        },
        { head: words.gas, isNumber: true, cell: ({ gas_wei: wei }) => tellGas(wei, locale) },
        { head: words.paidBy, cell: ({ gas_paid_by: by }) => PAYER_WORDS[locale][by] },
        {
          head: words.transaction,
          cell: ({ tx }) => (
            <code class="clip" title={tx}>
              {tx}
            </code>
          ),
        },
      ]}
    />
  );
}

/** Test coins: a wei says nothing to anybody. */
function tellGas(wei: string | null, locale: Locale): string {
  return wei === null ? '–' : formatMeasure(Number(wei) / WEI, locale);
}
