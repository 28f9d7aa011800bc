// Pages for everybody: the network in one screen, and the playground.
import { Hono } from 'hono';
import * as z from 'zod';
import { readOpenForm } from '../page-form.ts';
import { keepLocale } from '../visit.ts';
import type { ConsoleEnv } from '../visit.ts';
import { showHome } from './home-page.tsx';
import { pickWayOn } from './pick-way-on.ts';

export const frontPages = new Hono<ConsoleEnv>();

/** Programs are told of the API there (routes/docs.ts). */
frontPages.get('/', async (c, next) => {
  if (!c.req.header('accept')?.includes('text/html')) return next();
  return showHome(c);
});

const languageForm = z.object({ locale: z.enum(['en', 'ja']), to: z.string().max(2000).default('/') });

frontPages.post('/language', async (c) => {
  const { locale, to } = await readOpenForm(c, languageForm);
  const { signedIn } = c.get('visit');
  if (signedIn) await c.get('services').people.change(signedIn.person.id, { locale });
  keepLocale(c, locale);
  return c.redirect(pickWayOn(to, '/'), 303);
});
