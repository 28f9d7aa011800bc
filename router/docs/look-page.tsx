// /docs/look: the look of every page on one page, drawn with the very pieces that pages are made of: colours, sizes, tables, charts, forms, notes.
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
import { makeDocument } from './make-document.ts';

const GROUNDS = ['ground', 'sheet', 'sunk', 'line', 'edge', 'ink', 'soft', 'ember', 'ember-ground'];
const MEANINGS = ['good', 'good-ground', 'warn', 'warn-ground', 'bad', 'bad-ground', 'calm', 'calm-ground'];
const FILLS = ['fill-work', 'fill-ready', 'fill-yours', 'fill-machine', 'fill-fault', 'fill-none'];

/** A day of somebody's, to draw. */
const AT = Date.UTC(2026, 10, 29, 6, 12);
const DAY_MS = 86_400_000;
const DAYS = [12, 0, 31, 44, 18, 52, 39].map((jobs, at) => ({
  at: AT - (6 - at) * DAY_MS,
  jobs,
  micro: jobs * 1731,
  ms: 190 + jobs * 4,
}));

const STATES: readonly (readonly [tone: Tone, word: string, meant: string])[] = [
  ['good', 'works', 'as it should be; of a job: done and paid'],
  ['calm', 'ready', 'nothing to do, and nothing wrong'],
  ['warn', 'paused', 'somebody may want to look'],
  ['bad', 'failed', 'somebody should look'],
  ['plain', 'revoked', 'over; kept to be read'],
];

export function makeLookPage(): string {
  const head = renderElement(
    <>
      <h1>How pages look</h1>
      <p>
        One file of tokens, <code>schema/tokens.css</code>, colours the console, the docs, the page that checks receipts
        and the owner’s page on each machine. Light or dark is the reader’s own choice; a page asks nothing of any other
        origin, and its policy lets no style or script stand in it. What you see here are the pieces of{' '}
        <code>router/look</code> themselves.
      </p>
    </>,
  );
  const body = renderElement(
    <>
      <Colours />
      <Type />
      <Data />
      <Hours />
      <Words />
      <Forms />
    </>,
  );
  return makeDocument({ title: 'Irori: how pages look', head, body });
}

function Colours() {
  return (
    <section>
      <h2>Colours</h2>
      <p>
        Of a hearth and its ash. Texts have at least 4.5 : 1 on every ground that they stand on; a colour alone says
        nothing that words do not say too.
      </p>
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

function Type() {
  return (
    <section>
      <h2>Type and space</h2>
      <p>The reader’s own system fonts, five sizes, seven spaces from 4 to 48 px. Lines of text end at 44 rem.</p>
      <Table
        caption="Sizes of type"
        columns={[
          { head: 'Token', cell: ([token]) => <code>{token}</code> },
          { head: 'Size', isNumber: true, cell: ([, size]) => size },
          { head: 'Of', cell: ([, , use]) => use },
        ]}
        rows={[
          ['--t-big', '26 px', 'a page’s title'],
          ['--t-head', '20 px', 'figures in tiles'],
          ['--t-lead', '17 px', 'heads of sheets, what a page says first'],
          ['--t-body', '15 px', 'text'],
          ['--t-small', '13 px', 'tables, help, badges'],
        ]}
        empty=""
      />
      <p lang="ja">日本語の本文も同じ大きさと行間で表示され、文節で改行されます。</p>
    </section>
  );
}

function Data() {
  return (
    <section>
      <h2>Tables, figures and charts</h2>
      <Facts
        facts={[
          { name: 'Jobs', value: formatCount(196, 'en'), note: 'in seven days' },
          { name: 'Credits', value: formatCredits(339_276, 'en'), note: 'charged' },
          { name: 'First token', value: formatSpan(312, 'en'), note: 'median' },
        ]}
      />
      <BarChart
        title="Jobs by day"
        bars={DAYS.map(({ at, jobs }) => ({ label: new Date(at).toISOString().slice(5, 10), value: jobs }))}
        tell={(value) => formatCount(value, 'en')}
      />
      <Table
        caption="Jobs by day"
        columns={[
          { head: 'Day (UTC)', cell: ({ at }) => <Time at={at} locale="en" /> },
          { head: 'Jobs', isNumber: true, cell: ({ jobs }) => formatCount(jobs, 'en') },
          { head: 'Credits', isNumber: true, cell: ({ micro }) => formatCredits(micro, 'en') },
          { head: 'First token', isNumber: true, cell: ({ ms }) => formatSpan(ms, 'en') },
        ]}
        rows={DAYS}
        empty=""
        links={[
          { href: '#data', text: 'The same as CSV' },
          { href: '#data', text: 'Next page' },
        ]}
      />
      <p id="data">
        A chart is drawn by the server and stands beside a table that tells the same; numbers stand to the right in
        digits of one width; times are UTC and amounts credits, with what they are. How long ago something was, as in “
        {formatAgo(AT - 3 * 3_600_000, AT, 'en')}”, stands only where the time itself stands too.
      </p>
      <Table
        caption="Nothing yet"
        columns={[]}
        rows={[]}
        empty="Where there is nothing, a table says what to do next."
      />
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

function Hours() {
  return (
    <section>
      <h2>A day of a machine</h2>
      <HoursChart
        hours={HOURS}
        legend={[
          { fill: 'work', text: 'worked' },
          { fill: 'ready', text: 'ready, no call came' },
          { fill: 'yours', text: 'paused for you' },
          { fill: 'none', text: 'not connected, or not known' },
        ]}
      />
      <p>Minutes of each hour by what they were; the table beside it says why, and what to do.</p>
    </section>
  );
}

function Words() {
  return (
    <section>
      <h2>Badges, notes and tabs</h2>
      <Table
        caption="Tones"
        columns={[
          { head: 'Badge', cell: ([tone, word]) => <Badge tone={tone}>{word}</Badge> },
          { head: 'It means', cell: ([, , meant]) => meant },
        ]}
        rows={STATES}
        empty=""
      />
      <Note tone="good">What was asked for is done.</Note>
      <Note>Something to know before going on.</Note>
      <div class="told bad">What was not done, why, and what to do about it.</div>
      <Tabs
        label="An example of tabs"
        tabs={[
          { href: '#data', text: 'By day', isHere: true },
          { href: '#data', text: 'By model', isHere: false },
          { href: '#data', text: 'By key', isHere: false },
        ]}
      />
    </section>
  );
}

function Forms() {
  return (
    <section>
      <h2>Forms</h2>
      <p>
        Each field has its label and a word on what it takes. A form works without a script, carries the token of its
        session, and is answered by a page that can be loaded again.
      </p>
      <ActForm csrf="" action="/docs/look">
        <TextField name="name" label="Name" help="So that you know it again." value="kitchen laptop" />
        <SelectField
          name="ends"
          label="It ends"
          value="30"
          choices={[
            { value: '30', label: 'in 30 days' },
            { value: '', label: 'never' },
          ]}
        />
        <CheckGroup
          name="scopes"
          legend="It may"
          ticked={['call']}
          choices={[
            { value: 'call', label: 'call models' },
            { value: 'usage', label: 'read usage' },
          ]}
        />
        <div class="inline">
          <button type="button">Make it</button>
          <button type="button" class="quiet">
            Leave it
          </button>
          <button type="button" class="bad">
            Revoke it
          </button>
        </div>
      </ActForm>
    </section>
  );
}
