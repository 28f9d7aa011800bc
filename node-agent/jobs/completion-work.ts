// A text that goes on as this home works on it, in the engine's terms, and the events that its answer is told in. Pure.
import { makeFormWriter } from '../../schema/chunks.ts';
import { formCompletion } from '../../schema/completion-chunks.ts';
import type { JobRequests } from '../../schema/job-request.ts';
import type { CompletionJob } from '../backends/backend.ts';
import { toResume, toSeed } from './chat-work.ts';
import type { JobWork, WorkFrame } from './job-work.ts';

export function planCompletion(request: JobRequests['completion'], { chunk, resume }: WorkFrame): JobWork {
  const { prompt, suffix, stop } = request;
  return {
    job: toCompletionJob(request, resume),
    promptTexts: suffix === '' ? [prompt] : [prompt, suffix],
    stops: stop,
    // Its events tell no role, so that the first is like the others.
    writer: makeFormWriter(formCompletion(chunk), true),
  };
}

function toCompletionJob(request: JobRequests['completion'], resume: WorkFrame['resume']): CompletionJob {
  const { logitBias, samplers, ...sent } = request;
  const wishes = { ...(logitBias && { logitBias }), ...(samplers && { samplers }) };
  return {
    kind: 'completion',
    model: sent.model,
    prompt: sent.prompt,
    suffix: sent.suffix,
    maxTokens: sent.maxTokens,
    temperature: sent.temperature,
    topP: sent.topP,
    seed: toSeed(sent.seed),
    stop: sent.stop,
    frequencyPenalty: sent.frequencyPenalty,
    presencePenalty: sent.presencePenalty,
    ...(Object.keys(wishes).length > 0 ? { wishes } : {}),
    ...(resume ? { resume: toResume(resume) } : {}),
  };
}
