// POST under /console/operator/accounts: what an operator does to accounts. Each act says what it did; what cannot be taken back is asked once more.
import { Hono } from 'hono';
import * as z from 'zod';
import { ROLES } from '../../../schema/key-rights.ts';
import type { AccountRow } from '../../auth/accounts.ts';
import { shownText } from '../../auth/bodies.ts';
import { ApiError } from '../../errors.ts';
import { formatCredits } from '../../look/format-money.ts';
import { formatCount } from '../../look/format-number.ts';
import { Note, Time } from '../../look/pieces.tsx';
import { disableAccount, setSponsor } from '../../routes/account-desk.ts';
import { ALL_AREAS } from '../../routes/area-calls.ts';
import { grantCredit } from '../../routes/credit-desk.ts';
import { revokeKey } from '../../routes/key-desk.ts';
import { findMember } from '../../routes/member-desk.ts';
import { linkBody, makeMemberLink, makeSignInLink } from '../../routes/session-desk.ts';
import type { SignInLink } from '../../routes/session-desk.ts';
import { showPage } from '../page-answer.tsx';
import { orAsk } from '../or-ask.ts';
import { eventField, makeOnce } from '../form-number.tsx';
import { readPageForm } from '../page-form.ts';
import { requireOperator } from '../visit.ts';
import type { ConsoleEnv } from '../visit.ts';
import type { Context } from 'hono';
import { ACCOUNTS, accountPath, findAccount, showAccount, showAccounts } from './accounts-pages.tsx';
import { CREDIT_FIELDS, CREDIT_SHAPE, readCredit } from '../credit-form.tsx';
import { orNull } from '../or-null.ts';
import { AskOnce, didPath, Named } from './pieces.tsx';
import { ACCOUNT_WORDS } from './words-accounts.ts';
import { OPERATOR_WORDS } from './words-operator.ts';

const DAY_S = 86_400;
/** Micro-credits of one grant that are asked about once more. */
const ASKED_AGAIN = 1_000_000_000;
/** What is counted before an account is disabled. */
const COUNTED = 1000;

export const accountActs = new Hono<ConsoleEnv>();

/** The page of the account whose form it is. */
const ON_ACCOUNT = {
  page: (c: Context<ConsoleEnv>) => accountPath(c.req.param('id') ?? ''),
  show: showAccount,
  fields: CREDIT_FIELDS,
};

const nothing = z.object({});
const nameForm = z.object({ name: shownText, event: eventField });

accountActs.post(
  ACCOUNTS,
  orAsk({ page: ACCOUNTS, show: showAccounts }, async (c) => {
    requireOperator(c);
    const { name, event } = await readPageForm(c, nameForm);
    const account = await makeOnce(c, event, () => c.get('services').accounts.create(name, Date.now()));
    return c.redirect(account ? didPath(accountPath(account.id), 'created') : didPath(ACCOUNTS, 'created-before'), 303);
  }),
);

const grantForm = z.object({
  ...CREDIT_SHAPE,
  /** Where it was asked once more. */
  sure: z.enum(['', 'yes']).default(''),
});

accountActs.post(
  `${ACCOUNTS}/:id/credit`,
  orAsk(ON_ACCOUNT, async (c) => {
    requireOperator(c);
    const form = await readPageForm(c, grantForm);
    const account = await findAccount(c);
    const input = readCredit(form, { mustEnd: false });
    if (input.amount_micro > ASKED_AGAIN && form.sure === '')
      return askGrant(c, account, { form, micro: input.amount_micro });
    const { status } = await grantCredit(c.get('services'), account.id, { input, repeat: null });
    return c.redirect(didPath(accountPath(account.id), status === 200 ? 'again' : 'granted'), 303);
  }),
);

/** A nought too many is seen before it is spent. */
function askGrant(
  c: Context<ConsoleEnv>,
  account: AccountRow,
  { form, micro }: { readonly form: z.output<typeof grantForm>; readonly micro: number },
) {
  const { csrf } = requireOperator(c);
  const { locale } = c.get('visit');
  const words = ACCOUNT_WORDS[locale];
  const what = (
    <>
      <p>
        <Named>{account.name}</Named> <code>{account.id}</code>
      </p>
      <p>{words.bigGrantTold(formatCredits(micro, locale))}</p>
    </>
  );
  const back = accountPath(account.id);
  const body = (
    <AskOnce title={words.bigGrant} act={words.grantGo} {...{ what, csrf, back, locale }}>
      {Object.entries({ ...form, sure: 'yes' }).map(([name, value]) => (
        <input type="hidden" name={name} value={value} />
      ))}
    </AskOnce>
  );
  return showPage(c, { title: words.bigGrant, body });
}

const sponsorForm = z.object({ is_sponsor: z.enum(['yes', 'no']) });

accountActs.post(
  `${ACCOUNTS}/:id/sponsor`,
  orAsk(ON_ACCOUNT, async (c) => {
    requireOperator(c);
    const { is_sponsor: said } = await readPageForm(c, sponsorForm);
    const account = await findAccount(c);
    await setSponsor(c.get('services'), account.id, said === 'yes');
    return c.redirect(didPath(accountPath(account.id), said === 'yes' ? 'sponsor' : 'no-sponsor'), 303);
  }),
);

