// /console/operator/jobs: parts of jobs of the last hours that failed or were slow, by job, model or account.
import { Hono } from 'hono';
import type { OddPart, OddParts } from '../../billing/pick-odd.ts';
import { formatCount, formatMeasure } from '../../look/format-number.ts';
import { formatSpan } from '../../look/format-time.ts';
import { Badge, Sheet, Tabs, Time } from '../../look/pieces.tsx';
import { Table } from '../../look/table.tsx';
import type { Locale } from '../../look/words.ts';
import { showPage } from '../page-answer.tsx';
import { requireOperator } from '../visit.ts';
import type { ConsoleEnv } from '../visit.ts';
import { NotNow, orNull, Search, segment } from './pieces.tsx';
import { ODD_WORDS } from './words-running.ts';

const JOBS = '/console/operator/jobs';
const HOURS = ['1', '6', '24'] as const;
const KINDS = ['failed', 'slow'] as const;
const HOUR_MS = 3_600_000;
const SHOWN = 100;
/** As many as are looked at. */
const ALL = 2000;

interface Asked {
  readonly q: string;
  readonly hours: (typeof HOURS)[number];
  readonly kind: (typeof KINDS)[number];
}

export const oddJobPages = new Hono<ConsoleEnv>();

oddJobPages.get(JOBS, async (c) => {
  requireOperator(c);
  const { locale } = c.get('visit');
  const words = ODD_WORDS[locale];
  const asked: Asked = {
    q: (c.req.query('q') ?? c.req.query('account') ?? '').trim().slice(0, 100),
    hours: HOURS.find((one) => one === c.req.query('hours')) ?? '6',
    kind: KINDS.find((one) => one === c.req.query('kind')) ?? 'failed',
  };
  const found = await orNull(c.get('services').oddJobs.find(Number(asked.hours) * HOUR_MS, Date.now(), ALL));
  const body = (
    <>
      <h1>{words.title}</h1>
      {found ? <Found found={found} asked={asked} locale={locale} /> : <NotNow locale={locale} />}
    </>
  );
  return showPage(c, { title: words.title, body });
});

function Found({ found, asked, locale }: { found: OddParts; asked: Asked; locale: Locale }) {
  const words = ODD_WORDS[locale];
  const kept = { failed: search(found.failed, asked.q), slow: search(found.slow, asked.q) };
  const counts = { failed: formatCount(kept.failed.length, locale), slow: formatCount(kept.slow.length, locale) };
  const to = (change: Partial<Asked>): string => {
    const { q, hours, kind } = { ...asked, ...change };
    return `${JOBS}?${new URLSearchParams({ kind, hours, ...(q !== '' && { q }) }).toString()}`;
  };
  return (
    <>
      <Tabs
        label={words.kinds}
        tabs={KINDS.map((kind) => ({
          href: to({ kind }),
          text: words[kind](counts[kind]),
          isHere: kind === asked.kind,
        }))}
      />
      <Sheet>
        <Search q={asked.q} label={words.search} locale={locale}>
          <input type="hidden" name="kind" value={asked.kind} />
          <label for="f-hours">{words.window}</label>
          <select id="f-hours" name="hours">
            {HOURS.map((hours) => (
              <option value={hours} selected={hours === asked.hours}>
                {hours === '1' ? words.hour : words.hours(hours)}
              </option>
            ))}
          </select>
        </Search>
        <p class="soft">
          {words.looked(formatCount(found.looked, locale))} {found.isCut && words.cut}{' '}
          {asked.kind === 'slow' && words.slowTold}
        </p>
        <OddTable rows={kept[asked.kind].slice(0, SHOWN)} kind={asked.kind} locale={locale} />
      </Sheet>
    </>
  );
}

function search(parts: readonly OddPart[], q: string): readonly OddPart[] {
  const text = q.toLowerCase();
  return text === ''
    ? parts
    : parts.filter(({ jobId, model, account }) =>
        [jobId, model, account].some((one) => one.toLowerCase().includes(text)),
      );
}

function OddTable({ rows, kind, locale }: { rows: readonly OddPart[]; kind: Asked['kind']; locale: Locale }) {
  const words = ODD_WORDS[locale];
  return (
    <Table
      caption={words.title}
      columns={[
        { head: words.job, cell: ({ jobId }) => <code>{jobId}</code> },
        { head: words.ended, cell: ({ endedAt }) => <Time at={endedAt} locale={locale} /> },
        {
          head: words.outcome,
          cell: ({ outcome, isResumed }) => (
            <>
              <Badge tone={kind === 'failed' ? 'bad' : 'plain'}>{words[outcome]}</Badge>
              {isResumed && <Badge tone="calm">{words.resumed}</Badge>}
            </>
          ),
        },
        { head: words.model, cell: ({ model }) => model },
        {
          head: words.account,
          cell: ({ account }) => (
            <a href={`/console/operator/accounts/${segment(account)}`}>
              <code>{account}</code>
            </a>
          ),
        },
        {
          head: words.firstToken,
          isNumber: true,
          cell: ({ ttftMs }) => (ttftMs === null ? '–' : formatSpan(ttftMs, locale)),
        },
        { head: words.attempts, isNumber: true, cell: ({ attempts }) => formatCount(attempts, locale) },
        { head: words.mode, cell: ({ decision }) => decision?.mode ?? '–' },
        {
          head: words.distance,
          isNumber: true,
          cell: ({ decision }) => (decision ? formatMeasure(decision.km, locale) : '–'),
        },
      ]}
      rows={rows}
      empty={kind === 'failed' ? words.noneFailed : words.noneSlow}
    />
  );
}
