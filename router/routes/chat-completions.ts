// POST /v1/chat/completions, the main job, told top to bottom: who asks, what for, which wishes; then it is answered as any job is.
import { Hono } from 'hono';
import type { Context } from 'hono';
import { parseChatRequest } from '../../schema/openai.ts';
import { countPrompt } from '../billing/count-part.ts';
import type { Caller } from '../auth/judge-key.ts';
import { hashPrefixes } from '../placement/hash-prefixes.ts';
import type { AppEnv } from './app-env.ts';
import { answerJob } from './answer-job.ts';
import { askChat, promptText } from './ask-chat.ts';
import { findPlace } from './find-place.ts';
import { fitLimits } from './fit-limits.ts';
import { makeJob } from './make-job.ts';
import { makeWish } from './make-wish.ts';
import type { Job } from './make-job.ts';
import { announcedBytes, MAX_BODY_BYTES, parseBody, readRawBody } from './read-body.ts';
import { refuseCrowd, refuseRequest, requireCaller } from './refuse.ts';
import { findModel } from './served-models.ts';

/** Bodies above this are read and counted one after the other for each account: a large prompt takes the thread for tens of milliseconds. */
const LARGE_BODY_BYTES = 32 * 1024;

export const chatCompletions = new Hono<AppEnv>();

chatCompletions.post('/v1/chat/completions', (c) => {
  const answer = answerChat(c);
  // The platform ends at once what a caller asked who resets the connection: its place in the room would never be given back, nor its hold.
  c.executionCtx.waitUntil(answer.catch(() => undefined));
  return answer;
});

/** Nothing of a body is read before it is known whose it is, and that there is room for it. */
async function answerChat(c: Context<AppEnv>): Promise<Response> {
  const services = c.get('services');
  const caller = await requireCaller(c);
  const seat = await services.bodies.enter(caller.accountId, announcedBytes(c));
  if (!seat) throw refuseCrowd();
  // Its job leaves with it when it is over.
  c.set('seat', seat);
  try {
    return await answerJob(c, await readJob(c, caller, seat.shrink));
  } catch (error) {
    seat.leave();
    throw error;
  }
}

async function readJob(c: Context<AppEnv>, caller: Caller, onRead: (bytes: number) => void): Promise<Job> {
  const { timings, turns } = c.get('services');
  const body = await readRawBody(c, { maxBytes: MAX_BODY_BYTES, deadlineMs: timings.bodyMs });
  onRead(body.bytes.length);
  const open = (): Promise<Job> => openJob(c, caller, parseBody(body));
  return body.bytes.length > LARGE_BODY_BYTES ? turns.run(caller.accountId, open) : open();
}

async function openJob(c: Context<AppEnv>, caller: Caller, body: unknown): Promise<Job> {
  const services = c.get('services');
  const parsed = parseChatRequest(body);
  if (!parsed.ok) throw refuseRequest(parsed.error);
  const request = parsed.value;
  const place = findPlace(c.req.raw, c.env);
  const served = await findModel(services, request.model, caller);
  const limits = fitLimits(request, served, { count: countPrompt(request, served), field: 'messages' });
  const model = { id: request.model, priceIn: served.priceIn, priceOut: served.priceOut };
  const { provider: said, needs, ignored } = request;
  const wish = makeWish({ said, defaults: caller.defaults, pools: caller.pools, needs, ignored, model });
  if (!wish.ok) throw refuseRequest(wish.error);
  return makeJob({
    caller,
    request,
    ask: (seed) => askChat(request, { maxTokens: limits.maxTokens, seed }),
    served,
    limits,
    place,
    wish: wish.value,
    expectedTokens: services.outputLengths.expect(caller.keyId, request.model, limits.maxTokens),
    prefixes: hashPrefixes(promptText(request), caller.accountId),
    idPrefix: 'chatcmpl-',
    random: crypto.getRandomValues(new Uint8Array(56)),
    now: Date.now(),
  });
}
