// A chat as this home works on it: only the fields of the whitelist, in the engine's terms, and the events that its answer is told in. Pure.
import { textsOf } from '../../schema/message.ts';
import { makeChunkWriter } from '../../schema/chunks.ts';
import { pickWishes } from '../../schema/chat-job.ts';
import type { JobRequests } from '../../schema/job-request.ts';
import { textsOfTools } from '../../schema/tools.ts';
import type { ChatJob } from '../backends/backend.ts';
import type { JobWork, WorkFrame } from './job-work.ts';

export function planChat(request: JobRequests['chat'], { chunk, resume, isBegun = false }: WorkFrame): JobWork {
  // Homes may have tried before; as long as nothing reached the caller, the answer begins here.
  const isContinued = isBegun || (resume !== undefined && resume.text !== '');
  return {
    job: toChatJob(request, resume),
    promptTexts: [...textsOfTools(request.tools ?? []), ...textsOf(request.messages)],
    stops: request.stop,
    writer: makeChunkWriter(chunk, isContinued),
  };
}

/** The seed becomes a non-negative integer of 53 bits; everything else passes as the router decided it. */
function toChatJob(request: JobRequests['chat'], resume: WorkFrame['resume']): ChatJob {
  const wishes = pickWishes(request);
  const { model, messages, maxTokens, temperature, topP, seed, stop, frequencyPenalty, presencePenalty } = request;
  return {
    kind: 'chat',
    model,
    messages,
    maxTokens,
    temperature,
    topP,
    seed: toSeed(seed),
    stop,
    frequencyPenalty,
    presencePenalty,
    ...(Object.keys(wishes).length > 0 ? { wishes } : {}),
    ...(resume ? { resume: toResume(resume) } : {}),
  };
}

/** Non-negative, of 53 bits. */
export function toSeed(seed: number): number {
  return Number(BigInt.asUintN(53, BigInt(seed)));
}

/** The answer so far as an engine gets it. */
export function toResume(resume: NonNullable<WorkFrame['resume']>): NonNullable<ChatJob['resume']> {
  const { text, count, tokenIds } = resume;
  return tokenIds ? { text, count, tokenIds } : { text, count };
}
