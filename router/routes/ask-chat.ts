// What a home is asked for a chat, of what the caller sent, and the text of its prompt. Pure.
import type { OpenRequest } from '../../schema/job-request.ts';
import { textOf } from '../../schema/message.ts';
import type { ChatRequest } from '../../schema/openai.ts';

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
  };
}

/** The prompt as one text, of which homes may still hold a beginning. */
export function promptText({ messages }: Pick<ChatRequest, 'messages'>): string {
  return messages.map((message) => `${message.role}\n${textOf(message)}\n`).join('');
}
