// Audio and pictures as a local server is asked for them, and what it answers, read with distrust. Pure.
// Sources: the OpenAI API's reference (audio, images); docs.vllm.ai, Transcriptions API; mudler/LocalAI docs, image generation.

import * as z from 'zod';
import { MAX_PICTURES_CHARS, BETWEEN, MAGIC_CHARS, readPictureFormat } from '../../schema/pictures.ts';
import { countPictureTokens } from '../../schema/image-job.ts';
import { parseJson } from '../../schema/json.ts';
import { err, ok, type Result } from '../../schema/result.ts';
import type { BackendError, Delta, ImageJob, MediaJob, TranscriptionJob } from './backend.ts';
import { estimateChunkTokens } from './estimate-chunk-tokens.ts';

export interface MediaCall {
  /** Below the server's base address. */
  readonly path: string;
  /** The body's content type. */
  readonly type: string;
  readonly body: Buffer;
  /** Bytes of an answer at most. */
  readonly maxBytes: number;
  /** What of it is text of a caller's. */
  readonly prompt: readonly string[];
  /** The answer in pieces; the error where it is none. */
  readonly read: (text: string) => Result<readonly Delta[], BackendError>;
}

/** No audio that is taken holds more speech. */
const TRANSCRIPT_BYTES = 1024 * 1024;
/** Pictures as base64, and what stands around them. */
const PICTURES_BYTES = MAX_PICTURES_CHARS + 64 * 1024;
const SEED_RANGE = 0x7fffffff;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** `boundary`: a word that nobody can guess. */
export function buildMediaCall(job: MediaJob, boundary: string): MediaCall {
  return job.kind === 'transcription' ? buildTranscription(job, boundary) : buildImage(job);
}

/** Each field is one of ours, so that nothing a stranger wrote stands in a head; the text of the hint ends at the boundary, which it cannot hold. */
function buildTranscription(job: TranscriptionJob, boundary: string): MediaCall {
  const fields = {
    model: job.model,
    response_format: 'json',
    temperature: String(job.temperature),
    ...(job.language === undefined ? {} : { language: job.language }),
    ...(job.hint === '' ? {} : { prompt: job.hint }),
  };
  const texts = Object.entries(fields).map(
    ([name, value]) => `--${boundary}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  const file = `content-disposition: form-data; name="file"; filename="audio.${job.format}"\r\ncontent-type: audio/${job.format}`;
  const body = Buffer.concat([
    Buffer.from(`${texts.join('')}--${boundary}\r\n${file}\r\n\r\n`),
    Buffer.from(job.audio, 'base64'),
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ]);
  return {
    path: 'audio/transcriptions',
    type: `multipart/form-data; boundary=${boundary}`,
    body,
    maxBytes: TRANSCRIPT_BYTES,
    prompt: [job.hint],
    read: readTranscript,
  };
}

const transcript = z.looseObject({
  text: z.string(),
  usage: z.looseObject({ output_tokens: z.number().int().positive().optional() }).nullish().catch(null),
});

function readTranscript(text: string): Result<readonly Delta[], BackendError> {
  const parsed = transcript.safeParse(parseJson(text));
  if (!parsed.success) return broken('the server answered with what is no transcription');
  const { text: said, usage } = parsed.data;
  if (said === '') return ok([]);
  const tokens = Math.min(usage?.output_tokens ?? estimateChunkTokens(said), Buffer.byteLength(said));
  return ok([{ text: said.toWellFormed(), tokens }]);
}

function buildImage(job: ImageJob): MediaCall {
  const { model, prompt, count, width, height, quality, outputFormat, seed } = job;
  const body = JSON.stringify({
    model,
    prompt,
    n: count,
    size: `${width}x${height}`,
    response_format: 'b64_json',
    seed: seed % SEED_RANGE,
    ...(quality && { quality }),
    ...(outputFormat && { output_format: outputFormat }),
  });
  return {
    path: 'images/generations',
    type: 'application/json',
    body: Buffer.from(body),
    maxBytes: PICTURES_BYTES,
    prompt: [prompt],
    read: (text) => readPictures(text, job),
  };
}

const pictures = z.looseObject({ data: z.array(z.looseObject({ b64_json: z.string() })) });

function readPictures(text: string, job: ImageJob): Result<readonly Delta[], BackendError> {
  const parsed = pictures.safeParse(parseJson(text));
  if (!parsed.success) return broken('the server answered with what are no pictures as base64');
  const all = parsed.data.data.map(({ b64_json: picture }) => picture);
  if (all.length !== job.count) return broken(`the server gave ${all.length} pictures and was asked for ${job.count}`);
  if (!all.every(isPicture)) return broken('the server gave a picture that is no PNG, JPEG or WebP');
  const chars = all.reduce((sum, picture) => sum + picture.length + BETWEEN.length, 0);
  if (chars > MAX_PICTURES_CHARS)
    return broken(`the server gave pictures of more than ${MAX_PICTURES_CHARS} characters`);
  const tokens = countPictureTokens(job);
  return ok(all.map((picture, i) => ({ text: i === 0 ? picture : BETWEEN + picture, tokens })));
}

function isPicture(base64: string): boolean {
  if (base64.length % 4 !== 0 || base64.length < MAGIC_CHARS) return false;
  return readPictureFormat(base64.slice(0, MAGIC_CHARS)) !== null && BASE64.test(base64);
}

function broken(message: string): Result<never, BackendError> {
  return err({ code: 'internal', message });
}
