// What a home is asked for pictures: a text, how many, how large, and in which form.
import * as z from 'zod';

export const MAX_PICTURES = 4;
/** Pixels of a side. */
export const MIN_SIDE = 64;
export const MAX_SIDE = 2048;
export const QUALITIES = ['auto', 'low', 'medium', 'high', 'standard', 'hd'] as const;
export const PICTURE_FORMATS = ['png', 'jpeg', 'webp'] as const;
export type PictureFormat = (typeof PICTURE_FORMATS)[number];

const side = z.number().int().min(MIN_SIDE).max(MAX_SIDE);
export const imageJobSchema = z.object({
  kind: z.literal('image'),
  model: z.string(),
  prompt: z.string(),
  count: z.number().int().min(1).max(MAX_PICTURES),
  width: side,
  height: side,
  quality: z.enum(QUALITIES).optional(),
  outputFormat: z.enum(PICTURE_FORMATS).optional(),
  /** Those of all pictures. */
  maxTokens: z.number().int().min(1),
  seed: z.number().int(),
});

/** A picture is paid for by its size alone: a token for each square of so many pixels, 1,024 for one of 1024×1024. */
const SQUARE = 32;

export function countPictureTokens({ width, height }: { readonly width: number; readonly height: number }): number {
  return Math.ceil(width / SQUARE) * Math.ceil(height / SQUARE);
}
