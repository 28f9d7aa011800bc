// Signing in and out. A link's page takes nothing before its button is pressed: mail is opened by machines, too.
import { Hono } from 'hono';
import type { Context } from 'hono';
import * as z from 'zod';
import { ApiError } from '../../errors.ts';
import type { TakenCode } from '../../auth/sign-in-codes.ts';
import { Note } from '../../look/pieces.tsx';
import { signInPath } from '../../routes/session-desk.ts';
import { readOpenForm, readPersonForm } from '../page-form.ts';
import { showPage } from '../page-answer.tsx';
import { startSession } from '../session-start.ts';
import { dropSession, requirePerson } from '../visit.ts';
import type { ConsoleEnv } from '../visit.ts';
import { pickWayOn } from './pick-way-on.ts';
import { SIGN_IN_WORDS } from './sign-in-words.ts';
import { wayInPages } from './way-in-pages.tsx';

export const signInPages = new Hono<ConsoleEnv>();

const nothing = z.object({});
const codeForm = z.object({ to: z.string().max(2000).optional() });

// Before codes: these are none.
signInPages.route('/', wayInPages);

signInPages.get('/sign-in/:code', async (c) => {
  const words = SIGN_IN_WORDS[c.get('visit').locale];
  const code = await c.get('services').signInCodes.look(c.req.param('code'), Date.now());
  if (code && !mayTake(c, code)) return showUntaken(c, words.otherBrowser, 403);
  const told = code && (await tellCode(c, code));
  if (!told) return showUntaken(c, words.over, 404);
  const here = c.get('visit').signedIn?.person;
  const isOther = here !== undefined && code.personId !== null && here.id !== code.personId;
  const body = (
    <>
      <h1>{told.title}</h1>
      <p class="lead">{told.lead}</p>
      {isOther && <Note>{words.instead(here.name)}</Note>}
      <form method="post">
        <input type="hidden" name="to" value={pickWayOn(c.req.query('to'), '')} />
        <button>{told.go}</button>
      </form>
    </>
  );
  return showPage(c, { title: told.title, body });
});

interface ToldCode {
  readonly title: string;
  readonly lead: string;
  readonly go: string;
}

/**
 * What its button does, before anybody presses it: a link may have been planted, to make its reader look on as somebody else, or into an account of another's.
 * Null for one that leads to nobody any more.
 */
async function tellCode(c: Context<ConsoleEnv>, { personId, memberId, email }: TakenCode): Promise<ToldCode | null> {
  const { people, members, accounts } = c.get('services');
  const { locale, signedIn } = c.get('visit');
  const words = SIGN_IN_WORDS[locale];
  if (email !== null) return { title: words.proofTitle, lead: words.proofTold(email), go: words.proofGo };
  if (personId !== null) {
    const person = await people.find(personId);
    return person && { title: words.linkTitle, lead: words.linkTold(person.name), go: words.go };
  }
  const member = memberId === null ? null : await members.find(memberId);
  if (!member || member.removedAt !== null) return null;
  const account = (await accounts.find(member.accountId))?.name ?? '';
  const lead = signedIn ? words.joinTold(account, signedIn.person.name) : words.joinNew(account, member.name);
  return { title: words.joinTitle, lead, go: words.joinGo };
}

function showUntaken(c: Context<ConsoleEnv>, why: string, status: 403 | 404): Response | Promise<Response> {
  const words = SIGN_IN_WORDS[c.get('visit').locale];
  const body = (
    <>
      <h1>{words.title}</h1>
      <p role="alert">{why}</p>
      <p>
        <a href="/sign-in">{words.another}</a>
      </p>
    </>
  );
  return showPage(c, { title: words.title, body, status });
}

signInPages.post('/sign-in/:code', async (c) => {
  const { to } = await readOpenForm(c, codeForm);
  const { signInCodes, people } = c.get('services');
  const now = Date.now();
  const known = await signInCodes.look(c.req.param('code'), now);
  if (known && !mayTake(c, known)) return c.redirect(signInPath(c.req.param('code')), 303);
  const taken = await signInCodes.take(c.req.param('code'), now);
  if (!taken) return c.redirect(signInPath(c.req.param('code')), 303);
  const personId = taken.personId ?? (await acceptInvitation(c, taken.memberId, now));
  if (taken.email !== null) {
    if (!(await people.prove(personId, taken.email)))
      throw new ApiError('conflict', 'This mail address is somebody else’s here already.');
    // Those that went to the address before it end: whoever reads its mail is nobody here any more.
    await signInCodes.dropOf(personId);
  }
  const usual = await startSession(c, { personId, memberId: taken.memberId });
  return c.redirect(pickWayOn(to, usual), 303);
});

/** A link that proves a mail address is for who asked for it, in that browser: else one could have another's address, and be who its reader signs in as. */
function mayTake(c: Context<ConsoleEnv>, { email, personId }: TakenCode): boolean {
  return email === null || c.get('visit').signedIn?.person.id === personId;
}

/** Whoever is signed in becomes the member too; else somebody new does. Throws ApiError 409 where the member is somebody already, 404 where it is none any more. */
async function acceptInvitation(c: Context<ConsoleEnv>, memberId: string | null, now: number): Promise<string> {
  const { people, members } = c.get('services');
  const member = memberId === null ? null : await members.find(memberId);
  if (!member || member.removedAt !== null) throw new ApiError('not_found', 'This invitation is not good any more.');
  const signedIn = c.get('visit').signedIn?.person;
  const person = signedIn ?? (await people.create({ name: member.name, email: null, isOperator: false }, now));
  if (!(await people.join(person.id, member.id)))
    throw new ApiError('conflict', 'This invitation was taken by somebody else. Ask for another one.');
  return person.id;
}

signInPages.post('/sign-out', async (c) => {
  await readPersonForm(c, nothing);
  const { session, person } = requirePerson(c);
  await c.get('services').sessions.end(person.id, session.id);
  dropSession(c);
  return c.redirect('/', 303);
});

const chooseForm = z.object({ member: z.string().max(64) });

/** As which member pages are shown from now on: one of the person's own. */
signInPages.post('/console/choose', async (c) => {
  const { member } = await readPersonForm(c, chooseForm);
  const { session, memberships } = requirePerson(c);
  if (memberships.some(({ memberId }) => memberId === member))
    await c.get('services').sessions.choose(session.id, member);
  return c.redirect('/console', 303);
});
