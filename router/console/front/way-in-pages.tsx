// The ways in: a passkey, a link by mail, an account of one's own. What is answered to a mail address is the same whether it is anybody's.
import { Hono } from 'hono';
import type { Context } from 'hono';
import * as z from 'zod';
import { parseJson } from '../../../schema/json.ts';
import { shownText } from '../../auth/bodies.ts';
import { findPasskeyPlace, makeSignInOptions } from '../../auth/make-passkey-options.ts';
import { ApiError } from '../../errors.ts';
import { SentForm, TextField } from '../../look/form.tsx';
import { Note, Sheet } from '../../look/pieces.tsx';
import { passDoor, passMails, PASSKEYS_ASKED } from '../../routes/counted-doors.ts';
import { passSignUp } from '../../routes/signup.ts';
import { makeOwnLink } from '../own-link.ts';
import { orAsk } from '../or-ask.ts';
import { readOpenForm } from '../page-form.ts';
import { showPage } from '../page-answer.tsx';
import { startSession } from '../session-start.ts';
import type { ConsoleEnv } from '../visit.ts';
import { pickWayOn } from './pick-way-on.ts';
import { SIGN_IN_WORDS } from './sign-in-words.ts';
import type { SignInWords } from './sign-in-words.ts';

export const wayInPages = new Hono<ConsoleEnv>();

const LINK_MS = 900_000;
const TOO_OFTEN = 'Enough was asked for from here within the hour. Come back later.';
const to = z.string().max(2000).optional();
const nothing = z.object({});
const passkeyForm = z.object({ to, response: z.string().min(2).max(32_000) });
const mailForm = z.object({ to, email: z.string().trim().pipe(z.email().max(254)) });
const newForm = z.object({ name: shownText, account: shownText });

function showSignIn(c: Context<ConsoleEnv>): Response | Promise<Response> {
  const words = SIGN_IN_WORDS[c.get('visit').locale];
  const { passkeys, sendSignInLink, isSignupOpen } = c.get('services');
  // Empty: wherever the person begins.
  const wayOn = pickWayOn(c.req.query('to') ?? [c.get('typed')?.['to'] ?? ''].flat()[0], '');
  const fault = words.faults[c.req.query('fault') ?? ''];
  const hasPasskeys = passkeys !== null && findPasskeyPlace(c.req.url) !== null;
  const body = (
    <>
      <h1>{words.title}</h1>
      <p class="lead">{words.how}</p>
      {c.req.query('why') === 'again' && c.get('visit').signedIn !== null && <Note>{words.again}</Note>}
      {c.req.query('sent') === 'yes' && <Note tone="good">{words.sent}</Note>}
      {fault !== undefined && <Note tone="bad">{fault}</Note>}
      {hasPasskeys && <PasskeyWay words={words} wayOn={wayOn} />}
      {passkeys !== null && !hasPasskeys && <Note>{words.needsName}</Note>}
      {sendSignInLink && <MailWay words={words} wayOn={wayOn} />}
      <Sheet title={words.byLink}>
        <p>{words.byLinkTold}</p>
      </Sheet>
      {isSignupOpen && (
        <Sheet title={words.fresh}>
          <p>
            <a href="/sign-in/new">{words.freshLink}</a>
          </p>
        </Sheet>
      )}
    </>
  );
  return showPage(c, { title: words.title, body, islands: hasPasskeys ? ['passkey'] : [] });
}

wayInPages.get('/sign-in', showSignIn);

function PasskeyWay({ words, wayOn }: { words: SignInWords; wayOn: string }) {
  return (
    <Sheet title={words.byPasskey}>
      <p>{words.byPasskeyTold}</p>
      <form method="post" action="/sign-in/passkey" class="fields" data-passkey="get" data-ask="/sign-in/passkey/ask">
        <input type="hidden" name="to" value={wayOn} />
        <input type="hidden" name="response" value="" />
        <button hidden>{words.passkeyGo}</button>
        <p class="soft" data-without>
          {words.passkeyNone}
        </p>
        <p role="alert" data-fault={words.faults['refused']} data-not-now={words.notNow} hidden></p>
      </form>
    </Sheet>
  );
}

function MailWay({ words, wayOn }: { words: SignInWords; wayOn: string }) {
  return (
    <Sheet title={words.byMail}>
      <SentForm action="/sign-in/mail">
        <input type="hidden" name="to" value={wayOn} />
        <TextField
          name="email"
          type="email"
          label={words.email}
          help={words.byMailTold}
          isRequired
          attributes={{ autocomplete: 'email', maxlength: '254' }}
        />
        <button>{words.mailGo}</button>
      </SentForm>
    </Sheet>
  );
}

