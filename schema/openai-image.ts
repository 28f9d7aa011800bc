// The public API's request for pictures: what a caller may send, parsed into one plain shape.
import * as z from 'zod';
import { MAX_PICTURES, MAX_SIDE, MIN_SIDE, PICTURE_FORMATS, QUALITIES } from './image-job.ts';
import type { PictureFormat } from './image-job.ts';
import type { Need } from './needs.ts';
import { modelName, samplingFields, toExactSeed } from './openai.ts';
import { readOthers } from './other-fields.ts';
import type { Others } from './other-fields.ts';
import type { SaidWish } from './provider.ts';
import { describeIssue } from './request-fault.ts';
import type { RequestFault } from './request-fault.ts';
import { err, ok } from './result.ts';
import type { Result } from './result.ts';
import { wholeText } from './whole-text.ts';

export interface ImageRequest {
  readonly model: string;
  readonly prompt: string;
  readonly count: number;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  readonly quality: (typeof QUALITIES)[number] | null;
  readonly outputFormat: PictureFormat | null;
  readonly seed: number | null;
  readonly provider: SaidWish;
  readonly needs: readonly Need[];
  readonly ignored: readonly string[];
}

/** The longest prompt that the API takes. */
const MAX_PROMPT_CHARS = 32_000;
const DEFAULT_SIZE = '1024x1024';
const SIZE = /^(\d{1,4})x(\d{1,4})$/;
/** Models draw in blocks of so many pixels. */
const BLOCK = 8;

/** What a request to `POST /v1/images/generations` may hold. */
export const imageBody = z.object({
  model: modelName,
  prompt: wholeText.min(1, { error: 'must not be empty. Say what the picture shows.' }).max(MAX_PROMPT_CHARS),
  n: z.number().int().min(1).max(MAX_PICTURES).nullish(),
  size: z.string().nullish(),
  quality: z.enum(QUALITIES).nullish(),
  output_format: z.enum(PICTURE_FORMATS).nullish(),
  seed: samplingFields.seed,
  provider: samplingFields.provider,
  // Judged below: what is not taken is told with what to send.
  response_format: z.unknown().optional(),
  stream: z.unknown().optional(),
  background: z.unknown().optional(),
});
type ImageBody = z.output<typeof imageBody>;

/**
 * Reads an untrusted JSON value as a request for pictures.
 * Errors name the first wrong field and how to mend it; what is left out stands in `ignored`.
 */
export function parseImageRequest(body: unknown): Result<ImageRequest, RequestFault> {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    return err({ param: null, code: 'invalid_json', message: 'The request body must be a JSON object.' });
  const others = readOthers(body as Record<string, unknown>, imageBody.shape);
  if (!others.ok) return others;
  const parsed = imageBody.safeParse(body);
  if (!parsed.success) return err(describeIssue(parsed.error.issues[0], body));
  const unfit = findUnfit(parsed.data);
  return unfit ? err(unfit) : toRequest(parsed.data, others.value);
}

/** What would change what the answer is, and no home can give. */
function findUnfit({ response_format: form, stream, background }: ImageBody): RequestFault | null {
  if (form !== undefined && form !== null && form !== 'b64_json')
    return refuse('response_format', "must be 'b64_json': no picture is stored here, so there is no address to give.");
  if (stream !== undefined && stream !== null && stream !== false)
    return refuse('stream', 'must be left out: a picture is given when it is whole.');
  const isPlain = background === undefined || background === null || background === 'auto' || background === 'opaque';
  return isPlain ? null : refuse('background', "must be 'auto' or 'opaque': homes make no see-through pictures.");
}

function toRequest(body: ImageBody, { samplers, ignored }: Others): Result<ImageRequest, RequestFault> {
  const size = readSize(body.size ?? DEFAULT_SIZE);
  if (!size)
    return err({
      param: 'size',
      code: 'invalid_value',
      message: `'size' must be 'auto' or like '${DEFAULT_SIZE}': ${MIN_SIDE} to ${MAX_SIDE} pixels a side, in steps of ${BLOCK}.`,
    });
  return ok({
    ...size,
    model: body.model,
    prompt: body.prompt,
    count: body.n ?? 1,
    quality: body.quality ?? null,
    outputFormat: body.output_format ?? null,
    seed: toExactSeed(body.seed ?? null),
    provider: body.provider ?? {},
    needs: ['image-generation'],
    ignored: [...ignored, ...Object.keys(samplers)],
  });
}

function readSize(text: string): { width: number; height: number } | null {
  const [, wide, high] = SIZE.exec(text === 'auto' ? DEFAULT_SIZE : text) ?? [];
  const [width, height] = [Number(wide), Number(high)];
  const fits = (side: number): boolean => side >= MIN_SIDE && side <= MAX_SIDE && side % BLOCK === 0;
  return fits(width) && fits(height) ? { width, height } : null;
}

function refuse(param: string, told: string): RequestFault {
  return { param, code: 'unsupported_parameter', message: `'${param}' ${told}` };
}
