// Jobs of the account, the newest first, and finding one's receipt by its number.
import { Hono } from 'hono';
import type { JobLine } from '../../billing/list-flush-jobs.ts';
import { onlyKeySeen } from '../../auth/judge-rights.ts';
import { TextField } from '../../look/form.tsx';
import { formatCreditsWhole } from '../../look/format-money.ts';
import { formatCount, formatCountry, formatMeasure } from '../../look/format-number.ts';
import { formatSpan } from '../../look/format-time.ts';
import { Badge, Note, Sheet, Time } from '../../look/pieces.tsx';
import { Table } from '../../look/table.tsx';
import type { Column } from '../../look/table.tsx';
import type { Locale } from '../../look/words.ts';
import { listJobs } from '../../routes/jobs.ts';
import { orNull } from '../or-null.ts';
import { showPage } from '../page-answer.tsx';
import { requireMember } from '../visit.ts';
import type { ConsoleEnv } from '../visit.ts';
import { listSteps, readStep } from './list-steps.ts';
import { JOB_WORDS } from './job-words.ts';
import type { JobWords } from './job-words.ts';

export const jobsPages = new Hono<ConsoleEnv>();

const PAGE = 50;

jobsPages.get('/console/jobs', async (c) => {
  const { locale } = c.get('visit');
  const words = JOB_WORDS[locale];
  const { caller } = await requireMember(c);
  const wanted = c.req.query('job')?.trim() ?? '';
  if (wanted !== '') return c.redirect(`/console/jobs/${encodeURIComponent(wanted)}`, 303);
  const step = readStep((name) => c.req.query(name));
  const page = await orNull(listJobs(c.get('services'), caller, { before: step.before, limit: PAGE }));
  const { previous, next } = listSteps('/console/jobs', step, page?.next ?? null);
  const body = (
    <>
      <h1>{words.title}</h1>
      <p class="lead">{words.lead}</p>
      <Sheet title={words.table}>
        {page === null && <Note tone="bad">{words.notNow}</Note>}
        {page !== null && (
          <Table
            caption={words.table}
            rows={page.data}
            empty={
              <>
                {words.none} <a href="/playground">{words.playground}</a>
              </>
            }
            columns={listColumns(words, locale)}
            links={[
              ...(previous === null ? [] : [{ href: previous, text: words.previous }]),
              ...(next === null ? [] : [{ href: next, text: words.next }]),
            ]}
          />
        )}
        {onlyKeySeen(caller) !== null && <p class="small soft">{words.own}</p>}
      </Sheet>
      <Sheet title={words.find}>
        <form method="get" class="fields">
          <TextField name="job" label={words.number} help={words.numberHelp} isRequired />
          <button>{words.findDo}</button>
        </form>
      </Sheet>
    </>
  );
  return showPage(c, { title: words.title, body });
});

type NamedLine = JobLine & { readonly key_name: string | null };

function listColumns(words: JobWords, locale: Locale): Column<NamedLine>[] {
  const outcomes: Readonly<Record<string, string>> = words.outcomes;
  return [
    {
      head: words.ended,
      cell: ({ job, ended_at: endedAt }) => (
        <a href={`/console/jobs/${job}`}>
          <Time at={endedAt} locale={locale} />
        </a>
      ),
    },
    { head: words.model, cell: ({ model }) => model },
    {
      head: words.outcome,
      cell: ({ outcome }) => (
        <Badge tone={outcome === 'complete' ? 'good' : 'warn'}>{outcomes[outcome] ?? outcome}</Badge>
      ),
    },
    {
      head: words.key,
      cell: (line) => line.key_name ?? (line.key.startsWith('console:') ? words.console : words.gone),
    },
    { head: words.country, cell: ({ country }) => formatCountry(country, locale) },
    {
      head: words.tokens,
      isNumber: true,
      cell: (line) => formatCount(line.prompt_tokens + line.completion_tokens, locale),
    },
    { head: words.charged, isNumber: true, cell: (line) => formatCreditsWhole(line.charge_micro, locale) },
    {
      head: words.first,
      isNumber: true,
      cell: ({ ttft_ms: ttftMs }) => (ttftMs === null ? '–' : formatSpan(ttftMs, locale)),
    },
    {
      head: words.distance,
      isNumber: true,
      cell: ({ decision }) => (decision === null ? '–' : `${formatMeasure(decision.distance_km, locale)} km`),
    },
  ];
}
