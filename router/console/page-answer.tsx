// A page's answer: the frame around what it shows, with the pages that its reader may go to.
import type { Context } from 'hono';
import type { Child } from 'hono/jsx';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { Page } from '../look/page.tsx';
import { PagePath, PageRefusal } from '../look/refusal.ts';
import type { NavGroup, ShownAs } from '../look/page.tsx';
import { renderElement } from '../look/render-element.ts';
import { PAGE_HEADERS } from '../look/policy.ts';
import { RefusedNote } from './refused-note.tsx';
import type { ConsoleEnv, Visit } from './visit.ts';

export interface Shown {
  readonly title: string;
  readonly body: Child;
  readonly islands?: readonly string[];
  readonly status?: ContentfulStatusCode;
  /** Usual: kept nowhere. */
  readonly cacheControl?: string;
}

const VISITOR: NavGroup[] = [
  {
    word: 'brand',
    links: [
      { href: '/', word: 'home' },
      { href: '/playground', word: 'playground' },
    ],
  },
];
const CALLING: NavGroup = {
  word: 'calling',
  links: [
    { href: '/console', word: 'usage' },
    { href: '/console/keys', word: 'keys' },
    { href: '/console/jobs', word: 'jobs' },
    { href: '/console/credit', word: 'credit' },
    { href: '/console/alerts', word: 'alerts' },
    { href: '/console/members', word: 'members' },
  ],
};
const LENDING: NavGroup = {
  word: 'lending',
  links: [
    { href: '/console/machines', word: 'machines' },
    { href: '/console/earnings', word: 'earnings' },
    { href: '/console/quiet', word: 'quiet' },
    { href: '/console/codes', word: 'codes' },
    { href: '/console/pools', word: 'pools' },
    { href: '/console/proposals', word: 'proposals' },
  ],
};
const OPERATING: NavGroup = {
  word: 'operating',
  links: [
    { href: '/console/operator/accounts', word: 'accounts' },
    { href: '/console/operator/nodes', word: 'nodes' },
    { href: '/console/operator/catalogue', word: 'catalogue' },
    { href: '/console/operator/ledger', word: 'ledger' },
    { href: '/console/operator/hubs', word: 'hubs' },
    { href: '/console/operator/health', word: 'health' },
    { href: '/console/operator/jobs', word: 'oddJobs' },
  ],
};

export function showPage(c: Context<ConsoleEnv>, { title, body, islands = [], status = 200, cacheControl }: Shown) {
  const { locale, path, signedIn } = c.get('visit');
  const asked = c.get('refusal');
  const refusal = asked?.refusal ?? null;
  const shown = (
    <PagePath.Provider value={path}>
      <PageRefusal.Provider value={refusal}>{body}</PageRefusal.Provider>
    </PagePath.Provider>
  );
  // Written once for the label of the field that was wrong, which stands below of where it is told.
  if (refusal) renderElement(shown);
  const page = (
    <Page
      locale={locale}
      title={title}
      path={path}
      nav={listNav(signedIn)}
      shownAs={tellShownAs(signedIn)}
      islands={islands}
    >
      {refusal && <RefusedNote refusal={refusal} label={asked?.seen.label ?? null} locale={locale} />}
      {shown}
    </Page>
  );
  return c.html(
    `<!doctype html>${renderElement(page)}`,
    (asked?.status as ContentfulStatusCode | undefined) ?? status,
    {
      ...PAGE_HEADERS,
      'cache-control': cacheControl ?? 'no-store',
    },
  );
}

function listNav(signedIn: Visit['signedIn']): readonly NavGroup[] {
  if (!signedIn) return VISITOR;
  return [
    ...VISITOR,
    ...(signedIn.membership ? [CALLING, LENDING] : []),
    ...(signedIn.person.isOperator ? [OPERATING] : []),
  ];
}

function tellShownAs(signedIn: Visit['signedIn']): ShownAs | null {
  if (!signedIn) return null;
  const { person, memberships, membership, csrf } = signedIn;
  const accounts = memberships.map(({ memberId, accountName: name }) => ({ memberId, name }));
  return { name: person.name, memberId: membership?.memberId ?? null, accounts, csrf };
}
