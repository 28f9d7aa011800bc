// Pages of router/console/self.
import { Hono } from 'hono';
import { showPage } from '../page-answer.tsx';
import { requirePerson } from '../visit.ts';
import type { ConsoleEnv } from '../visit.ts';

export const selfPages = new Hono<ConsoleEnv>();

selfPages.get('/console/you', async (c) => {
  const { person } = requirePerson(c);
  return showPage(c, { title: 'Self', body: <h1>{person.name}</h1> });
});
