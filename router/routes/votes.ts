// GET /votes: the page that tells what stands to the vote, in words. It needs no key, and loads nothing from elsewhere.
import { Hono } from 'hono';
import { makeVotesPage } from '../docs/make-votes-page.ts';
import { ApiError } from '../errors.ts';
import { makeLog } from '../log.ts';
import { answerDocument } from './answer-document.ts';
import type { AppEnv } from './app-env.ts';
import { readLocale } from './page-locale.ts';

const log = makeLog('edge');

const RETRY_AFTER_S = 30;

export const votes = new Hono<AppEnv>();

votes.get('/votes', async (c) => {
  const { lookAtVote } = c.get('services');
  if (!lookAtVote) throw new ApiError('not_found', 'This network works without a chain: there is nothing to vote on.');
  try {
    const page = makeVotesPage(await lookAtVote(Date.now()), readLocale(c));
    return answerDocument(c, page, { 'cache-control': 'public, max-age=30', vary: 'accept-language, cookie' });
  } catch (error) {
    log.warn('vote-not-read', { error });
    throw new ApiError('store_away', 'The chain cannot be asked now.', { retryAfterS: RETRY_AFTER_S });
  }
});
