// Pages of router/console/owner.
import { Hono } from 'hono';
import { showPage } from '../page-answer.tsx';
import { requireMember } from '../visit.ts';
import type { ConsoleEnv } from '../visit.ts';

export const ownerPages = new Hono<ConsoleEnv>();

ownerPages.get('/console/machines', async (c) => {
  const { person } = await requireMember(c);
  return showPage(c, { title: 'Owner', body: <h1>{person.name}</h1> });
});
