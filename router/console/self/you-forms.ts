// What somebody changes of themselves: name, language, mail address, and where they are signed in.
import { Hono } from 'hono';
import * as z from 'zod';
import { shownText } from '../../auth/bodies.ts';
import { ApiError } from '../../errors.ts';
import { passMails } from '../../routes/counted-doors.ts';
import { makeOwnLink } from '../own-link.ts';
import { orAsk } from '../or-ask.ts';
import { readPersonForm } from '../page-form.ts';
import { dropSession, keepLocale, requireFresh, requirePerson } from '../visit.ts';
import type { ConsoleEnv } from '../visit.ts';
import { showYou, YOU } from './you-page.tsx';

export const youForms = new Hono<ConsoleEnv>();

const PROOF_MS = 3_600_000;
const TOO_OFTEN = 'Enough mail was asked for from here within the hour. Come back later.';
const nothing = z.object({});
const aboutForm = z.object({ name: shownText.max(100), locale: z.enum(['en', 'ja']) });
const mailForm = z.object({ email: z.string().trim().pipe(z.email().max(254)) });
const ASKING = { page: YOU, show: showYou };
const endForm = z.object({ id: z.string().regex(/^[0-9a-f]{64}$/) });

youForms.post(
  '/console/you',
  orAsk(ASKING, async (c) => {
    const change = await readPersonForm(c, aboutForm);
    const { person } = requirePerson(c);
    await c.get('services').people.change(person.id, change);
    keepLocale(c, change.locale);
    return c.redirect('/console/you?done=saved', 303);
  }),
);

/** The address becomes the person's when the link that goes there is opened, and not before. */
youForms.post(
  '/console/you/mail',
  orAsk(ASKING, async (c) => {
    const { email } = await readPersonForm(c, mailForm);
    const { person, membership } = await requireFresh(c, YOU);
    const { sendSignInLink, signInCodes } = c.get('services');
    if (!sendSignInLink) throw new ApiError('not_found', 'This network sends no mail.');
    await passMails(c, email, TOO_OFTEN);
    const now = Date.now();
    const of = { personId: person.id, memberId: membership?.memberId ?? null, email: email.toLowerCase() };
    const code = await signInCodes.mint({ ...of, lifeMs: PROOF_MS }, now);
    const url = makeOwnLink(c, code);
    const { locale } = c.get('visit');
    c.executionCtx.waitUntil(sendSignInLink({ to: email, url, expiresAt: now + PROOF_MS, locale }));
    return c.redirect('/console/you?done=mailed', 303);
  }),
);

youForms.post('/console/you/sessions/end', async (c) => {
  const { id } = await readPersonForm(c, endForm);
  const { person, session } = requirePerson(c);
  await c.get('services').sessions.end(person.id, id);
  if (id !== session.id) return c.redirect('/console/you?done=ended', 303);
  dropSession(c);
  return c.redirect('/', 303);
});

/** Links that wait to be opened end, too: who has one would be in again. */
youForms.post('/console/you/sessions/end-all', async (c) => {
  await readPersonForm(c, nothing);
  const { person } = await requireFresh(c, YOU);
  const { sessions, signInCodes } = c.get('services');
  await signInCodes.dropOf(person.id);
  await sessions.endAll(person.id);
  dropSession(c);
  return c.redirect('/', 303);
});
