// A conversation that is answered, whichever API it came by.
import type { Context } from 'hono';
import type { ChatRequest } from '../../schema/openai.ts';
import type { RequestFault } from '../../schema/request-fault.ts';
import type { Result } from '../../schema/result.ts';
import { countPrompt } from '../billing/count-part.ts';
import type { AppEnv } from './app-env.ts';
import { answerBody } from './answer-body.ts';
import { askChat, promptText } from './ask-chat.ts';
import { fitLimits } from './fit-limits.ts';
import { openJobs } from './job-opening.ts';
import { refuseRequest } from './refuse.ts';
import type { Spoken } from '../dialects/spoken.ts';

/** What a body of some API asks for. */
export interface Asked {
  readonly chat: ChatRequest;
  /** How it is answered; null for Chat Completions, whose bytes are passed on as homes and hubs write them. */
  readonly spoken: Spoken | null;
}

export type ReadAsked = (body: unknown) => Result<Asked, RequestFault>;

/** Answers a request of any of the APIs that chat. */
export function answerChat(c: Context<AppEnv>, read: ReadAsked): Promise<Response> {
  return answerBody(c, async (body, caller) => {
    const asked = read(body);
    if (!asked.ok) throw refuseRequest(asked.error);
    const { chat, spoken } = asked.value;
    // Other APIs know one answer.
    const request = spoken ? { ...chat, choices: 1 } : chat;
    const jobs = await openJobs(c, caller, {
      request,
      samplers: request.wishes.samplers,
      fit: (served) => fitLimits(request, served, { count: countPrompt(request, served), field: 'messages' }),
      ask: (limits, seed) => askChat(request, { maxTokens: limits.maxTokens, seed }),
      promptText: promptText(request),
      idPrefix: 'chatcmpl-',
    });
    return { jobs, spoken };
  });
}
