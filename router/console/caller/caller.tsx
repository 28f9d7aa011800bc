// Pages of who calls.
import { Hono } from 'hono';
import type { ConsoleEnv } from '../visit.ts';
import { keyPages } from './key-pages.tsx';
import { memberPages } from './member-pages.tsx';
import { usagePages } from './usage-page.tsx';

export const callerPages = new Hono<ConsoleEnv>();

for (const pages of [usagePages, keyPages, memberPages]) callerPages.route('/', pages);