wayInPages.post(
  '/sign-in/mail',
  orAsk({ page: '/sign-in', show: showSignIn }, async (c) => {
    const { email, to: wayOn } = await readOpenForm(c, mailForm);
    if (!c.get('services').sendSignInLink) throw new ApiError('not_found', 'This network sends no mail.');
    await passMails(c, email, TOO_OFTEN);
    // After the answer: how long it takes would tell whether anybody has that address.
    const way = pickWayOn(wayOn, '');
    c.executionCtx.waitUntil(mailLink(c, email, way));
    return c.redirect(`/sign-in?sent=yes&to=${encodeURIComponent(way)}`, 303);
  }),
);

async function mailLink(c: Context<ConsoleEnv>, email: string, wayOn: string): Promise<void> {
  const { people, signInCodes, sendSignInLink } = c.get('services');
  const person = await people.findByEmail(email);
  if (!person) return;
  const now = Date.now();
  const code = await signInCodes.mint({ personId: person.id, memberId: null, lifeMs: LINK_MS }, now);
  const on = wayOn === '' ? '' : `?to=${encodeURIComponent(wayOn)}`;
  const url = makeOwnLink(c, code) + on;
  const locale = person.locale ?? c.get('visit').locale;
  await sendSignInLink?.({ to: person.email ?? email, url, expiresAt: now + LINK_MS, locale });
}

wayInPages.post('/sign-in/passkey/ask', async (c) => {
  await readOpenForm(c, nothing);
  const { passkeys } = c.get('services');
  const place = findPasskeyPlace(c.req.url);
  if (!passkeys || !place) throw new ApiError('not_found', 'There are no passkeys here.');
  await passDoor(c, PASSKEYS_ASKED, TOO_OFTEN);
  const challenge = await passkeys.challenge(null, Date.now());
  return c.json(makeSignInOptions({ rpId: place.rpId, challenge }), 200, { 'cache-control': 'no-store' });
});

wayInPages.post('/sign-in/passkey', async (c) => {
  const { response, to: wayOn } = await readOpenForm(c, passkeyForm);
  const { passkeys } = c.get('services');
  const place = findPasskeyPlace(c.req.url);
  if (!passkeys || !place) throw new ApiError('not_found', 'There are no passkeys here.');
  const found = await passkeys.signIn({ response: parseJson(response), ...place }, Date.now());
  if (typeof found === 'string') return c.redirect(`/sign-in?fault=${found}`, 303);
  const usual = await startSession(c, { personId: found.personId, memberId: null });
  return c.redirect(pickWayOn(wayOn, usual), 303);
});

function showNew(c: Context<ConsoleEnv>): Response | Promise<Response> {
  if (!c.get('services').isSignupOpen) throw new ApiError('not_found', 'This network makes no accounts by itself.');
  const words = SIGN_IN_WORDS[c.get('visit').locale];
  const body = (
    <>
      <h1>{words.fresh}</h1>
      <p class="lead">{words.freshTold}</p>
      <SentForm>
        <TextField
          name="name"
          label={words.yourName}
          isRequired
          attributes={{ autocomplete: 'name', maxlength: '200' }}
        />
        <TextField name="account" label={words.account} help={words.accountTold} isRequired />
        <button>{words.freshGo}</button>
      </SentForm>
    </>
  );
  return showPage(c, { title: words.fresh, body });
}

wayInPages.get('/sign-in/new', showNew);

/** An account, its owner, and the person who that is: signed in, since nobody else could know of it. */
wayInPages.post(
  '/sign-in/new',
  orAsk({ page: '/sign-in/new', show: showNew }, async (c) => {
    const { name, account: accountName } = await readOpenForm(c, newForm);
    const { accounts, members, people } = c.get('services');
    const family = await passSignUp(c);
    const now = Date.now();
    const account = await accounts.create(accountName, now, family);
    const made = await members.create({ accountId: account.id, name, email: null, role: 'owner' }, now);
    if (!made.ok) throw new ApiError('conflict', 'The account could not be made. Try again.');
    // Whoever is signed in already has one account more.
    const person =
      c.get('visit').signedIn?.person ?? (await people.create({ name, email: null, isOperator: false }, now));
    await people.join(person.id, made.value.id);
    await startSession(c, { personId: person.id, memberId: made.value.id });
    return c.redirect('/console/you', 303);
  }),
);
