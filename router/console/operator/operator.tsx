// Pages of whoever runs the network. Who is no operator is told that there is no such page.
import { Hono } from 'hono';
import { requireOperator } from '../visit.ts';
import type { ConsoleEnv } from '../visit.ts';
import { accountActs } from './account-acts.tsx';
import { ACCOUNTS, accountPages } from './accounts-pages.tsx';
import { cataloguePages } from './catalogue-pages.tsx';
import { epochPages } from './epoch-pages.tsx';
import { ledgerPages } from './ledger-pages.tsx';
import { healthPages } from './health-page.tsx';
import { hubPages } from './hubs-page.tsx';
import { oneJobPages } from './job-page.tsx';
import { oddJobPages } from './jobs-page.tsx';
import { nodePages } from './nodes-pages.tsx';

export const operatorPages = new Hono<ConsoleEnv>();

operatorPages.get('/console/operator', (c) => {
  requireOperator(c);
  return c.redirect(ACCOUNTS, 303);
});
for (const pages of [
  accountPages,
  accountActs,
  nodePages,
  cataloguePages,
  ledgerPages,
  epochPages,
  hubPages,
  healthPages,
  oddJobPages,
  oneJobPages,
])
  operatorPages.route('/', pages);
