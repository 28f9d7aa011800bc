// Pages of router/console/owner.
import { Hono } from 'hono';
import type { ConsoleEnv } from '../visit.ts';
import { machinePages } from './machine-page.tsx';
import { machinesPages } from './machines-page.tsx';
import { quietPages } from './quiet-page.tsx';

export const ownerPages = new Hono<ConsoleEnv>();

for (const pages of [machinesPages, machinePages, quietPages]) ownerPages.route('/', pages);
