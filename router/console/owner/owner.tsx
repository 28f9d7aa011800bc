// Pages of router/console/owner.
import { Hono } from 'hono';
import type { ConsoleEnv } from '../visit.ts';
import { codesPages } from './codes-page.tsx';
import { earningsPages } from './earnings-page.tsx';
import { linkPages } from './link-page.tsx';
import { machinePages } from './machine-page.tsx';
import { machinesPages } from './machines-page.tsx';
import { poolsPages } from './pools-page.tsx';
import { proposalsPages } from './proposals-page.tsx';
import { quietPages } from './quiet-page.tsx';

export const ownerPages = new Hono<ConsoleEnv>();

const ROOMS = [
  machinesPages,
  machinePages,
  quietPages,
  earningsPages,
  codesPages,
  linkPages,
  poolsPages,
  proposalsPages,
];
for (const pages of ROOMS) ownerPages.route('/', pages);
