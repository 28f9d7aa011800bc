// The parts of one account's page for the operator: its figures, keys, members and homes.
import type { ListedKey } from '../../auth/api-keys.ts';
import { USUAL_SCOPES } from '../../../schema/key-rights.ts';
import type { Role } from '../../../schema/key-rights.ts';
import type { MemberRow } from '../../auth/members.ts';
import type { NodeRow } from '../../auth/nodes.ts';
import type { AccountUsage } from '../../billing/account-doors.ts';
import { ActForm } from '../../look/form.tsx';
import { formatCredits } from '../../look/format-money.ts';
import { formatCount } from '../../look/format-number.ts';
import { Badge, Facts, Sheet, Time } from '../../look/pieces.tsx';
import { Table } from '../../look/table.tsx';
import type { Locale } from '../../look/words.ts';
import { Named, NotNow, segment } from './pieces.tsx';
import { ACCOUNT_WORDS } from './words-accounts.ts';

interface PartProps {
  readonly accountId: string;
  readonly locale: Locale;
}

interface Link {
  readonly href: string;
  readonly text: string;
}

export function AccountFacts({ usage, accountId, locale }: PartProps & { usage: AccountUsage | null }) {
  const words = ACCOUNT_WORDS[locale];
  const links = (
    <ul class="inline">
      <li>
        <a href={`/console/operator/ledger/accounts?account=${segment(accountId)}`}>{words.checkBooks}</a>
      </li>
      <li>
        <a href={`/console/operator/jobs?account=${segment(accountId)}`}>{words.usageOf}</a>
      </li>
    </ul>
  );
  if (!usage)
    return (
      <Sheet>
        <NotNow locale={locale} />
        {links}
      </Sheet>
    );
  const { balance, held, kinds, totals } = usage;
  const credits = (micro: number): string => formatCredits(micro, locale);
  const parts = (['granted', 'bought', 'earned'] as const).map((kind) => `${words[kind]} ${credits(kinds[kind])}`);
  const tokens = [totals.promptTokens, totals.outputTokens].map((count) => formatCount(count, locale));
  return (
    <Sheet>
      <Facts
        facts={[
          { name: words.balance, value: credits(balance), note: `${parts.join(', ')}; ${words.balanceNote}` },
          { name: words.held, value: credits(held) },
          { name: words.charged, value: credits(totals.charged) },
          { name: words.jobs, value: formatCount(totals.jobs, locale) },
          { name: words.tokens, value: tokens.join(' / ') },
        ]}
      />
      {links}
    </Sheet>
  );
}

export function KeysOf(
  props: PartProps & {
    keys: readonly ListedKey[] | null;
    members: readonly MemberRow[] | null;
    links: readonly Link[];
  },
) {
  const { keys, members, links, accountId, locale } = props;
  const words = ACCOUNT_WORDS[locale];
  const list = new Intl.ListFormat(locale, { style: 'narrow', type: 'conjunction' });
  const nameOf = (memberId: string | null): string =>
    memberId === null ? words.accountOwn : (members?.find(({ id }) => id === memberId)?.name ?? memberId);
  return (
    <Sheet title={words.keys}>
      {keys === null ? (
        <NotNow locale={locale} />
      ) : (
        <Table
          caption={words.keys}
          columns={[
            { head: words.key, cell: (key) => <Named>{key.name}</Named> },
            { head: words.id, cell: (key) => <code>{key.id}</code> },
            { head: words.member, cell: (key) => <Named>{nameOf(key.memberId)}</Named> },
            {
              head: words.scopes,
              cell: (key) => list.format((key.scopes ?? USUAL_SCOPES).map((scope) => words.scope[scope])),
            },
            { head: words.made, cell: (key) => <Time at={key.createdAt} locale={locale} /> },
            {
              head: words.expires,
              cell: (key) => (key.expiresAt === null ? words.never : <Time at={key.expiresAt} locale={locale} />),
            },
            {
              head: words.revoke,
              cell: (key) =>
                key.revokedAt === null ? (
                  <a
                    href={`/console/operator/accounts/${segment(accountId)}/keys/${segment(key.id)}/revoke`}
                    aria-label={words.revokeTitle(key.name)}
                  >
                    {words.revoke}
                  </a>
                ) : (
                  <>
                    <Badge tone="bad">{words.keyRevoked}</Badge> <Time at={key.revokedAt} locale={locale} />
                  </>
                ),
            },
          ]}
          rows={keys}
          empty={words.keysNone}
          links={links}
        />
      )}
    </Sheet>
  );
}

export function MembersOf(
  props: PartProps & {
    members: readonly MemberRow[] | null;
    links: readonly Link[];
    csrf: string;
    isOpen: boolean;
  },
) {
  const { members, links, accountId, csrf, isOpen, locale } = props;
  const words = ACCOUNT_WORDS[locale];
  const roles = { owner: words.owner, member: words.memberRole, viewer: words.viewer } satisfies Record<Role, string>;
  const toLink = (row: MemberRow) => (
    <ActForm
      csrf={csrf}
      action={`/console/operator/accounts/${segment(accountId)}/members/${segment(row.id)}/link`}
      isInline
    >
      <button class="quiet" aria-label={words.linkFor(row.name)}>
        {words.link}
      </button>
    </ActForm>
  );
  return (
    <Sheet title={words.members}>
      {members === null ? (
        <NotNow locale={locale} />
      ) : (
        <Table
          caption={words.members}
          columns={[
            { head: words.name, cell: (row) => <Named>{row.name}</Named> },
            { head: words.email, cell: (row) => <Named>{row.email ?? '–'}</Named> },
            { head: words.role, cell: (row) => roles[row.role] },
            { head: words.made, cell: (row) => <Time at={row.createdAt} locale={locale} /> },
            ...(isOpen ? [{ head: words.link, cell: toLink }] : []),
          ]}
          rows={members}
          empty={words.membersNone}
          links={links}
        />
      )}
    </Sheet>
  );
}

export function HomesOf({ homes, accountId, locale }: PartProps & { homes: readonly NodeRow[] | null }) {
  const words = ACCOUNT_WORDS[locale];
  return (
    <Sheet title={words.homes}>
      {homes === null ? (
        <NotNow locale={locale} />
      ) : (
        <Table
          caption={words.homes}
          columns={[
            {
              head: words.name,
              cell: (row) => (
                <a href={`/console/operator/nodes/${segment(row.id)}`}>
                  <Named>{row.name ?? row.id}</Named>
                </a>
              ),
            },
            { head: words.id, cell: (row) => <code>{row.id}</code> },
            { head: words.made, cell: (row) => <Time at={row.createdAt} locale={locale} /> },
          ]}
          rows={homes}
          empty={words.homesNone}
          links={[{ href: `/console/operator/nodes?q=${segment(accountId)}`, text: words.homesAll }]}
        />
      )}
    </Sheet>
  );
}
