// /docs/look: the look of every page on one page, in English or Japanese, drawn with the very pieces that pages are made of: colours, sizes, tables, charts,
// forms, notes.
import { BarChart } from '../look/chart.tsx';
import { formatCredits } from '../look/format-money.ts';
import { formatCount } from '../look/format-number.ts';
import { HoursChart } from '../look/hours-chart.tsx';
import { formatAgo, formatSpan } from '../look/format-time.ts';
import { ActForm, CheckGroup, SelectField, TextField } from '../look/form.tsx';
import { Badge, Facts, Note, Tabs, Time } from '../look/pieces.tsx';
import type { Tone } from '../look/pieces.tsx';
import { renderElement } from '../look/render-element.ts';
import { Table } from '../look/table.tsx';
import type { Locale } from '../look/words.ts';
import { LOOK_WORDS } from './look-words.ts';
import type { LookWords } from './look-words.ts';
import { makeDocument } from './make-document.ts';

const GROUNDS = ['ground', 'sheet', 'sunk', 'line', 'edge', 'ink', 'soft', 'ember', 'ember-ground'];
const MEANINGS = ['good', 'good-ground', 'warn', 'warn-ground', 'bad', 'bad-ground', 'calm', 'calm-ground'];
const FILLS = ['fill-work', 'fill-ready', 'fill-yours', 'fill-machine', 'fill-fault', 'fill-none'];
const TONES: readonly Tone[] = ['good', 'calm', 'warn', 'bad', 'plain'];

/** A day of somebody's, to draw. */
const AT = Date.UTC(2026, 10, 29, 6, 12);
const DAY_MS = 86_400_000;
const DAYS = [12, 0, 31, 44, 18, 52, 39].map((jobs, at) => ({
  at: AT - (6 - at) * DAY_MS,
  jobs,
  micro: jobs * 1731,
  ms: 190 + jobs * 4,
}));

interface Shown {
  readonly locale: Locale;
  readonly words: LookWords;
}

export function makeLookPage(locale: Locale): string {
  const words = LOOK_WORDS[locale];
  const shown = { locale, words };
  const head = renderElement(
    <>
      <h1>{words.title}</h1>
      <p>{words.lead.split('`').map((part, at) => (at % 2 === 1 ? <code>{part}</code> : part))}</p>
    </>,
  );
  const body = renderElement(
    <>
      <Colours {...shown} />
      <Type {...shown} />
      <Data {...shown} />
      <Hours {...shown} />
      <Words {...shown} />
      <Forms {...shown} />
    </>,
  );
  return makeDocument({ lang: locale, title: words.documentTitle, path: '/docs/look', head, body });
}

function Colours({ words }: Shown) {
  return (
    <section>
      <h2>{words.colours}</h2>
      <p>{words.coloursTold}</p>
      {[GROUNDS, MEANINGS, FILLS].map((names) => (
        <div class="swatches">
          {names.map((name) => (
            <figure>
              <svg viewBox="0 0 160 56" preserveAspectRatio="none" aria-hidden="true" focusable="false">
                <rect width="160" height="56" rx="6" fill={`var(--${name})`} stroke="var(--line)" />
              </svg>
              <figcaption class="small">
                <code>--{name}</code>
              </figcaption>
            </figure>
          ))}
        </div>
      ))}
    </section>
  );
}

function Type({ words, locale }: Shown) {
  return (
    <section>
      <h2>{words.type}</h2>
      <p>{words.typeTold}</p>
      <Table
        caption={words.sizes}
        columns={[
          { head: words.token, cell: ([token]) => <code>{token}</code> },
          { head: words.size, isNumber: true, cell: ([, size]) => size },
          { head: words.of, cell: ([, , use]) => use },
        ]}
        rows={[
          ['--t-big', '26 px', words.big],
          ['--t-head', '20 px', words.head],
          ['--t-lead', '17 px', words.leading],
          ['--t-body', '15 px', words.body],
          ['--t-small', '13 px', words.small],
        ]}
        empty=""
      />
      <p lang={locale === 'en' ? 'ja' : 'en'} translate="no">
        {words.other}
      </p>
    </section>
  );
}

