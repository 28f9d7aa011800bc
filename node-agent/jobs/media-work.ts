// A transcription, and pictures, as this home works on them: in the engine's terms, and the events in which their answers leave. Pure.
import { makeChunkWriter, makeFormWriter } from '../../schema/chunks.ts';
import type { JobRequests } from '../../schema/job-request.ts';
import { formPictures } from '../../schema/pictures.ts';
import { countTextBytes } from '../../schema/transcription-job.ts';
import { toSeed } from './chat-work.ts';
import type { JobWork, WorkFrame } from './job-work.ts';

export function planTranscription(request: JobRequests['transcription'], { chunk }: WorkFrame): JobWork {
  const { model, audio, format, language, hint, temperature, promptTokens } = request;
  const said = language === undefined ? {} : { language };
  return {
    job: { kind: 'transcription', model, audio, format, ...said, hint, temperature, promptTokens },
    promptTexts: [hint],
    stops: [],
    writer: makeChunkWriter(chunk),
    isAllOrNothing: true,
  };
}

export function planImage(request: JobRequests['image'], { chunk }: WorkFrame): JobWork {
  const { model, prompt, count, width, height, quality, outputFormat, seed } = request;
  const wishes = { ...(quality && { quality }), ...(outputFormat && { outputFormat }) };
  const promptTokens = countTextBytes(prompt);
  return {
    job: { kind: 'image', model, prompt, count, width, height, ...wishes, seed: toSeed(seed), promptTokens },
    promptTexts: [prompt],
    stops: [],
    writer: makeFormWriter(formPictures(chunk), true),
    isAllOrNothing: true,
  };
}
