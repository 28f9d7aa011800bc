// POST /v1/chat/completions, the main job, told top to bottom: who asks, what for, which wishes; then it is answered as any job is.
import { Hono } from 'hono';
import { parseChatRequest } from '../../schema/openai.ts';
import { countPrompt } from '../billing/count-part.ts';
import { hashPrefixes } from '../placement/hash-prefixes.ts';
import type { AppEnv } from './app-env.ts';
import { answerJob } from './answer-job.ts';
import { askChat, promptText } from './ask-chat.ts';
import { findPlace } from './find-place.ts';
import { fitLimits } from './fit-limits.ts';
import { makeJob } from './make-job.ts';
import { makeWish } from './make-wish.ts';
import { readJsonBody } from './read-body.ts';
import { refuseRequest, requireCaller } from './refuse.ts';
import { findModel } from './served-models.ts';

export const chatCompletions = new Hono<AppEnv>();

chatCompletions.post('/v1/chat/completions', async (c) => {
  const services = c.get('services');
  const caller = await requireCaller(c);
  const parsed = parseChatRequest(await readJsonBody(c));
  if (!parsed.ok) throw refuseRequest(parsed.error);
  const request = parsed.value;
  const place = findPlace(c.req.raw, c.env);
  const served = await findModel(services, request.model, caller);
  const limits = fitLimits(request, served, { count: countPrompt(request, served), field: 'messages' });
  const model = { id: request.model, priceIn: served.priceIn, priceOut: served.priceOut };
  const wish = makeWish({ said: request.provider, defaults: caller.defaults, pools: caller.pools, model });
  if (!wish.ok) throw refuseRequest(wish.error);
  const job = makeJob({
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
  return answerJob(c, job);
});
