// All pages that people look at, and what they load: who looks is read once, and whatever goes wrong is told as a page.
import { Hono } from 'hono';
import { ApiError } from '../errors.ts';
import type { AppEnv } from '../routes/app-env.ts';
import { assets } from './assets.ts';
import { callerPages } from './caller/caller.tsx';
import { answerFault } from './fault-page.tsx';
import { frontPages } from './front/front.tsx';
import { playgroundPages } from './front/playground-page.tsx';
import { signInPages } from './front/session-pages.tsx';
import { operatorPages } from './operator/operator.tsx';
import { ownerPages } from './owner/owner.tsx';
import { makeSessionApi } from './session-api.ts';
import { selfPages } from './self/self.tsx';
import { readVisit } from './visit.ts';
import type { ConsoleEnv } from './visit.ts';

const ROOMS = [frontPages, playgroundPages, signInPages, callerPages, ownerPages, operatorPages, selfPages];

export function makeConsole(): Hono<AppEnv> {
  const pages = new Hono<ConsoleEnv>();
  for (const path of ['/', '/playground', '/language', '/sign-in/*', '/sign-out', '/console/*'])
    pages.use(path, readVisit);
  for (const room of ROOMS) pages.route('/', room);
  pages.all('/console/*', () => {
    throw new ApiError('not_found', 'There is no such page.');
  });
  pages.onError(answerFault);
  const whole = new Hono<AppEnv>();
  whole.route('/', assets);
  whole.route('/', makeSessionApi());
  whole.route('/', pages as unknown as Hono<AppEnv>);
  return whole;
}
