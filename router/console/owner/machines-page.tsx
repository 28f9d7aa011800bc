// /console/machines: an owner's machines as they stand, and what they earned in 30 days.
import { Hono } from 'hono';
import { BarChart } from '../../look/chart.tsx';
import { formatCount } from '../../look/format-number.ts';
import { formatCredits, makeCreditFormat } from '../../look/format-money.ts';
import { formatDay } from '../../look/format-time.ts';
import { Amount, Facts, Note, Sheet } from '../../look/pieces.tsx';
import { Table } from '../../look/table.tsx';
import type { Locale } from '../../look/words.ts';
import type { OwnerNode } from '../../routes/owner-nodes.ts';
import { listOwnerNodes } from '../../routes/owner-nodes.ts';
import { showPage } from '../page-answer.tsx';
import { requireMember } from '../visit.ts';
import type { ConsoleEnv } from '../visit.ts';
import { MACHINE_WORDS } from './machine-words.ts';
import type { MachineWords } from './machine-words.ts';
import { orNull } from '../or-null.ts';
import { MachineState, MainlyQuiet } from './machine-state.tsx';

const DAY_MS = 86_400_000;
const PAGE = 25;

export const machinesPages = new Hono<ConsoleEnv>();

machinesPages.get('/console/machines', async (c) => {
  const { caller } = await requireMember(c, 'usage');
  const { locale } = c.get('visit');
  const words = MACHINE_WORDS[locale];
  const page = { after: c.req.query('after') ?? '', limit: PAGE, isByDay: true };
  const listed = await orNull(listOwnerNodes(c.get('services'), caller.accountId, page));
  const body = (
    <>
      <header>
        <h1>{words.machines}</h1>
        <p class="soft">{words.sub}</p>
      </header>
      {c.req.query('did') === 'revoked' && <Note tone="good">{words.revoked}</Note>}
      <p class="inline">
        <a class="button" href="/console/link">
          {words.addLink}
        </a>{' '}
        <a class="button quiet" href="/console/codes">
          {words.addCode}
        </a>
      </p>
      {listed === null ? (
        <Note tone="bad">{words.away}</Note>
      ) : (
        <Machines nodes={listed.data} next={listed.next} words={words} locale={locale} />
      )}
    </>
  );
  return showPage(c, { title: words.machines, body });
});

interface Told {
  readonly words: MachineWords;
  readonly locale: Locale;
}

function Machines({ nodes, next, words, locale }: Told & { nodes: readonly OwnerNode[]; next: string | null }) {
  const sum = (of: (node: OwnerNode) => number): number => nodes.reduce((total, node) => total + of(node), 0);
  return (
    <>
      {nodes.length > 0 && (
        <Facts
          facts={[
            {
              name: words.today,
              value: formatCredits(
                sum((one) => one.earned_today_micro),
                locale,
              ),
              note: words.credits,
            },
            {
              name: words.month,
              value: formatCredits(
                sum((one) => one.earned_30d_micro),
                locale,
              ),
              note: words.credits,
            },
            {
              name: words.jobs,
              value: formatCount(
                sum((one) => one.jobs_30d),
                locale,
              ),
            },
          ]}
        />
      )}
      <MachinesTable nodes={nodes} next={next} words={words} locale={locale} />
      {nodes.length > 0 && (
        <Sheet title={words.perDay}>
          <EarnedDays days={sumDays(nodes)} words={words} locale={locale} />
        </Sheet>
      )}
    </>
  );
}

function MachinesTable({ nodes, next, words, locale }: Told & { nodes: readonly OwnerNode[]; next: string | null }) {
  const credits = (of: (node: OwnerNode) => number) => {
    const format = makeCreditFormat(nodes.map(of), locale);
    return (node: OwnerNode) => <Amount micro={of(node)} text={format(of(node))} />;
  };
  return (
    <Sheet>
      <Table
        caption={words.machines}
        rows={nodes}
        empty={words.none}
        links={next === null ? [] : [{ href: `/console/machines?after=${next}`, text: words.next }]}
        columns={[
          {
            head: words.machine,
            cell: ({ id, name }) => <a href={`/console/machines/${id}`}>{name ?? id.slice(0, 17)}</a>,
          },
          { head: words.state, cell: (node) => <MachineState node={node} words={words} locale={locale} /> },
          {
            head: words.models,
            cell: ({ models }) =>
              models.flatMap(({ name, catalogue_ids: ids }) => (ids.length > 0 ? ids : [name])).join(', ') || '–',
          },
          {
            head: words.slots,
            isNumber: true,
            cell: ({ running, slots }) =>
              slots === null ? '–' : `${formatCount(running ?? 0, locale)} / ${formatCount(slots, locale)}`,
          },
          { head: words.todayCredits, isNumber: true, cell: credits((one) => one.earned_today_micro) },
          { head: words.monthCredits, isNumber: true, cell: credits((one) => one.earned_30d_micro) },
          { head: words.mainly, cell: (node) => <MainlyQuiet node={node} locale={locale} /> },
          { head: words.version, cell: ({ version }) => version?.replace(/^irori-node\//, '') ?? '–' },
        ]}
      />
    </Sheet>
  );
}

function sumDays(nodes: readonly OwnerNode[]): number[] {
  const days = Array.from({ length: 30 }, () => 0);
  for (const { earned_days_micro: own = [] } of nodes)
    own.forEach((earned, at) => {
      days[at] = (days[at] ?? 0) + earned;
    });
  return days;
}

/** The same as bars and as a table; the last day is today. */
export function EarnedDays({ days, words, locale }: Told & { days: readonly number[] }) {
  if (days.every((earned) => earned === 0)) return <p class="soft">{words.noneEarned}</p>;
  const today = Math.floor(Date.now() / DAY_MS);
  const rows = days.map((earned, at) => ({
    label: formatDay((today - days.length + 1 + at) * DAY_MS, locale),
    value: earned,
  }));
  const format = makeCreditFormat(days, locale);
  const bars = rows.map(({ label, value }) => ({ label: label.replace(/\s*\d{4}$|^\d{4}\//, ''), value }));
  return (
    <>
      <BarChart bars={bars} tell={(value) => formatCredits(value, locale)} />
      <details>
        <summary>{words.byDay}</summary>
        <Table
          caption={words.byDay}
          rows={rows.toReversed()}
          empty="–"
          columns={[
            { head: words.day, cell: ({ label }) => label },
            { head: words.earned, isNumber: true, cell: ({ value }) => <Amount micro={value} text={format(value)} /> },
          ]}
        />
      </details>
    </>
  );
}
