// /console/operator/jobs: parts of jobs of the last hours that failed or were slow, by job, model or account.
import { Hono } from 'hono';
import type { OddPart, OddParts } from '../../billing/pick-odd.ts';
import { formatCount, formatMeasure } from '../../look/format-number.ts';
import { formatSpan, formatTime } from '../../look/format-time.ts';
import { Badge, Sheet, Tabs, Time } from '../../look/pieces.tsx';
import { Table } from '../../look/table.tsx';
import type { Locale } from '../../look/words.ts';
import { showPage } from '../page-answer.tsx';
import { requireOperator } from '../visit.ts';
import type { ConsoleEnv } from '../visit.ts';
import { orNull } from '../or-null.ts';
import { findSearch } from './find-search.ts';
import { leadOn } from './lead-on.ts';
import { Named, NotNow, Search, segment } from './pieces.tsx';
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
  /** How many newer ones stand on the pages before. */
  readonly skip: number;
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
    skip: /^\d{1,4}$/.test(c.req.query('skip') ?? '') ? Number(c.req.query('skip')) : 0,
  };
  const searched = findSearch(asked.q);
  // Of a network that is busy, an account's own are few among the newest of all.
  const account = searched.of === 'account' ? searched.id : undefined;
  const path = account === undefined ? await orNull(leadOn(c.get('services'), asked.q)) : null;
  if (path !== null) return c.redirect(path, 303);
  const windowMs = Number(asked.hours) * HOUR_MS;
  const found = await orNull(c.get('services').oddJobs.find({ windowMs, limit: ALL, account }, Date.now()));
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
  const rows = kept[asked.kind];
  const counts = { failed: formatCount(kept.failed.length, locale), slow: formatCount(kept.slow.length, locale) };
  const to = (change: Partial<Asked>): string => {
    const { q, hours, kind, skip } = { ...asked, skip: 0, ...change };
    const more = { ...(q !== '' && { q }), ...(skip > 0 && { skip: String(skip) }) };
    return `${JOBS}?${new URLSearchParams({ kind, hours, ...more }).toString()}`;
  };
  const next = asked.skip + SHOWN;
  const links = rows.length > next ? [{ href: to({ skip: next }), text: words.older }] : [];
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
          {words.looked(formatCount(found.looked, locale))}{' '}
          {found.cutAt !== null && words.cut(formatTime(found.cutAt, locale))} {asked.kind === 'slow' && words.slowTold}
        </p>
        <OddTable rows={rows.slice(asked.skip, next)} asked={asked} links={links} locale={locale} />
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

function OddTable(props: {
  readonly rows: readonly OddPart[];
  readonly asked: Asked;
  readonly links: readonly { readonly href: string; readonly text: string }[];
  readonly locale: Locale;
}) {
  const { rows, asked, links, locale } = props;
  const { kind, q } = asked;
  const words = ODD_WORDS[locale];
  const none = kind === 'failed' ? words.noneFailed : words.noneSlow;
  return (
    <Table
      caption={words.title}
      columns={[
        {
          head: words.job,
          cell: ({ jobId, account }) => (
            <a href={`${JOBS}/${segment(jobId)}?account=${segment(account)}`}>
              <code>{jobId}</code>
            </a>
          ),
        },
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
        { head: words.model, cell: ({ model }) => <Named>{model}</Named> },
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
      empty={q === '' ? none : words.noneFound(q)}
      links={links}
    />
  );
}
