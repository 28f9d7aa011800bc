// POST /v1/responses: OpenAI's Responses API, told of a chat.
import { Hono } from 'hono';
import { responses as dialect } from '../dialects/responses.ts';
import type { AppEnv } from './app-env.ts';
import { answerChat } from './answer-chat.ts';
import { readSpoken } from '../dialects/spoken.ts';

export const responses = new Hono<AppEnv>();

responses.post('/v1/responses', (c) => {
  c.set('encodeError', dialect.encodeError);
  return answerChat(c, (body) => readSpoken(dialect, body));
});
