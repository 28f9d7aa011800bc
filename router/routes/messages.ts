// POST /v1/messages and /v1/messages/count_tokens: Anthropic's Messages API, told of a chat.
import { Hono } from 'hono';
import { countPrompt } from '../billing/count-part.ts';
import { encodeTokenCount } from '../dialects/messages-answer.ts';
import { encodeMessagesError } from '../dialects/messages-errors.ts';
import { parseTokenCount } from '../dialects/messages-request.ts';
import { messagesDialect as dialect } from '../dialects/messages.ts';
import type { AppEnv } from './app-env.ts';
import { readInRoom } from './answer-body.ts';
import { answerChat } from './answer-chat.ts';
import { refuseRequest, requireCaller } from './refuse.ts';
import { findModel } from './served-models.ts';
import { readSpoken } from '../dialects/spoken.ts';

export const messages = new Hono<AppEnv>();

/** Its clients quote the id that stands in a header of this name and in the errors, those of paths that do not exist among them. */
messages.use('/v1/messages/*', async (c, next) => {
  const requestId = c.get('requestId');
  c.set('encodeError', (error) => encodeMessagesError({ ...error, requestId }));
  c.set('idHeader', 'request-id');
  await next();
});

messages.post('/v1/messages', (c) =>
  answerChat(c, (body) => readSpoken(dialect, body, (expectedInputTokens) => ({ expectedInputTokens }))),
);

messages.post('/v1/messages/count_tokens', async (c) => {
  const caller = await requireCaller(c, 'call');
  return readInRoom(c, caller, async (body) => {
    const parsed = parseTokenCount(body);
    if (!parsed.ok) throw refuseRequest(parsed.error);
    const { chat } = parsed.value;
    const served = await findModel(c.get('services'), chat.model, caller);
    return c.json(encodeTokenCount(countPrompt(chat, served).expected));
  });
});
