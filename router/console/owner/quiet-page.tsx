// /console/quiet: why each machine had no job in the last day: minutes by their reason, and hour by hour.
import { Hono } from 'hono';
import { tellWhy } from '../../../schema/why-words.ts';
import type { IdleHour } from '../../homes/idle-day.ts';
import { formatCount, formatShare } from '../../look/format-number.ts';
import { HoursChart } from '../../look/hours-chart.tsx';
import type { Fill, HourColumn } from '../../look/hours-chart.tsx';
import { Note, Sheet } from '../../look/pieces.tsx';
import { Table } from '../../look/table.tsx';
import type { Locale } from '../../look/words.ts';
import { showPage } from '../page-answer.tsx';
import { requireMember } from '../visit.ts';
import type { ConsoleEnv } from '../visit.ts';
import { groupReason } from './group-reason.ts';
import { MACHINE_WORDS } from './machine-words.ts';
import type { MachineWords } from './machine-words.ts';
import { orNull } from '../or-null.ts';
import { FILL_WORDS } from './quiet-words.ts';
import { sumReasons, mainReason } from '../../homes/sum-reasons.ts';

const PAGE = 10;
const HOUR_MS = 3_600_000;
const HOURS = 24;
const FILLS: readonly Fill[] = ['work', 'ready', 'yours', 'machine', 'fault', 'none'];

export const quietPages = new Hono<ConsoleEnv>();

interface Told {
  readonly words: MachineWords;
  readonly locale: Locale;
}

quietPages.get('/console/quiet', async (c) => {
  const { caller } = await requireMember(c, 'usage');
  const { locale } = c.get('visit');
  const words = MACHINE_WORDS[locale];
  const services = c.get('services');
  const rows = await services.nodes.list(c.req.query('after') ?? '', PAGE, caller.accountId);
  const wanted = c.req.query('node');
  const one = wanted === undefined ? null : await services.nodes.find(wanted);
  const nodes = one?.accountId === caller.accountId ? [one] : rows;
  const whys = await orNull(services.findWhy(nodes.map(({ id }) => id)));
  const next = nodes === rows && rows.length === PAGE ? (rows.at(-1)?.id ?? null) : null;
  const body = (
    <>
      <header>
        <h1>{words.quiet}</h1>
        <p class="soft">{words.quietSub}</p>
      </header>
      {nodes.length === 0 && (
        <p class="soft">
          {words.quietNone} <a href="/console/link">{words.addLink}</a>
        </p>
      )}
      {whys === null && <Note tone="bad">{words.away}</Note>}
      {whys !== null &&
        nodes.map(({ id, name }) => (
          <Sheet>
            <h2>
              <a href={`/console/machines/${id}`}>{name ?? id.slice(0, 17)}</a>
            </h2>
            <Day hours={whys.find((why) => why.node === id)?.lastDay ?? []} words={words} locale={locale} />
          </Sheet>
        ))}
      {next !== null && (
        <p>
          <a href={`/console/quiet?after=${next}`}>{words.next}</a>
        </p>
      )}
    </>
  );
  return showPage(c, { title: words.quiet, body });
});

function Day({ hours, words, locale }: Told & { hours: readonly IdleHour[] }) {
  if (hours.length === 0) return <p class="soft">{words.neverSeen}</p>;
  const reasons = sumReasons(hours);
  const all = reasons.reduce((sum, { minutes }) => sum + minutes, 0);
  const minutesOf = (wanted: string): number => reasons.find(({ code }) => code === wanted)?.minutes ?? 0;
  const unseen = minutesOf('unseen');
  return (
    <>
      <p>
        {words.workedOf(formatCount(minutesOf('job'), locale), formatCount(all - unseen, locale))}
        {unseen > 0 && ` ${words.unseen(formatCount(unseen, locale))}`}
      </p>
      <HoursChart
        hours={fillDay(hours)}
        legend={FILLS.filter((fill) => fill === 'none' || reasons.some(({ code }) => groupReason(code) === fill)).map(
          (fill) => ({ fill, text: FILL_WORDS[locale][fill] }),
        )}
      />
      <Table
        caption={words.reason}
        rows={reasons}
        empty={words.neverSeen}
        columns={[
          { head: words.reason, cell: ({ code }) => <Why code={code} locale={locale} /> },
          { head: words.minutes, isNumber: true, cell: ({ minutes }) => formatCount(minutes, locale) },
          {
            head: words.share,
            isNumber: true,
            cell: ({ minutes }) => formatShare(minutes / Math.max(1, all), locale),
          },
        ]}
      />
      <details>
        <summary>{words.hours}</summary>
        <Table
          caption={words.hours}
          rows={hours.toReversed()}
          empty={words.neverSeen}
          columns={[
            { head: words.hour, cell: ({ at }) => hourOf(at) },
            { head: words.started, isNumber: true, cell: ({ jobs }) => formatCount(jobs, locale) },
            { head: words.worked, isNumber: true, cell: ({ minutes }) => formatCount(minutes['job'] ?? 0, locale) },
            { head: words.missed, isNumber: true, cell: ({ missed }) => formatCount(missed, locale) },
            { head: words.main, cell: (hour) => tellMain(hour, locale) },
          ]}
        />
      </details>
    </>
  );
}

/** `14:00`, UTC. */
function hourOf(at: number): string {
  return new Date(at).toISOString().slice(11, 16);
}

/** All 24 hours up to the newest that is known, also those of which nothing is. */
function fillDay(hours: readonly IdleHour[]): HourColumn[] {
  const last = hours.at(-1)?.at ?? 0;
  return Array.from({ length: HOURS }, (_, i) => {
    const at = last - (HOURS - 1 - i) * HOUR_MS;
    const minutes = Object.entries(hours.find((hour) => hour.at === at)?.minutes ?? {});
    const parts = FILLS.map((fill) => ({
      fill,
      minutes: minutes.filter(([code]) => groupReason(code) === fill).reduce((sum, [, count]) => sum + count, 0),
    }));
    return { label: hourOf(at), parts };
  });
}

/** With the one thing to do about it. */
function Why({ code, locale }: { code: string; locale: Locale }) {
  const { told, action } = tellWhy(code, locale);
  return (
    <>
      {told}
      {action !== null && (
        <>
          <br />
          <small class="soft">{action}</small>
        </>
      )}
    </>
  );
}

function tellMain(hour: IdleHour, locale: Locale): string {
  const code = mainReason(hour);
  return code === null ? '–' : tellWhy(code, locale).told;
}
