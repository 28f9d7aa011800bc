// /console/operator/health: what this edge needs and whether it answers, what the schedule left behind, and how the last hour went.
import { Hono } from 'hono';
import { PROTOCOL_VERSION } from '../../../schema/frames.ts';
import { AREAS } from '../../../schema/places.ts';
import type { BookState } from '../../billing/book-state.ts';
import type { JobStats } from '../../billing/job-log.ts';
import { formatCount } from '../../look/format-number.ts';
import { formatSpan } from '../../look/format-time.ts';
import { Badge, Facts, Note, Sheet, Time } from '../../look/pieces.tsx';
import type { Tone } from '../../look/pieces.tsx';
import { Table } from '../../look/table.tsx';
import type { Locale } from '../../look/words.ts';
import type { Services } from '../../services/edge.ts';
import { showPage } from '../page-answer.tsx';
import { requireOperator } from '../visit.ts';
import type { ConsoleEnv } from '../visit.ts';
import { orNull } from '../or-null.ts';
import { NotNow } from './pieces.tsx';
import { HEALTH_WORDS } from './words-running.ts';

const HOUR_MS = 3_600_000;
/** Flushes become part of the balances after a day at the latest; and a little for the schedule. */
const SUMMED_BY_MS = 26 * HOUR_MS;

type State = 'works' | 'away' | 'late' | 'off';
const TONES: Readonly<Record<State, Tone>> = { works: 'good', away: 'bad', late: 'warn', off: 'plain' };

interface Health {
  readonly presence: boolean;
  readonly areasUp: number;
  /** Null without a chain. */
  readonly isChainUp: boolean | null;
  readonly book: { readonly state: BookState; readonly tookMs: number } | null;
  readonly isPaused: boolean;
  readonly waiting: number | null;
  readonly stats: JobStats | null;
}

export const healthPages = new Hono<ConsoleEnv>();

healthPages.get('/console/operator/health', async (c) => {
  requireOperator(c);
  const { locale } = c.get('visit');
  const words = HEALTH_WORDS[locale];
  const now = Date.now();
  const health = await readHealth(c.get('services'), now);
  const rows = judge(health, { now, locale });
  const isGood = rows.every(({ state }) => state === 'works' || state === 'off');
  const body = (
    <>
      <h1>{words.title}</h1>
      <Note tone={isGood ? 'good' : 'bad'}>{isGood ? words.good : words.bad}</Note>
      <Sheet>
        <Table
          caption={words.title}
          columns={[
            { head: words.what, cell: ({ what }) => what },
            { head: words.state, cell: ({ state }) => <Badge tone={TONES[state]}>{words[state]}</Badge> },
            { head: words.means, cell: ({ means }) => <span class="soft">{means}</span> },
          ]}
          rows={rows}
          empty=""
        />
      </Sheet>
      <LastHour stats={health.stats} locale={locale} />
      <Schedule book={health.book} locale={locale} />
    </>
  );
  return showPage(c, { title: words.title, body });
});

async function readHealth(services: Services, now: number): Promise<Health> {
  const { isPresenceUp, area, tellChain, hasChain, readBookState, bookCopy, audit, jobLog } = services;
  const readBook = async (): Promise<Health['book']> => {
    const state = await readBookState();
    return { state, tookMs: Date.now() - now };
  };
  const [presence, areas, chain, book, isPaused, figures, stats] = await Promise.all([
    orNull(isPresenceUp()),
    Promise.all(AREAS.map((name) => orNull(Promise.resolve(area(name).hubs())))),
    hasChain ? orNull(tellChain(now)) : null,
    orNull(readBook()),
    orNull(bookCopy.isPaused(now)),
    orNull(audit.read(now)),
    orNull(jobLog.summarise(HOUR_MS, now)),
  ]);
  return {
    presence: presence === true,
    areasUp: areas.filter((hubs) => hubs !== null).length,
    isChainUp: hasChain ? chain?.isReachable === true : null,
    book,
    isPaused: isPaused === true,
    waiting: figures?.waiting ?? null,
    stats,
  };
}

function judge(
  { presence, areasUp, isChainUp, book, isPaused, waiting }: Health,
  { now, locale }: { readonly now: number; readonly locale: Locale },
): { readonly what: string; readonly state: State; readonly means: string }[] {
  const words = HEALTH_WORDS[locale];
  const summedTo = book?.state.summedTo ?? now;
  const isLate = isPaused || (waiting !== null && waiting > 0 && now - summedTo > SUMMED_BY_MS);
  const areas = [areasUp, AREAS.length].map((count) => formatCount(count, locale));
  const chain = isChainUp === null ? 'off' : isChainUp ? 'works' : 'away';
  return [
    { what: words.database, state: book ? 'works' : 'away', means: words.databaseTold },
    { what: words.presence, state: presence ? 'works' : 'away', means: words.presenceTold },
    {
      what: words.areas,
      state: areasUp === AREAS.length ? 'works' : 'away',
      means: words.areasTold(areas[0] ?? '', areas[1] ?? ''),
    },
    { what: words.chain, state: chain, means: words.chainTold },
    {
      what: words.books,
      state: isLate ? 'late' : book ? 'works' : 'away',
      means: isPaused ? words.pausedTold : words.booksTold,
    },
  ];
}

function LastHour({ stats, locale }: { stats: JobStats | null; locale: Locale }) {
  const words = HEALTH_WORDS[locale];
  if (!stats)
    return (
      <Sheet title={words.lastHour}>
        <NotNow locale={locale} />
      </Sheet>
    );
  const { jobs, ttft_ms: ttft, resumed } = stats.all;
  return (
    <Sheet title={words.lastHour}>
      <Facts
        facts={[
          { name: words.jobs, value: jobs === 0 ? words.noJobs : formatCount(jobs, locale) },
          {
            name: words.firstToken,
            value: ttft ? formatSpan(ttft.p50, locale) : '–',
            ...(ttft && { note: words.ninety(formatSpan(ttft.p95, locale)) }),
          },
          { name: words.resumed, value: formatCount(resumed, locale) },
        ]}
      />
      <p>
        <a href="/console/operator/jobs">{words.odd}</a>
      </p>
    </Sheet>
  );
}

function Schedule({ book, locale }: { book: Health['book']; locale: Locale }) {
  const words = HEALTH_WORDS[locale];
  const time = (at: number | null) =>
    at === null ? (
      words.never
    ) : (
      <span class="small">
        <Time at={at} locale={locale} />
      </span>
    );
  const kept = book
    ? [
        { name: words.summedTo, value: time(book.state.summedTo) },
        { name: words.epoch, value: book.state.epoch ?? words.never, note: time(book.state.epochAt) },
        { name: words.files, value: formatCount(book.state.files, locale) },
        { name: words.database, value: formatSpan(book.tookMs, locale), note: words.tookNote },
      ]
    : [];
  return (
    <Sheet title={words.schedule}>
      <p class="soft">{words.scheduleTold}</p>
      {!book && <NotNow locale={locale} />}
      <Facts facts={[...kept, { name: words.protocol, value: PROTOCOL_VERSION }]} />
    </Sheet>
  );
}
