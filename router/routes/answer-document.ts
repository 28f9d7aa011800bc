// A page of the docs as an answer: under the policy of every page, readable by no other site's.
import { PAGE_HEADERS } from '../look/policy.ts';

/** Of any context that a page has. */
interface Answering {
  readonly set: (name: 'isOwnPage', value: true) => void;
  readonly html: (html: string, status: 200, headers: Record<string, string>) => Response | Promise<Response>;
}

export function answerDocument(c: Answering, html: string, headers: Readonly<Record<string, string>>): Response {
  c.set('isOwnPage', true);
  return c.html(html, 200, { ...PAGE_HEADERS, ...headers }) as Response;
}
