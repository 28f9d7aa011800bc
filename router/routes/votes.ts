// GET /votes: the page that tells what stands to the vote, in words. It needs no key, and loads nothing from elsewhere.
import { Hono } from 'hono';
import { makeVotesPage } from '../docs/make-votes-page.ts';
import { ApiError } from '../errors.ts';
import { makeLog } from '../log.ts';
import type { AppEnv } from './app-env.ts';

const log = makeLog('edge');

/** Only the page's own style; no script, frame, form or picture. */
const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const RETRY_AFTER_S = 30;

export const votes = new Hono<AppEnv>();

votes.get('/votes', async (c) => {
  const { lookAtVote } = c.get('services');
  if (!lookAtVote) throw new ApiError('not_found', 'This network works without a chain: there is nothing to vote on.');
  try {
    return c.html(makeVotesPage(await lookAtVote(Date.now())), 200, {
      'cache-control': 'public, max-age=30',
      'content-security-policy': POLICY,
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    });
  } catch (error) {
    log.warn('vote-not-read', { error });
    throw new ApiError('store_away', 'The chain cannot be asked now.', { retryAfterS: RETRY_AFTER_S });
  }
});
