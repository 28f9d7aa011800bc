// Pages of router/console/self.
import { Hono } from 'hono';
import type { ConsoleEnv } from '../visit.ts';
import { passkeyForms } from './passkey-forms.ts';
import { youForms } from './you-forms.ts';
import { youPages } from './you-page.tsx';

export const selfPages = new Hono<ConsoleEnv>();

for (const pages of [youPages, youForms, passkeyForms]) selfPages.route('/', pages);
