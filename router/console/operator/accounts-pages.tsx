// GET /console/operator/accounts: all accounts, by id or name; and one account: what it has, who may use it, what may be done to it.
import { Hono } from 'hono';
import type { Context } from 'hono';
import type { AccountRow } from '../../auth/accounts.ts';
import type { ListedKey } from '../../auth/api-keys.ts';
import { ApiError } from '../../errors.ts';
import { ActForm, TextField } from '../../look/form.tsx';
import { Badge, Sheet, Time } from '../../look/pieces.tsx';
import { Table } from '../../look/table.tsx';
import type { Locale } from '../../look/words.ts';
import type { Services } from '../../services/edge.ts';
import { listCreditHistory } from '../../routes/credit-history.ts';
import { showPage } from '../page-answer.tsx';
import { requireOperator } from '../visit.ts';
import type { ConsoleEnv } from '../visit.ts';
import { CreditOf } from './account-history.tsx';
import { AccountActs } from './account-forms.tsx';
import { AccountFacts, HomesOf, KeysOf, MembersOf } from './account-parts.tsx';
import { orNull } from '../or-null.ts';
import { EventField } from '../form-number.tsx';
import { leadOn } from './lead-on.ts';
import { Did, listLinks, Named, PAGE_ROWS, readList, Search, segment } from './pieces.tsx';
import { ACCOUNT_DONE, ACCOUNT_WORDS } from './words-accounts.ts';

export const ACCOUNTS = '/console/operator/accounts';
/** What one account's page lists at once of keys, of members and of homes. */
const SHOWN = 50;
/** And of what came to its credit. */
const EVENTS = 10;

export const accountPages = new Hono<ConsoleEnv>();

export async function showAccounts(c: Context<ConsoleEnv>): Promise<Response> {
  const { csrf } = requireOperator(c);
  const { locale } = c.get('visit');
  const words = ACCOUNT_WORDS[locale];
  const { q, after } = readList(c);
  const rows = await c.get('services').accounts.search(q, after, PAGE_ROWS);
  const body = (
    <>
      <h1>{words.title}</h1>
      <Did c={c} words={ACCOUNT_DONE[locale]} />
      <Sheet>
        <Search q={q} label={words.search} locale={locale} />
        <Table
          caption={words.title}
          columns={[
            {
              head: words.name,
              cell: (row) => (
                <a href={accountPath(row.id)}>
                  <Named>{row.name}</Named>
                </a>
              ),
            },
            { head: words.id, cell: (row) => <code>{row.id}</code> },
            { head: words.state, cell: (row) => <AccountState row={row} locale={locale} /> },
            { head: words.made, cell: (row) => <Time at={row.createdAt} locale={locale} /> },
          ]}
          rows={rows}
          empty={q === '' ? words.noneYet : words.noneFound(q)}
          links={listLinks(rows, { path: ACCOUNTS, q, after, locale })}
        />
      </Sheet>
      <Sheet title={words.create}>
        <ActForm csrf={csrf}>
          <EventField c={c} />
          <TextField
            name="name"
            label={words.name}
            help={words.createHelp}
            isRequired
            attributes={{ maxlength: '200' }}
          />
          <button>{words.create}</button>
        </ActForm>
      </Sheet>
    </>
  );
  return showPage(c, { title: words.title, body });
}

accountPages.get(ACCOUNTS, async (c) => {
  requireOperator(c);
  const found = await leadOn(c.get('services'), readList(c).q);
  return found === null ? showAccounts(c) : c.redirect(found, 303);
});

