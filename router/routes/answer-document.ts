// A page of the docs as an answer: under the policy of every page, readable by no other site's.
import type { Context } from 'hono';
import { PAGE_HEADERS } from '../look/policy.ts';
import type { AppEnv } from './app-env.ts';

export function answerDocument(c: Context<AppEnv>, html: string, headers: Readonly<Record<string, string>>): Response {
  c.set('isOwnPage', true);
  return c.html(html, 200, { ...PAGE_HEADERS, ...headers }) as Response;
}
