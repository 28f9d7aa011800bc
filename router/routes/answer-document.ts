// A page of the docs as an answer: under the policy of every page, readable by no other site's.
import { PAGE_HEADERS } from '../look/policy.ts';

/** What it needs of a request, the API's or the console's. */
interface Answerer {
  set(key: 'isOwnPage', value: boolean): void;
  html(html: string, status: 200, headers: Record<string, string>): Response | Promise<Response>;
}

export function answerDocument(
  c: Answerer,
  html: string,
  headers: Readonly<Record<string, string>>,
): Response | Promise<Response> {
  c.set('isOwnPage', true);
  return c.html(html, 200, { ...PAGE_HEADERS, ...headers });
}
