// What a home is asked for a chat, of what the caller sent, and the text of its prompt. Pure.
import type { OpenRequest } from '../../schema/job-request.ts';
import { textsOf } from '../../schema/message.ts';
import type { ChatRequest } from '../../schema/openai.ts';
import { textsOfTools } from '../../schema/tools.ts';

export function askChat(request: ChatRequest, { maxTokens, seed }: { maxTokens: number; seed: number }): OpenRequest {
  return {
    kind: 'chat',
    messages: [...request.messages],
    maxTokens,
    temperature: request.temperature,
    topP: request.topP,
    stop: [...request.stop],
    seed,
    frequencyPenalty: request.frequencyPenalty,
    presencePenalty: request.presencePenalty,
    ...request.wishes,
  };
}

/** The prompt as one text, of which homes may still hold a beginning: templates show tools before all messages. */
export function promptText({ messages, wishes }: Pick<ChatRequest, 'messages' | 'wishes'>): string {
  const texts = textsOf(messages);
  const tools = textsOfTools(wishes.tools ?? []).map((tool) => `tool\n${tool}\n`);
  return [...tools, ...messages.map(({ role }, i) => `${role}\n${texts[i] ?? ''}\n`)].join('');
}
