// /console/operator/ledger/epochs and /chain: what was published of earnings and how far it is on the chain; where this network pays, and whether the chain and
// the books tell the same of claims.
import { Hono } from 'hono';
import { endOfEpoch } from '../../../schema/epoch.ts';
import type { ListedEpoch } from '../../billing/epoch-shelf.ts';
import type { ToldPost } from '../../chain/post-log.ts';
import { formatCredits } from '../../look/format-money.ts';
import { formatCount } from '../../look/format-number.ts';
import { Badge, Facts, Note, Sheet, Time } from '../../look/pieces.tsx';
import { Table } from '../../look/table.tsx';
import type { Locale } from '../../look/words.ts';
import type { ChainCheckPage } from '../../services/chain-check.ts';
import type { ToldChain } from '../../services/network-chain.ts';
import { requireOperator } from '../visit.ts';
import type { ConsoleEnv } from '../visit.ts';
import { LEDGER, showLedger } from './ledger-frame.tsx';
import { orNull } from '../or-null.ts';
import { NotNow, segment } from './pieces.tsx';
import { LEDGER_WORDS } from './words-ledger.ts';

/** Homes that the chain is asked about for one page. */
const HOMES = 50;

export const epochPages = new Hono<ConsoleEnv>();

epochPages.get(`${LEDGER}/epochs`, async (c) => {
  requireOperator(c);
  const { locale } = c.get('visit');
  const words = LEDGER_WORDS[locale];
  const { shelf, tellPosts } = c.get('services');
  const before = c.req.query('before') ?? '';
  const page = await orNull(shelf.list(/^\d{1,15}$/.test(before) ? Number(before) : Number.MAX_SAFE_INTEGER));
  const [newest, oldest] = [page?.epochs[0], page?.epochs.at(-1)];
  const posts = newest && oldest && tellPosts ? await orNull(tellPosts(oldest.epoch, newest.epoch)) : [];
  return showLedger(
    c,
    'epochs',
    <Sheet>
      {page ? (
        <Epochs epochs={page.epochs} posts={posts} next={page.next} locale={locale} />
      ) : (
        <NotNow locale={locale} />
      )}
      {page && !tellPosts && <p class="soft">{words.noChain}</p>}
    </Sheet>,
  );
});

function Epochs(props: {
  epochs: readonly ListedEpoch[];
  posts: readonly ToldPost[] | null;
  next: number | null;
  locale: Locale;
}) {
  const { epochs, posts, next, locale } = props;
  const words = LEDGER_WORDS[locale];
  const state = (of: number) => {
    const post = posts?.find(({ epoch }) => epoch === of);
    if (!post) return posts === null ? '–' : words.unknownState;
    const tone = post.state === 'final' ? 'good' : post.state === 'void' ? 'bad' : 'calm';
    return <Badge tone={tone}>{words[`state_${post.state}`]}</Badge>;
  };
  return (
    <Table
      caption={words.epochs}
      columns={[
        {
          head: words.epoch,
          cell: ({ epoch, hasFile }) => (hasFile ? <a href={`/audit/epochs/${epoch}`}>{epoch}</a> : epoch),
        },
        { head: words.ended, cell: (row) => <Time at={endOfEpoch(row.epoch, row.seconds)} locale={locale} /> },
        { head: words.published, cell: (row) => <Time at={row.publishedAt} locale={locale} /> },
        { head: words.homes, isNumber: true, cell: (row) => formatCount(row.leaves, locale) },
        {
          head: words.differ,
          isNumber: true,
          cell: ({ kept }) =>
            kept === 0 ? formatCount(0, locale) : <Badge tone="bad">{formatCount(kept, locale)}</Badge>,
        },
        { head: words.earnedCredits, isNumber: true, cell: (row) => formatCredits(Number(row.earned), locale) },
        { head: words.onChain, cell: ({ epoch }) => state(epoch) },
      ]}
      rows={epochs}
      empty={words.epochsNone}
      links={next === null ? [] : [{ href: `${LEDGER}/epochs?before=${next}`, text: words.older }]}
    />
  );
}

epochPages.get(`${LEDGER}/chain`, async (c) => {
  requireOperator(c);
  const { locale } = c.get('visit');
  const words = LEDGER_WORDS[locale];
  const { tellChain, checkChain, sponsor } = c.get('services');
  const after = c.req.query('after')?.slice(0, 100);
  const [told, page] = await Promise.all([
    orNull(tellChain(Date.now())),
    after === undefined || !checkChain ? null : orNull(checkChain(after, HOMES)),
  ]);
  if (!checkChain)
    return showLedger(
      c,
      'chain',
      <Sheet>
        <p>{words.noChain}</p>
        <p class="soft">{words.noChainTold}</p>
      </Sheet>,
    );
  return showLedger(
    c,
    'chain',
    <>
      <Sheet>{told ? <Chain told={told} sponsor={sponsor} locale={locale} /> : <NotNow locale={locale} />}</Sheet>
      <Sheet title={words.compare}>
        <p class="soft">{words.compareTold}</p>
        {after !== undefined && (page ? <Claims page={page} locale={locale} /> : <NotNow locale={locale} />)}
        <p>
          <a href={`${LEDGER}/chain?after=${page?.next ? segment(page.next) : ''}`}>
            {page?.next ? words.next : words.compare}
          </a>
        </p>
      </Sheet>
    </>,
  );
});

function Chain({ told, sponsor, locale }: { told: ToldChain; sponsor: string | null; locale: Locale }) {
  const words = LEDGER_WORDS[locale];
  const { lastFinal, isReachable } = told;
  return (
    <>
      {!isReachable && <Note tone="bad">{words.reachableNo}</Note>}
      <Facts
        facts={[
          { name: words.chainName, value: told.name, note: `${told.chainId}. ${words.notice}` },
          {
            name: words.reachable,
            value: <Badge tone={isReachable ? 'good' : 'bad'}>{isReachable ? words.reachableYes : '–'}</Badge>,
          },
          { name: words.payouts, value: <code class="small">{told.payouts}</code> },
          {
            name: words.lastFinal,
            value: lastFinal ? lastFinal.epoch : words.never,
            note: lastFinal ? formatCredits(Number(lastFinal.total), locale) : '',
          },
          { name: words.sponsor, value: sponsor === null ? '–' : <code class="small">{sponsor}</code> },
        ]}
      />
    </>
  );
}

function Claims({ page, locale }: { page: ChainCheckPage; locale: Locale }) {
  const words = LEDGER_WORDS[locale];
  const verdict = (books: number, chain: number) => {
    if (books === chain) return <Badge tone="good">{words.agree}</Badge>;
    return page.isMoving ? <Badge tone="calm">{words.moving}</Badge> : <Badge tone="bad">{words.different}</Badge>;
  };
  return (
    <>
      <Facts
        facts={[
          { name: words.block, value: page.block ?? words.never },
          { name: words.claims, value: formatCredits(page.booked, locale) },
        ]}
      />
      <Table
        caption={words.compare}
        columns={[
          {
            head: words.home,
            cell: ({ node }) => (
              <a href={`/console/operator/nodes/${segment(node)}`}>
                <code>{node}</code>
              </a>
            ),
          },
          { head: words.books, isNumber: true, cell: ({ books }) => formatCredits(books, locale) },
          { head: words.chainPaid, isNumber: true, cell: ({ chain }) => formatCredits(chain, locale) },
          { head: words.verdict, cell: ({ books, chain }) => verdict(books, chain) },
        ]}
        rows={page.homes}
        empty={words.compareNone}
      />
    </>
  );
}