const memberForm = z.object({ name: shownText.max(100), role: z.enum(ROLES) });

accountActs.post(
  `${ACCOUNTS}/:id/links`,
  orAsk(ON_ACCOUNT, async (c) => {
    requireOperator(c);
    const { name, role } = await readPageForm(c, memberForm);
    const account = await findAccount(c);
    const said = linkBody.parse({ name, role, account_id: account.id, life_s: DAY_S });
    return showLink(c, { name, accountId: account.id, link: await makeSignInLink(c.get('services'), said) });
  }),
);

accountActs.post(`${ACCOUNTS}/:id/members/:member/link`, async (c) => {
  requireOperator(c);
  await readPageForm(c, nothing);
  const services = c.get('services');
  const account = await findAccount(c);
  const asked = { accountId: account.id, memberId: c.req.param('member'), param: 'member' };
  const member = await findMember(services, asked);
  const link = await makeMemberLink(services, member, DAY_S * 1000);
  return showLink(c, { name: member.name, accountId: account.id, link });
});

/** Not by a redirect: it is told this once. */
function showLink(
  c: Context<ConsoleEnv>,
  { name, accountId, link }: { readonly name: string; readonly accountId: string; readonly link: SignInLink },
) {
  const { locale } = c.get('visit');
  const words = ACCOUNT_WORDS[locale];
  const body = (
    <>
      <h1>{words.linkTitle}</h1>
      <section class="sheet">
        <p>
          {words.linkTold(name)} <Time at={link.expiresAt} locale={locale} /> UTC
        </p>
        <pre tabindex={0}>{new URL(link.path, c.req.url).href}</pre>
        <p>{words.linkWhole}</p>
        <p>
          <a href={accountPath(accountId)}>{OPERATOR_WORDS[locale].back}</a>
        </p>
      </section>
    </>
  );
  return showPage(c, { title: words.linkTitle, body });
}

accountActs.get(`${ACCOUNTS}/:id/disable`, async (c) => {
  const { csrf, memberships } = requireOperator(c);
  const { locale } = c.get('visit');
  const words = ACCOUNT_WORDS[locale];
  const services = c.get('services');
  const account = await findAccount(c);
  const counts = await Promise.all([
    orNull(services.keys.list(account.id, { after: '', limit: COUNTED })),
    orNull(services.members.list(account.id)),
    orNull(services.nodes.listOwned(account.id, '', COUNTED)),
  ]);
  const [keys = '?', members = '?', homes = '?'] = counts.map((rows) =>
    rows === null ? '?' : `${formatCount(rows.length, locale)}${rows.length === COUNTED ? '+' : ''}`,
  );
  const what = (
    <>
      <p>
        <strong>
          <Named>{account.name}</Named>
        </strong>{' '}
        <code>{account.id}</code>
      </p>
      <p>{words.disableTold}</p>
      {memberships.some(({ accountId }) => accountId === account.id) && <Note tone="bad">{words.ownAccount}</Note>}
      <p>{account.disabledAt === null ? words.disableCounts(keys, members, homes) : words.isDisabled}</p>
    </>
  );
  const back = accountPath(account.id);
  const body = <AskOnce title={words.disable} act={words.disableNow} {...{ what, csrf, back, locale }} />;
  return showPage(c, { title: words.disable, body });
});

accountActs.post(`${ACCOUNTS}/:id/disable`, async (c) => {
  requireOperator(c);
  await readPageForm(c, nothing);
  const account = await findAccount(c);
  await disableAccount(c.get('services'), account.id, ALL_AREAS.tellNode);
  return c.redirect(didPath(accountPath(account.id), 'disabled'), 303);
});

accountActs.get(`${ACCOUNTS}/:id/keys/:key/revoke`, async (c) => {
  const { csrf } = requireOperator(c);
  const { locale } = c.get('visit');
  const words = ACCOUNT_WORDS[locale];
  const { account, key } = await findKey(c);
  const what = (
    <>
      <p>
        <code>{key.id}</code> <Named>{account.name}</Named>
      </p>
      <p>{key.revokedAt === null ? words.revokeTold : words.isRevoked}</p>
    </>
  );
  const title = words.revokeTitle(key.name);
  const back = accountPath(account.id);
  return showPage(c, { title, body: <AskOnce act={words.revoke} {...{ title, what, csrf, back, locale }} /> });
});

accountActs.post(`${ACCOUNTS}/:id/keys/:key/revoke`, async (c) => {
  requireOperator(c);
  await readPageForm(c, nothing);
  const { account, key } = await findKey(c);
  await revokeKey(c.get('services'), key.id);
  return c.redirect(didPath(accountPath(account.id), 'revoked'), 303);
});

/** Throws ApiError 404. */
async function findKey(c: Context<ConsoleEnv>) {
  const account = await findAccount(c);
  const key = await c.get('services').keys.find(c.req.param('key') ?? '');
  if (key?.accountId !== account.id) throw new ApiError('not_found', 'There is no such key.');
  return { account, key };
}
