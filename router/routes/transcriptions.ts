// POST /v1/audio/transcriptions: audio in a form, its text as the answer.
import { Hono } from 'hono';
import { encodeBase64 } from '../../schema/base64.ts';
import type { OpenRequest } from '../../schema/job-request.ts';
import { parseTranscriptionRequest } from '../../schema/openai-transcription.ts';
import type { FormFields, TranscriptionRequest } from '../../schema/openai-transcription.ts';
import { countAudioTokens, MAX_AUDIO_BYTES, mostSaidTokens } from '../../schema/transcription-job.ts';
import { speakTranscription } from '../dialects/transcription.ts';
import type { AppEnv } from './app-env.ts';
import { answerBody } from './answer-body.ts';
import type { JobLimits } from './fit-limits.ts';
import { openJobs } from './job-opening.ts';
import { parseForm } from './read-form.ts';
import { refuseRequest } from './refuse.ts';
import type { ServedModel } from './served-models.ts';

export const transcriptions = new Hono<AppEnv>();

/** One answer, which no other home goes on with. */
const ONE_TEXT = { choices: 1, seed: null, resume: 'off' } as const;
/** What stands around the audio in a form, and the texts beside it. */
const FORM_BYTES = 64 * 1024;
const FORM = {
  type: 'form',
  maxBytes: MAX_AUDIO_BYTES + FORM_BYTES,
  parse: parseForm,
} as const;

transcriptions.post('/v1/audio/transcriptions', (c) =>
  answerBody(
    c,
    async (fields, caller) => {
      const parsed = parseTranscriptionRequest(fields as FormFields);
      if (!parsed.ok) throw refuseRequest(parsed.error);
      const request = parsed.value;
      const promptTokens = countAudioTokens(request.audio.length, request.hint);
      const jobs = await openJobs(c, caller, {
        request: { ...request, ...ONE_TEXT, includeUsage: request.stream },
        fit: (served) => fitAudio(request, promptTokens, served),
        ask: ({ maxTokens }, seed) => askTranscription(request, { promptTokens, maxTokens, seed }),
        promptText: '',
        idPrefix: 'transcript-',
      });
      return { jobs, spoken: speakTranscription(request.isPlain) };
    },
    FORM,
  ),
);

function askTranscription(
  { audio, format, language, hint, temperature }: TranscriptionRequest,
  limits: { readonly promptTokens: number; readonly maxTokens: number; readonly seed: number },
): OpenRequest {
  const said = language === null ? {} : { language };
  return { kind: 'transcription', audio: encodeBase64(audio), format, ...said, hint, temperature, ...limits };
}

/** Models cut audio into windows themselves: no context holds it all, and none has to. */
function fitAudio({ audio }: TranscriptionRequest, promptTokens: number, { maxOutputTokens }: ServedModel): JobLimits {
  return {
    promptExact: promptTokens,
    promptBound: promptTokens,
    promptLeast: 1,
    promptExpected: promptTokens,
    maxTokens: Math.min(maxOutputTokens, mostSaidTokens(audio.length)),
  };
}