export async function showAccount(c: Context<ConsoleEnv>): Promise<Response> {
  const { csrf } = requireOperator(c);
  const { locale } = c.get('visit');
  const words = ACCOUNT_WORDS[locale];
  const services = c.get('services');
  const account = await findAccount(c);
  const keysAfter = (c.req.query('keys') ?? '').slice(0, 100);
  const searched = await findOwnKey(services, account.id, c.req.query('key') ?? '');
  const skip = /^\d{1,4}$/.test(c.req.query('members') ?? '') ? Number(c.req.query('members')) : 0;
  const { usage, keys, members, homes, gifts, history } = await readAccount(services, account.id, keysAfter);
  const body = (
    <>
      <h1>{account.name}</h1>
      <p>
        <code>{account.id}</code> <AccountState row={account} locale={locale} />{' '}
        <span class="soft">
          {words.made} <Time at={account.createdAt} locale={locale} />
        </span>
      </p>
      <Did c={c} words={ACCOUNT_DONE[locale]} />
      <AccountFacts usage={usage} accountId={account.id} locale={locale} />
      <CreditOf events={history?.data ?? null} locale={locale} />
      <KeysOf
        keys={searched ? [searched] : keys}
        links={
          searched
            ? [{ href: accountPath(account.id), text: words.keysAll }]
            : linkMore(account.id, 'keys', keys?.length === SHOWN ? keys.at(-1)?.id : undefined, locale)
        }
        members={members}
        accountId={account.id}
        locale={locale}
      />
      <MembersOf
        members={members?.slice(skip, skip + SHOWN) ?? null}
        links={linkMore(
          account.id,
          'members',
          (members?.length ?? 0) > skip + SHOWN ? skip + SHOWN : undefined,
          locale,
        )}
        accountId={account.id}
        csrf={csrf}
        isOpen={account.disabledAt === null}
        locale={locale}
      />
      <HomesOf homes={homes} accountId={account.id} locale={locale} />
      {account.disabledAt === null && (
        <AccountActs c={c} accountId={account.id} csrf={csrf} isSponsor={gifts?.isSponsor ?? null} locale={locale} />
      )}
    </>
  );
  return showPage(c, { title: account.name, body });
}

accountPages.get(`${ACCOUNTS}/:id`, showAccount);

/** Its own page. */
export function accountPath(accountId: string): string {
  return `${ACCOUNTS}/${segment(accountId)}`;
}

/** The account that the page's path names. Throws ApiError 404. */
export async function findAccount(c: Context<ConsoleEnv>): Promise<AccountRow> {
  const account = await c.get('services').accounts.find(c.req.param('id') ?? '');
  if (!account) throw new ApiError('not_found', 'There is no such account.');
  return account;
}

/** One that was searched for: it may be old, or revoked, and then it is in no list. */
async function findOwnKey(services: Services, accountId: string, keyId: string): Promise<ListedKey | null> {
  const key = keyId === '' ? null : await orNull(services.keys.find(keyId));
  return key?.accountId === accountId ? key : null;
}

/** Each of its sources by itself; null for one that is away. */
async function readAccount(services: Services, accountId: string, keysAfter: string) {
  const object = services.account(accountId);
  const [usage, keys, members, homes, gifts, history] = await Promise.all([
    orNull(object.usage()),
    orNull(services.keys.list(accountId, { after: keysAfter, limit: SHOWN })),
    orNull(services.members.list(accountId)),
    orNull(services.nodes.list('', SHOWN, accountId)),
    orNull(object.gifts('', 1)),
    orNull(listCreditHistory(services, accountId, { before: null, limit: EVENTS })),
  ]);
  return { usage, keys, members, homes, gifts, history };
}

/** Where a list of an account's page goes on: behind this row, if there is one. */
function linkMore(accountId: string, list: 'keys' | 'members', behind: string | number | undefined, locale: Locale) {
  if (behind === undefined) return [];
  return [{ href: `${accountPath(accountId)}?${list}=${behind}`, text: ACCOUNT_WORDS[locale].more }];
}

function AccountState({ row, locale }: { row: AccountRow; locale: Locale }) {
  const words = ACCOUNT_WORDS[locale];
  return (
    <>
      {row.disabledAt === null ? <Badge tone="good">{words.open}</Badge> : <Badge tone="bad">{words.disabled}</Badge>}
      {row.signedUpFrom !== null && <Badge tone="plain">{words.byItself}</Badge>}
    </>
  );
}
