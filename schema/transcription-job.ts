// What a home is asked for a transcription: the audio as base64, with what the caller says of it.
import * as z from 'zod';

/** Bytes of audio at most, a quarter less than a request may hold: it travels to its home as base64. */
export const MAX_AUDIO_BYTES = 5_750_000;
/** Models read some two hundred tokens of it. */
export const MAX_HINT_CHARS = 4096;

/** Containers by which model servers know how to read audio. */
export const AUDIO_FORMATS = ['flac', 'mp3', 'mp4', 'ogg', 'wav', 'webm'] as const;
export type AudioFormat = (typeof AUDIO_FORMATS)[number];

export const transcriptionJobSchema = z.object({
  kind: z.literal('transcription'),
  model: z.string(),
  audio: z.string().max(Math.ceil(MAX_AUDIO_BYTES / 3) * 4),
  format: z.enum(AUDIO_FORMATS),
  language: z.string().max(16).optional(),
  /** Words that the audio is expected to hold; '' for none. */
  hint: z.string().max(MAX_HINT_CHARS),
  temperature: z.number(),
  /** Prompt tokens of audio and hint, which edge, hub and home know alike. */
  promptTokens: z.number().int().min(1),
  maxTokens: z.number().int().min(1),
  seed: z.number().int(),
});

/** What an audio is paid for, whatever it says of its own length: a token for each 1,024 bytes of it. */
const AUDIO_BYTES_PER_TOKEN = 1024;
/** Of a text that no model's tokenizer is known for. */
const TEXT_BYTES_PER_TOKEN = 4;
/** Whoever speaks fast says some five tokens a second, and speech takes a kilobyte a second at least. */
const SAID_PER_TOKEN = 8;
const LEAST_SAID = 64;

const encoder = new TextEncoder();

/** Tokens of a text by its bytes alone, for kinds of jobs whose models have no tokenizer that is known here. */
export function countTextBytes(text: string): number {
  return Math.ceil(encoder.encode(text).length / TEXT_BYTES_PER_TOKEN);
}

export function countAudioTokens(audioBytes: number, hint: string): number {
  return Math.ceil(audioBytes / AUDIO_BYTES_PER_TOKEN) + countTextBytes(hint);
}

/** Tokens that so much audio can come to as text. */
export function mostSaidTokens(audioBytes: number): number {
  return LEAST_SAID + SAID_PER_TOKEN * Math.ceil(audioBytes / AUDIO_BYTES_PER_TOKEN);
}

/** The container by its first bytes; null for none that is known. */
export function readAudioFormat(bytes: Uint8Array): AudioFormat | null {
  const text = (from: number, to: number): string => String.fromCharCode(...bytes.subarray(from, to));
  if (text(0, 4) === 'RIFF' && text(8, 12) === 'WAVE') return 'wav';
  if (text(0, 4) === 'fLaC') return 'flac';
  if (text(0, 4) === 'OggS') return 'ogg';
  if (text(4, 8) === 'ftyp') return 'mp4';
  if (bytes[0] === 0x1a && bytes[1] === 0x45 && bytes[2] === 0xdf && bytes[3] === 0xa3) return 'webm';
  // A frame of MPEG audio begins with eleven set bits.
  const isFrame = bytes[0] === 0xff && ((bytes[1] ?? 0) & 0xe0) === 0xe0;
  return text(0, 3) === 'ID3' || isFrame ? 'mp3' : null;
}
