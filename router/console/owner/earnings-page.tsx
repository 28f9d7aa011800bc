// /console/earnings: what an owner's machines earned and what became of it, with the claims and their transactions.
import { Hono } from 'hono';
import { Note, Sheet } from '../../look/pieces.tsx';
import { tellMachines } from '../../routes/node-earnings.ts';
import { showPage } from '../page-answer.tsx';
import { requireMember } from '../visit.ts';
import type { ConsoleEnv } from '../visit.ts';
import { ByMachine, Claims, Held, Meanings, Totals } from './earnings-parts.tsx';
import { MONEY_WORDS } from './money-words.ts';
import type { MoneyWords } from './money-words.ts';
import { orNull } from '../or-null.ts';

const PAGE = 20;
const CSV = '/console/api/node/v1/earnings?format=csv';

export const earningsPages = new Hono<ConsoleEnv>();

earningsPages.get('/console/earnings', async (c) => {
  const { caller } = await requireMember(c, 'usage');
  const { locale } = c.get('visit');
  const words = MONEY_WORDS[locale];
  const services = c.get('services');
  const rows = await services.nodes.list(c.req.query('after') ?? '', PAGE, caller.accountId);
  const wanted = c.req.query('node');
  const one = wanted === undefined ? null : await services.nodes.find(wanted);
  const nodes = one?.accountId === caller.accountId ? [one] : rows;
  const told = await orNull(
    tellMachines(
      services,
      nodes.map(({ id }) => id),
    ),
  );
  const machines = (told ?? []).map((machine, i) => ({
    ...machine,
    name: nodes[i]?.name ?? machine.nodeId.slice(0, 17),
  }));
  const next = nodes === rows && rows.length === PAGE ? (rows.at(-1)?.id ?? null) : null;
  const shown = { machines, words, locale };
  const body = (
    <>
      <header>
        <h1>{words.title}</h1>
        <p class="soft">{words.sub}</p>
      </header>
      {told === null && <Note tone="bad">{words.away}</Note>}
      {nodes.length === 0 && (
        <p class="soft">
          {words.none} <a href="/console/link">{words.toMachines}</a>
        </p>
      )}
      {machines.length > 0 && (
        <>
          <Totals {...shown} />
          <Meanings machines={machines} words={words} />
          <ByMachine {...shown} next={next} />
          <Held {...shown} />
          <Claims {...shown} />
        </>
      )}
      {nodes.length > 0 && <Tables words={words} />}
    </>
  );
  return showPage(c, { title: words.title, body });
});

/** The same for spreadsheets. */
function Tables({ words }: { words: MoneyWords }) {
  return (
    <Sheet title={words.csv}>
      <p>{words.csvTold}</p>
      <ul>
        {[
          [`${CSV}&by=claim&days=366`, words.csvClaim],
          [`${CSV}&by=day&days=92`, words.csvDay],
          [`${CSV}&by=machine`, words.csvMachine],
        ].map(([href, text]) => (
          <li>
            <a href={href} download>
              {text}
            </a>
          </li>
        ))}
      </ul>
    </Sheet>
  );
}
