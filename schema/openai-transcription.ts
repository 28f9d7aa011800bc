// The public API's request for a transcription: what the fields of a caller's form may say, parsed into one plain shape.
import * as z from 'zod';
import { parseJson } from './json.ts';
import type { Need } from './needs.ts';
import { modelName, samplingFields } from './openai.ts';
import { readOthers } from './other-fields.ts';
import type { SaidWish } from './provider.ts';
import { describeIssue } from './request-fault.ts';
import type { RequestFault } from './request-fault.ts';
import { err, ok } from './result.ts';
import type { Result } from './result.ts';
import { MAX_AUDIO_BYTES, MAX_HINT_CHARS, readAudioFormat } from './transcription-job.ts';
import type { AudioFormat } from './transcription-job.ts';
import { wholeText } from './whole-text.ts';

/** A form's fields: texts, but for the file. */
export type FormFields = Readonly<Record<string, string | Uint8Array>>;

export interface TranscriptionRequest {
  readonly model: string;
  readonly audio: Uint8Array;
  readonly format: AudioFormat;
  /** Null where the model finds it out. */
  readonly language: string | null;
  /** '' for none. */
  readonly hint: string;
  readonly temperature: number;
  readonly isPlain: boolean;
  readonly stream: boolean;
  readonly provider: SaidWish;
  readonly needs: readonly Need[];
  readonly ignored: readonly string[];
}

const FORMS = ['json', 'text'];
const PLAIN_TEXT = z.string().regex(/^(true|false)?$/, { error: "must be 'true' or 'false'." });

/** What a form to `POST /v1/audio/transcriptions` may hold beside its `file`. */
export const transcriptionForm = z.object({
  model: modelName,
  language: z
    .string()
    .regex(/^([a-z]{2,3}(-[A-Za-z]{2,8})?)?$/, { error: "must be a language's code, like 'en'." })
    .optional(),
  prompt: wholeText.max(MAX_HINT_CHARS).optional(),
  response_format: z.string().optional(),
  temperature: z.coerce.number().min(0).max(1).optional(),
  stream: PLAIN_TEXT.optional(),
  provider: z.string().transform(parseJson).pipe(samplingFields.provider).optional(),
  // Told below.
  'timestamp_granularities[]': z.unknown().optional(),
  'include[]': z.unknown().optional(),
});
type TranscriptionForm = z.output<typeof transcriptionForm>;

/** Errors name the first wrong field and how to mend it; what is left out stands in `ignored`. */
export function parseTranscriptionRequest(fields: FormFields): Result<TranscriptionRequest, RequestFault> {
  const { file, ...texts } = fields;
  const audio = readAudio(file);
  if (!audio.ok) return audio;
  const others = readOthers(texts, transcriptionForm.shape);
  if (!others.ok) return others;
  const parsed = transcriptionForm.safeParse(texts);
  if (!parsed.success) return err(describeIssue(parsed.error.issues[0], texts));
  const unfit = findUnfit(parsed.data);
  if (unfit) return err(unfit);
  const { samplers, ignored } = others.value;
  return ok({ ...toRequest(parsed.data), ...audio.value, ignored: [...ignored, ...Object.keys(samplers)] });
}

function readAudio(
  file: string | Uint8Array | undefined,
): Result<{ audio: Uint8Array; format: AudioFormat }, RequestFault> {
  const refuse = (told: string): Result<never, RequestFault> =>
    err({ param: 'file', code: 'invalid_value', message: `'file' ${told}` });
  if (file === undefined) return refuse('is missing. Send the audio as a file of that name.');
  if (typeof file === 'string') return refuse('must be a file, with a name in its part of the form, and no text.');
  if (file.length > MAX_AUDIO_BYTES)
    return refuse(`holds ${file.length} bytes, and ${MAX_AUDIO_BYTES} is the most. Cut it, or send it as mp3 or ogg.`);
  const format = readAudioFormat(file);
  return format ? ok({ audio: file, format }) : refuse('must be audio as wav, mp3, mp4 (m4a), flac, ogg or webm.');
}

/** What the text of an answer alone cannot give. */
function findUnfit(form: TranscriptionForm): RequestFault | null {
  const { response_format: wanted = 'json', stream } = form;
  const refuse = (param: string, told: string): RequestFault => {
    return { param, code: 'unsupported_parameter', message: `'${param}' ${told}` };
  };
  if (wanted !== '' && !FORMS.includes(wanted))
    return refuse('response_format', "must be 'json' or 'text': homes tell what was said, and not when.");
  if (stream === 'true' && wanted === 'text') return refuse('response_format', "must be 'json' for a stream.");
  if (form['timestamp_granularities[]'] !== undefined)
    return refuse('timestamp_granularities[]', 'is not supported: homes tell what was said, and not when.');
  return form['include[]'] === undefined ? null : refuse('include[]', 'is not supported. Leave it out.');
}

function toRequest(form: TranscriptionForm): Omit<TranscriptionRequest, 'audio' | 'format' | 'ignored'> {
  return {
    model: form.model,
    language: form.language || null,
    hint: form.prompt ?? '',
    temperature: form.temperature ?? 0,
    isPlain: form.response_format === 'text',
    stream: form.stream === 'true',
    provider: form.provider ?? {},
    needs: ['transcription'],
  };
}
