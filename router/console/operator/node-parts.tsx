// The parts of one home's page for the operator: how it stands now, what is counted against it, and the evidence that anybody can check.
import { tellCooling } from '../../../schema/cooling-words.ts';
import type { EvidenceJson } from '../../../schema/evidence.ts';
import { tellWhy } from '../../../schema/why-words.ts';
import type { NodeRow } from '../../auth/nodes.ts';
import type { NodeTotals } from '../../billing/node-book.ts';
import type { NodeWhy } from '../../homes/make-why.ts';
import { formatCredits } from '../../look/format-money.ts';
import { formatCount } from '../../look/format-number.ts';
import { formatDay, formatSpan } from '../../look/format-time.ts';
import { Badge, Facts, Sheet, Time } from '../../look/pieces.tsx';
import { Table } from '../../look/table.tsx';
import type { Locale } from '../../look/words.ts';
import { Named, NotNow } from './pieces.tsx';
import { NODE_WORDS } from './words-nodes.ts';

const MINUTE_MS = 60_000;

export function NodeNow({ node, why, locale }: { node: NodeRow; why: NodeWhy | null; locale: Locale }) {
  const words = NODE_WORDS[locale];
  const fixed = [
    { name: words.address, value: <code class="small">{node.address}</code> },
    { name: words.wallet, value: node.wallet === null ? words.noWallet : <code class="small">{node.wallet}</code> },
    { name: words.pools, value: node.pools.length === 0 ? words.clean : node.pools.join(', ') },
    { name: words.made, value: formatDay(node.createdAt, locale) },
  ];
  if (!why)
    return (
      <Sheet title={words.now}>
        <NotNow locale={locale} />
        <Facts facts={fixed} />
      </Sheet>
    );
  const { online, since, hub, live, lastHour, coolingUntil } = why;
  const pause = why.pause === null ? null : tellWhy(`paused:${why.pause}`, locale).told;
  const state = online ? <Badge tone="good">{words.online}</Badge> : <Badge tone="plain">{words.offline}</Badge>;
  return (
    <Sheet title={words.now}>
      <Facts
        facts={[
          {
            name: words.state,
            value: online && pause !== null ? <Badge tone="warn">{pause}</Badge> : state,
            note: <Time at={since} locale={locale} />,
          },
          { name: words.hub, value: hub ?? '–' },
          { name: words.lastHour, value: formatCount(lastHour.jobs, locale) },
          ...(coolingUntil === null
            ? []
            : [
                {
                  name: words.cooling,
                  value: (
                    <span class="small">
                      <Time at={coolingUntil} locale={locale} />
                    </span>
                  ),
                  note: why.coolingReason === null ? '' : tellCooling(why.coolingReason, locale),
                },
              ]),
          ...(live
            ? [
                {
                  name: words.slots,
                  value: `${formatCount(live.running, locale)} / ${formatCount(live.slots, locale)}`,
                },
                {
                  name: words.version,
                  value: <Named>{live.version ?? '–'}</Named>,
                  note: <Named>{live.platform}</Named>,
                },
                { name: words.models, value: <Named>{live.models.map(({ name }) => name).join(', ') || '–'}</Named> },
              ]
            : []),
          ...fixed,
        ]}
      />
      <LastHour spans={lastHour.spans} locale={locale} />
    </Sheet>
  );
}

function LastHour({ spans, locale }: { spans: NodeWhy['lastHour']['spans']; locale: Locale }) {
  const words = NODE_WORDS[locale];
  const minutes = [...Map.groupBy(spans, ({ reason }) => reason)]
    .map(([code, of]) => ({ code, ms: of.reduce((sum, { from, to }) => sum + to - from, 0) }))
    .toSorted((a, b) => b.ms - a.ms);
  return (
    <Table
      caption={words.why}
      columns={[
        { head: words.why, cell: ({ code }) => tellWhy(code, locale).told },
        { head: words.minutes, isNumber: true, cell: ({ ms }) => formatCount(Math.round(ms / MINUTE_MS), locale) },
      ]}
      rows={minutes}
      empty={words.whyNone}
    />
  );
}

interface Counted {
  readonly what: string;
  readonly count: number | null;
  readonly means: string;
}

export function AgainstNode(props: { totals: NodeTotals | null; why: NodeWhy | null; locale: Locale }) {
  const { totals, why, locale } = props;
  const words = NODE_WORDS[locale];
  const rows: Counted[] = [
    { what: words.seals, count: totals?.sealEquivocations ?? null, means: words.sealsMeans },
    { what: words.equivocations, count: totals?.equivocations ?? null, means: words.equivocationsMeans },
    { what: words.refused, count: totals?.refused ?? null, means: words.refusedMeans },
    { what: words.breaks, count: totals?.breaks ?? null, means: words.breaksMeans },
    { what: words.missing, count: totals?.missing ?? null, means: words.missingMeans },
    { what: words.faults, count: why?.faults.lastHour ?? null, means: words.faultsMeans },
    { what: words.held, count: why?.faults.heldAgainst ?? null, means: words.heldMeans },
    { what: words.turnsRefused, count: why?.turns.contradicted ?? null, means: words.turnsMeans },
  ];
  return (
    <Sheet title={words.against}>
      <p class="soft">{words.againstTold}</p>
      {totals && (
        <Facts
          facts={[
            { name: words.accepted, value: formatCount(totals.count, locale) },
            { name: words.earned, value: formatCredits(totals.cumulativeAmount, locale) },
          ]}
        />
      )}
      <Table
        caption={words.against}
        columns={[
          { head: words.what, cell: ({ what }) => what },
          { head: words.count, isNumber: true, cell: ({ count }) => tellCount(count, locale) },
          { head: words.means, cell: ({ means }) => <span class="soft">{means}</span> },
        ]}
        rows={rows}
        empty={words.clean}
      />
    </Sheet>
  );
}

function tellCount(count: number | null, locale: Locale) {
  if (count === null) return '–';
  return count === 0 ? formatCount(0, locale) : <Badge tone="warn">{formatCount(count, locale)}</Badge>;
}

export function EvidenceOf({ evidence, locale }: { evidence: readonly EvidenceJson[] | null; locale: Locale }) {
  const words = NODE_WORDS[locale];
  const kinds = { receipts: words.receipts, seals: words.sealsOf, acceptances: words.acceptances };
  if (evidence === null)
    return (
      <Sheet title={words.evidence}>
        <NotNow locale={locale} />
      </Sheet>
    );
  return (
    <Sheet title={words.evidence}>
      {evidence.length === 0 && <p class="soft">{words.evidenceNone}</p>}
      {evidence.map((one) => (
        <details>
          <summary>
            {words.evidenceDocument}: {kinds[one.of]}
          </summary>
          <pre tabindex={0}>{JSON.stringify(one, null, 1)}</pre>
        </details>
      ))}
    </Sheet>
  );
}
