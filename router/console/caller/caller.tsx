// Pages of router/console/caller.
import { Hono } from 'hono';
import { showPage } from '../page-answer.tsx';
import { requireMember } from '../visit.ts';
import type { ConsoleEnv } from '../visit.ts';

export const callerPages = new Hono<ConsoleEnv>();

callerPages.get('/console', async (c) => {
  const { person } = await requireMember(c);
  return showPage(c, { title: 'Caller', body: <h1>{person.name}</h1> });
});
