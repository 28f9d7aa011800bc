// Jobs of the account, the newest first, of one key where one is chosen, and finding one's receipt by its number.
import { Hono } from 'hono';
import { isId } from '../../../schema/ids.ts';
import { dayOf } from '../../billing/build-usage.ts';
import type { JobLine } from '../../billing/list-flush-jobs.ts';
import { onlyKeySeen } from '../../auth/judge-rights.ts';
import { SelectField, TextField } from '../../look/form.tsx';
import type { Choice } from '../../look/form.tsx';
import { formatCreditsWhole } from '../../look/format-money.ts';
import { formatCount, formatCountry, formatMeasure } from '../../look/format-number.ts';
import { formatSpan } from '../../look/format-time.ts';
import { Badge, Note, Sheet, Time } from '../../look/pieces.tsx';
import { FormRefusal } from '../../look/refusal.ts';
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
import { findUsedKeys } from './usage-filter.tsx';
import { USAGE_WORDS } from './usage-words.ts';

export const jobsPages = new Hono<ConsoleEnv>();

const JOBS = '/console/jobs';
const PAGE = 50;
/** A key that was not used for longer is found on its own page. */
const KEY_DAYS = 90;

jobsPages.get('/console/jobs', async (c) => {
  const { locale } = c.get('visit');
  const words = JOB_WORDS[locale];
  const { caller } = await requireMember(c);
  const wanted = c.req.query('job')?.trim() ?? '';
  if (isId('key', wanted)) return c.redirect(`${JOBS}?key=${wanted}`, 303);
  const wantedJob = toJobId(wanted);
  if (isId('job', wantedJob)) return c.redirect(`${JOBS}/${wantedJob}`, 303);
  const key = c.req.query('key')?.trim().slice(0, 100) || null;
  const own = onlyKeySeen(caller);
  const step = readStep((name) => c.req.query(name));
  const services = c.get('services');
  const toDay = dayOf(Date.now());
  const used = { accountId: caller.accountId, ownKeyId: own, fromDay: toDay - KEY_DAYS + 1, toDay };
  const [page, keys] = await Promise.all([
    orNull(listJobs(services, caller, { before: step.before, limit: PAGE, key })),
    findUsedKeys(services.dayTotals, used, { words: USAGE_WORDS[locale], locale, chosen: key }),
  ]);
  const at = key === null ? JOBS : `${JOBS}?key=${encodeURIComponent(key)}`;
  const { previous, next } = listSteps(at, step, page?.next ?? null);
  const noJobs = next !== null ? words.noneYet : words.noneOf;
  const body = (
    <>
      <h1>{words.title}</h1>
      <p class="lead">{words.lead}</p>
      <Sheet title={words.table}>
        {own === null && <KeyFilter chosen={key} keys={keys} words={words} />}
        {page === null && <Note tone="bad">{words.notNow}</Note>}
        {page !== null && (
          <Table
            caption={words.table}
            rows={page.data}
            empty={
              key === null ? (
                <>
                  {words.none} <a href="/playground">{words.playground}</a>
                </>
              ) : (
                noJobs
              )
            }
            columns={listColumns(words, locale)}
            links={[
              ...(previous === null ? [] : [{ href: previous, text: words.previous }]),
              ...(next === null ? [] : [{ href: next, text: words.next }]),
            ]}
          />
        )}
        {own !== null && <p class="small soft">{words.own}</p>}
      </Sheet>
      <Sheet title={words.find}>
        <FindForm wanted={wanted} words={words} />
      </Sheet>
    </>
  );
  return showPage(c, { title: words.title, body, status: wanted === '' ? 200 : 400 });
});

/** What is no number of a job is told where it was typed. */
function FindForm({ wanted, words }: { readonly wanted: string; readonly words: JobWords }) {
  const told = { told: words.noNumber, english: null, field: 'job', typed: { job: wanted } };
  const refusal = wanted === '' ? null : { ...told, sentTo: JOBS, page: JOBS, noteLabel: () => undefined };
  return (
    <form method="get" action={JOBS} class="fields">
      <FormRefusal.Provider value={refusal}>
        <TextField name="job" label={words.number} help={words.numberHelp} isRequired />
      </FormRefusal.Provider>
      <button>{words.findDo}</button>
    </form>
  );
}

/** A receipt's name tells its job. */
function toJobId(wanted: string): string {
  const [, job] = /^rcpt_([0-9a-f]{32})_\d+$/.exec(wanted) ?? [];
  return job === undefined ? wanted : `job_${job}`;
}

function KeyFilter(props: {
  readonly chosen: string | null;
  readonly keys: readonly Choice[];
  readonly words: JobWords;
}) {
  const { chosen, keys, words } = props;
  return (
    <form method="get" action={JOBS} class="row">
      <SelectField
        name="key"
        label={words.key}
        value={chosen ?? ''}
        choices={[{ value: '', label: words.allKeys }, ...keys]}
      />
      <p class="inline">
        <button class="quiet">{words.show}</button>
        {chosen !== null && <a href={JOBS}>{words.showAll}</a>}
      </p>
    </form>
  );
}

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
