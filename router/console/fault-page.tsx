// What a page tells that could not be shown, or a form that was not carried out: in words, with the way on.
import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { ApiError } from '../errors.ts';
import { makeLog } from '../log.ts';
import { isStoreAway } from '../routes/is-store-away.ts';
import { FAULT_WORDS } from './fault-words.ts';
import { showPage } from './page-answer.tsx';
import { SignInFirst } from './sign-in-first.ts';
import { tellRefusal } from './tell-refusal.ts';
import { NO_PAGE } from './visit.ts';
import type { ConsoleEnv } from './visit.ts';

const log = makeLog('edge');

export function answerFault(error: Error, c: Context<ConsoleEnv>): Response | Promise<Response> {
  if (error instanceof SignInFirst)
    return c.redirect(`/sign-in?${error.isAgain ? 'why=again&' : ''}to=${encodeURIComponent(error.to)}`, 303);
  // Before anybody knew who looks: as any other path.
  if (c.get('visit') === undefined) throw error;
  const words = FAULT_WORDS[c.get('visit').locale];
  const { status, told, english, title } = tellFault(error, c, words);
  return showPage(c, {
    title,
    status: status as ContentfulStatusCode,
    body: (
      <>
        <h1>{title}</h1>
        <p>{told}</p>
        {english !== null && (
          <p>
            <small lang="en">{english}</small>
          </p>
        )}
        <p>
          <a href="/">{words.home}</a>
        </p>
        <small>{words.request(c.get('requestId'))}</small>
      </>
    ),
  });
}

function tellFault(
  error: Error,
  c: Context<ConsoleEnv>,
  words: (typeof FAULT_WORDS)['en'],
): { readonly status: number; readonly told: string; readonly english: string | null; readonly title: string } {
  if (error instanceof ApiError)
    return {
      status: error.status,
      title: error.status === 404 ? words.none : words.refused,
      ...tellRefusal(error, c.get('visit').locale),
      // Said above in the reader's own words already.
      ...(error.message === NO_PAGE && { english: null }),
    };
  log.error('page-broke', { requestId: c.get('requestId'), error });
  return isStoreAway(error)
    ? { status: 503, told: words.storeAway, english: null, title: words.broken }
    : { status: 500, told: words.brokenTold, english: null, title: words.broken };
}
