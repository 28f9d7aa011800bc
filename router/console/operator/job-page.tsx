// GET /console/operator/jobs/:id?account=: how each part of one job ended, and at which home, for who looks for what to mend. Its messages are its caller's own.
import { Hono } from 'hono';
import { isId } from '../../../schema/ids.ts';
import type { SettlementJson } from '../../../schema/settlement.ts';
import { ApiError } from '../../errors.ts';
import { formatCredits } from '../../look/format-money.ts';
import { formatCount } from '../../look/format-number.ts';
import { formatSpan } from '../../look/format-time.ts';
import { Badge, Note, Sheet, Time } from '../../look/pieces.tsx';
import { Table } from '../../look/table.tsx';
import type { Locale } from '../../look/words.ts';
import { showPage } from '../page-answer.tsx';
import { requireOperator } from '../visit.ts';
import type { ConsoleEnv } from '../visit.ts';
import { orNull } from '../or-null.ts';
import { Named, NotNow, segment } from './pieces.tsx';
import { ODD_WORDS } from './words-running.ts';

export const oneJobPages = new Hono<ConsoleEnv>();

oneJobPages.get('/console/operator/jobs/:id', async (c) => {
  requireOperator(c);
  const { locale } = c.get('visit');
  const words = ODD_WORDS[locale];
  const [jobId, accountId] = [c.req.param('id'), c.req.query('account') ?? ''];
  const services = c.get('services');
  // Of no account there is an object to ask.
  const isKnown = isId('job', jobId) && (await services.accounts.find(accountId)) !== null;
  if (!isKnown) throw new ApiError('not_found', ODD_WORDS.en.noJob);
  const found = await orNull(services.findReceipts({ jobId, accountId }));
  const body = (
    <>
      <h1>{words.job}</h1>
      <p>
        <code>{jobId}</code> {words.account}{' '}
        <a href={`/console/operator/accounts/${segment(accountId)}`}>
          <code>{accountId}</code>
        </a>
      </p>
      {found?.isPending === true && <Note>{words.isOpen}</Note>}
      <Sheet>{found ? <Parts parts={found.settlements} locale={locale} /> : <NotNow locale={locale} />}</Sheet>
      <p>
        <a href={`/console/operator/jobs?q=${segment(accountId)}`}>{words.title}</a>
      </p>
    </>
  );
  return showPage(c, { title: words.job, body });
});

const FINE: ReadonlySet<string> = new Set(['complete', 'cancelled']);

function Parts({ parts, locale }: { parts: readonly SettlementJson[]; locale: Locale }) {
  const words = ODD_WORDS[locale];
  const count = (value: number): string => formatCount(value, locale);
  return (
    <Table
      caption={words.job}
      columns={[
        { head: words.part, cell: ({ part }) => count(part + 1) },
        {
          head: words.outcome,
          cell: ({ outcome }) => <Badge tone={FINE.has(outcome) ? 'good' : 'bad'}>{words[outcome]}</Badge>,
        },
        {
          head: words.home,
          cell: ({ nodeId }) => (
            <a href={`/console/operator/nodes/${segment(nodeId)}`}>
              <code>{nodeId}</code>
            </a>
          ),
        },
        { head: words.hub, cell: ({ hub }) => <code>{hub}</code> },
        { head: words.model, cell: ({ model }) => <Named>{model}</Named> },
        { head: words.ended, cell: ({ endedAt }) => <Time at={endedAt} locale={locale} /> },
        {
          head: words.firstToken,
          isNumber: true,
          cell: ({ ttftMs }) => (ttftMs === null ? '–' : formatSpan(ttftMs, locale)),
        },
        { head: words.took, isNumber: true, cell: ({ durationMs }) => formatSpan(durationMs, locale) },
        { head: words.attempts, isNumber: true, cell: ({ attempts }) => count(attempts) },
        { head: words.charged, isNumber: true, cell: ({ charge }) => formatCredits(charge, locale) },
      ]}
      rows={parts}
      empty={words.noParts}
    />
  );
}
