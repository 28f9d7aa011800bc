// Pages of who calls.
import { Hono } from 'hono';
import type { ConsoleEnv } from '../visit.ts';
import { alertPages } from './alert-page.tsx';
import { creditPages } from './credit-page.tsx';
import { jobPages } from './job-page.tsx';
import { jobsPages } from './jobs-page.tsx';
import { keyPages } from './key-pages.tsx';
import { memberPages } from './member-pages.tsx';
import { usagePages } from './usage-page.tsx';

export const callerPages = new Hono<ConsoleEnv>();

for (const pages of [usagePages, keyPages, jobsPages, jobPages, creditPages, alertPages, memberPages])
  callerPages.route('/', pages);
