// POST /v1/chat/completions: the form in which all homes answer.
import { Hono } from 'hono';
import { parseChatRequest } from '../../schema/openai.ts';
import { ok } from '../../schema/result.ts';
import type { AppEnv } from './app-env.ts';
import { answerChat } from './answer-chat.ts';

export const chatCompletions = new Hono<AppEnv>();

chatCompletions.post('/v1/chat/completions', (c) =>
  answerChat(c, (body) => {
    const parsed = parseChatRequest(body);
    return parsed.ok ? ok({ chat: parsed.value, spoken: null }) : parsed;
  }),
);
