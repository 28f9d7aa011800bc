// Members: who shares the account, with which role; adding one by a link, changing a role, removing one. The desk that the API works with decides.
import { Hono } from 'hono';
import type { Context } from 'hono';
import * as z from 'zod';
import { ROLES } from '../../../schema/key-rights.ts';
import { newMemberBody } from '../../auth/bodies.ts';
import type { MemberRow } from '../../auth/members.ts';
import { ActForm, SelectField, TextField } from '../../look/form.tsx';
import { Note, Sheet, Time } from '../../look/pieces.tsx';
import { Table } from '../../look/table.tsx';
import type { Locale } from '../../look/words.ts';
import { addMember, changeMember, findMember, removeMember } from '../../routes/member-desk.ts';
import { inviteMember } from '../../routes/session-desk.ts';
import { orAsk } from '../or-ask.ts';
import { EventField, eventField, makeOnce } from '../form-number.tsx';
import { readPageForm } from '../page-form.ts';
import { showPage } from '../page-answer.tsx';
import { requireMember } from '../visit.ts';
import type { ConsoleEnv, SignedInMember } from '../visit.ts';
import { mailInvitation } from './mail-invitation.ts';
import { MEMBER_WORDS } from './member-words.ts';
import type { MemberWords } from './member-words.ts';

export const memberPages = new Hono<ConsoleEnv>();

const emptyAsNull = (value: unknown): unknown => (value === '' ? null : value);
const addForm = z.object({
  event: eventField,
  name: newMemberBody.shape.name,
  email: z.preprocess(emptyAsNull, newMemberBody.shape.email),
  role: newMemberBody.shape.role,
});
type Invitation = { readonly name: string } & ({ readonly link: string } | { readonly mailedTo: string });
const roleForm = z.object({ role: z.enum(ROLES) });
const nothing = z.object({});

const MEMBERS = '/console/members';
const show = async (c: Context<ConsoleEnv>): Promise<Response> =>
  showMembers(c, await requireMember(c, 'members'), null);

memberPages.get(MEMBERS, show);

memberPages.post(
  MEMBERS,
  orAsk({ page: MEMBERS, show }, async (c) => {
    const signedIn = await requireMember(c, 'members');
    const { event, ...said } = await readPageForm(c, addForm);
    const add = (): Promise<MemberRow> => addMember(c.get('services'), signedIn.caller.accountId, said);
    const member = await makeOnce(c, event, add);
    if (!member) return c.redirect(`${MEMBERS}?done=before`, 303);
    return showMembers(c, signedIn, await invite(c, signedIn, member));
  }),
);

/** Another link for one who has not signed in: a link that was handed over before stays good for its time, and for the first. */
memberPages.post('/console/members/:id/invite', async (c) => {
  const signedIn = await requireMember(c, 'members');
  await readPageForm(c, nothing);
  const member = await findOwn(c, signedIn);
  const { path } = await inviteMember(c.get('services'), signedIn.caller, member);
  // The language of this page is changed where it stands.
  c.set('visit', { ...c.get('visit'), path: MEMBERS });
  return showMembers(c, signedIn, { name: member.name, link: new URL(path, c.req.url).href });
});

memberPages.post(
  '/console/members/:id',
  orAsk({ page: MEMBERS, show }, async (c) => {
    const signedIn = await requireMember(c, 'members');
    const { role } = await readPageForm(c, roleForm);
    await changeMember(c.get('services'), await findOwn(c, signedIn), { role });
    return c.redirect('/console/members?done=changed', 303);
  }),
);

memberPages.get('/console/members/:id/remove', async (c) => {
  const signedIn = await requireMember(c, 'members');
  const words = MEMBER_WORDS[c.get('visit').locale];
  const title = words.removeTitle((await findOwn(c, signedIn)).name);
  const body = (
    <>
      <h1>{title}</h1>
      <p>{words.removeTold}</p>
      <ActForm csrf={signedIn.csrf} isInline>
        <button class="bad">{words.remove}</button>
        <a href="/console/members">{words.back}</a>
      </ActForm>
    </>
  );
  return showPage(c, { title, body });
});

memberPages.post('/console/members/:id/remove', async (c) => {
  const signedIn = await requireMember(c, 'members');
  await readPageForm(c, nothing);
  await removeMember(c.get('services'), await findOwn(c, signedIn));
  return c.redirect('/console/members?done=removed', 303);
});

/** By mail to whom an address was written for, where that is taken; else the link is shown. */
async function invite(
  c: Context<ConsoleEnv>,
  { caller, membership }: SignedInMember,
  member: MemberRow,
): Promise<Invitation> {
  const { name, email: to } = member;
  const { code, path, expiresAt } = await inviteMember(c.get('services'), caller, member);
  const isMailed = to !== null && (await mailInvitation(c, { to, code, expiresAt, account: membership.accountName }));
  return isMailed ? { name, mailedTo: to } : { name, link: new URL(path, c.req.url).href };
}

