// What a home is asked for a chat, of what the caller sent. Pure.
import type { OpenRequest } from '../../schema/job-request.ts';
import type { ChatRequest } from '../../schema/openai.ts';

export function askChat(request: ChatRequest, { maxTokens, seed }: { maxTokens: number; seed: number }): OpenRequest {
  return {
    kind: 'chat',
    messages: request.messages.map(({ role, content }) => ({ role, content })),
    maxTokens,
    temperature: request.temperature,
    topP: request.topP,
    stop: [...request.stop],
    seed,
    frequencyPenalty: request.frequencyPenalty,
    presencePenalty: request.presencePenalty,
  };
}
