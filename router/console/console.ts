// All pages that people look at, and what they load: who looks is read once, and whatever goes wrong is told as a page.
import { Hono } from 'hono';
import type { Context } from 'hono';
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
import { NO_PAGE, readVisit } from './visit.ts';
import type { ConsoleEnv } from './visit.ts';

const OF_PROGRAMS = /^\/+(?:v1|node|admin|assets|stripe)(?:\/|$)/i;
const ROOMS = [frontPages, playgroundPages, signInPages, callerPages, ownerPages, operatorPages, selfPages];

/** For a person whose path is none: programs are told the paths that there are. Null for those. */
export async function showNoPage(c: Context<AppEnv>): Promise<Response | null> {
  const { method, path } = c.req;
  const isForPeople =
    (method === 'GET' || method === 'HEAD') && !OF_PROGRAMS.test(path) && c.req.header('accept')?.includes('text/html');
  if (!isForPeople) return null;
  const page = c as unknown as Context<ConsoleEnv>;
  await readVisit(page, () => Promise.resolve());
  return answerFault(new ApiError('not_found', NO_PAGE), page);
}

export function makeConsole(): Hono<AppEnv> {
  const pages = new Hono<ConsoleEnv>();
  for (const path of ['/', '/playground', '/language', '/sign-in/*', '/sign-out', '/console/*'])
    pages.use(path, readVisit);
  for (const room of ROOMS) pages.route('/', room);
  pages.all('/console/*', () => {
    throw new ApiError('not_found', NO_PAGE);
  });
  pages.onError(answerFault);
  const whole = new Hono<AppEnv>();
  whole.route('/', assets);
  whole.route('/', makeSessionApi());
  whole.route('/', pages as unknown as Hono<AppEnv>);
  return whole;
}