function findOwn(c: Context<ConsoleEnv>, { caller }: SignedInMember): Promise<MemberRow> {
  const asked = { accountId: caller.accountId, memberId: c.req.param('id') ?? '', param: 'id' };
  return findMember(c.get('services'), asked);
}

async function showMembers(
  c: Context<ConsoleEnv>,
  { caller, csrf }: SignedInMember,
  invited: Invitation | null,
): Promise<Response> {
  const { locale } = c.get('visit');
  const words = MEMBER_WORDS[locale];
  const { members, people, sendSignInLink } = c.get('services');
  const listed = await members.list(caller.accountId);
  const joined = await people.listJoined(caller.accountId);
  const done = c.req.query('done');
  const body = (
    <>
      <h1>{words.title}</h1>
      <p class="lead">{words.lead}</p>
      {invited && <Invited words={words} invited={invited} />}
      {(done === 'changed' || done === 'removed' || done === 'before') && <Note tone="good">{words[done]}</Note>}
      <Sheet title={words.table}>
        <Table
          caption={words.table}
          rows={listed}
          empty={words.none}
          columns={[
            { head: words.name, cell: (member) => <Who member={member} words={words} locale={locale} /> },
            { head: words.role, cell: (member) => <RoleForm words={words} member={member} csrf={csrf} /> },
            {
              head: '',
              cell: (member) => <Acts words={words} member={member} csrf={csrf} hasJoined={joined.has(member.id)} />,
            },
          ]}
        />
      </Sheet>
      <Sheet title={words.add}>
        <p>{sendSignInLink === null ? words.addTold : words.addMailed}</p>
        <ActForm csrf={csrf} action={MEMBERS}>
          <EventField c={c} />
          <TextField name="name" label={words.name} isRequired />
          <TextField name="email" label={words.emailOr} type="email" />
          <SelectField name="role" label={words.role} value="member" choices={listRoles(words)} />
          <button>{words.addDo}</button>
        </ActForm>
      </Sheet>
    </>
  );
  return showPage(c, { title: words.title, body, islands: ['copy'] });
}

function listRoles(words: MemberWords): { readonly value: string; readonly label: string }[] {
  return ROLES.map((role) => ({ value: role, label: words.roles[role] ?? role }));
}

function Invited({ words, invited }: { words: MemberWords; invited: Invitation }) {
  if ('mailedTo' in invited) return <Note tone="good">{words.mailed(invited.name, invited.mailedTo)}</Note>;
  return (
    <Note tone="good">
      <p>{words.invited(invited.name)}</p>
      <pre tabindex={0} id="invitation">
        {invited.link}
      </pre>
      <button class="quiet" type="button" data-copy="invitation" hidden>
        {words.copy}
      </button>
    </Note>
  );
}

/** In one cell: on a phone the role and what may be done stand beside it. */
function Who({ member, words, locale }: { member: MemberRow; words: MemberWords; locale: Locale }) {
  const { name, email, createdAt } = member;
  return (
    <>
      <bdi translate="no">{name}</bdi>
      {email !== null && (
        <>
          <br />
          <small class="soft">
            <bdi translate="no">{email}</bdi>
          </small>
        </>
      )}
      <br />
      <small class="soft">
        {words.since} <Time at={createdAt} locale={locale} />
      </small>
    </>
  );
}

function RoleForm({ words, member, csrf }: { words: MemberWords; member: MemberRow; csrf: string }) {
  return (
    <ActForm csrf={csrf} action={`/console/members/${member.id}`} isInline>
      <select name="role" aria-label={`${words.role}: ${member.name}`}>
        {ROLES.map((role) => (
          <option value={role} selected={role === member.role}>
            {words.short[role] ?? role}
          </option>
        ))}
      </select>
      <button class="quiet">{words.save}</button>
    </ActForm>
  );
}

function Acts(props: { words: MemberWords; member: MemberRow; csrf: string; hasJoined: boolean }) {
  const { words, member, csrf, hasJoined } = props;
  return (
    <span class="inline">
      {!hasJoined && (
        <ActForm csrf={csrf} action={`/console/members/${member.id}/invite`} isInline>
          <span class="soft">{words.notOpened}</span>
          <button class="quiet" aria-label={`${words.again}: ${member.name}`}>
            {words.again}
          </button>
        </ActForm>
      )}
      <a href={`/console/members/${member.id}/remove`} aria-label={`${words.remove}: ${member.name}`}>
        {words.remove}
      </a>
    </span>
  );
}
