// Pages of router/console/operator.
import { Hono } from 'hono';
import { showPage } from '../page-answer.tsx';
import { requireOperator } from '../visit.ts';
import type { ConsoleEnv } from '../visit.ts';

export const operatorPages = new Hono<ConsoleEnv>();

operatorPages.get('/console/operator/accounts', async (c) => {
  const { person } = requireOperator(c);
  return showPage(c, { title: 'Operator', body: <h1>{person.name}</h1> });
});