function Data({ words, locale }: Shown) {
  return (
    <section>
      <h2>{words.data}</h2>
      <Facts
        facts={[
          { name: words.jobs, value: formatCount(196, locale), note: words.sevenDays },
          { name: words.credits, value: formatCredits(339_276, locale), note: words.charged },
          { name: words.firstToken, value: formatSpan(312, locale), note: words.median },
        ]}
      />
      <BarChart
        title={words.byDay}
        bars={DAYS.map(({ at, jobs }) => ({ label: new Date(at).toISOString().slice(5, 10), value: jobs }))}
        tell={(value) => formatCount(value, locale)}
      />
      <Table
        caption={words.byDay}
        columns={[
          { head: words.day, cell: ({ at }) => <Time at={at} locale={locale} /> },
          { head: words.jobs, isNumber: true, cell: ({ jobs }) => formatCount(jobs, locale) },
          { head: words.credits, isNumber: true, cell: ({ micro }) => formatCredits(micro, locale) },
          { head: words.firstToken, isNumber: true, cell: ({ ms }) => formatSpan(ms, locale) },
        ]}
        rows={DAYS}
        empty=""
        links={[
          { href: '#data', text: words.csv },
          { href: '#data', text: words.next },
        ]}
      />
      <p id="data">{words.dataTold(formatAgo(AT - 3 * 3_600_000, AT, locale))}</p>
      <Table caption={words.nothing} columns={[]} rows={[]} empty={words.empty} />
    </section>
  );
}

/** Of a day: at night its owner slept, by day somebody used it, in the evening it worked. */
const HOURS = Array.from({ length: 24 }, (_, hour) => ({
  label: `${String(hour).padStart(2, '0')}:00`,
  parts: [
    { fill: 'work' as const, minutes: hour > 17 ? 35 : 0 },
    { fill: 'ready' as const, minutes: hour > 17 ? 25 : hour > 14 ? 60 : 0 },
    { fill: 'yours' as const, minutes: hour > 7 && hour < 15 ? 60 : 0 },
  ],
}));

function Hours({ words }: Shown) {
  return (
    <section>
      <h2>{words.hours}</h2>
      <HoursChart
        hours={HOURS}
        legend={[
          { fill: 'work', text: words.worked },
          { fill: 'ready', text: words.ready },
          { fill: 'yours', text: words.yours },
          { fill: 'none', text: words.none },
        ]}
      />
      <p>{words.hoursTold}</p>
    </section>
  );
}

function Words({ words }: Shown) {
  return (
    <section>
      <h2>{words.words}</h2>
      <Table
        caption={words.tones}
        columns={[
          { head: words.badge, cell: (tone) => <Badge tone={tone}>{words[tone]}</Badge> },
          { head: words.means, cell: (tone) => words[`${tone}Means`] },
        ]}
        rows={TONES}
        empty=""
      />
      <Note tone="good">{words.done}</Note>
      <Note>{words.know}</Note>
      <div class="told bad">{words.notDone}</div>
      <Tabs
        label={words.tabs}
        tabs={[
          { href: '#data', text: words.tabDay, isHere: true },
          { href: '#data', text: words.tabModel, isHere: false },
          { href: '#data', text: words.tabKey, isHere: false },
        ]}
      />
    </section>
  );
}

function Forms({ words }: Shown) {
  return (
    <section>
      <h2>{words.forms}</h2>
      <p>{words.formsTold}</p>
      <ActForm csrf="" action="/docs/look">
        <TextField name="name" label={words.name} help={words.nameHelp} value={words.nameValue} />
        <SelectField
          name="ends"
          label={words.ends}
          value="30"
          choices={[
            { value: '30', label: words.inDays },
            { value: '', label: words.never },
          ]}
        />
        <CheckGroup
          name="scopes"
          legend={words.may}
          ticked={['call']}
          choices={[
            { value: 'call', label: words.call },
            { value: 'usage', label: words.usage },
          ]}
        />
        <div class="inline">
          <button type="button">{words.make}</button>
          <button type="button" class="quiet">
            {words.leave}
          </button>
          <button type="button" class="bad">
            {words.revoke}
          </button>
        </div>
      </ActForm>
    </section>
  );
}
