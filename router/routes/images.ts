// POST /v1/images/generations: pictures from a text, all of a request in one job.
import { Hono } from 'hono';
import { countPictureTokens } from '../../schema/image-job.ts';
import type { OpenRequest } from '../../schema/job-request.ts';
import { parseImageRequest } from '../../schema/openai-image.ts';
import type { ImageRequest } from '../../schema/openai-image.ts';
import { countTextBytes } from '../../schema/transcription-job.ts';
import type { AppEnv } from './app-env.ts';
import { answerBody } from './answer-body.ts';
import type { JobLimits } from './fit-limits.ts';
import { openJobs } from './job-opening.ts';
import { refuseRequest } from './refuse.ts';

export const images = new Hono<AppEnv>();

/** One whole answer, which no other home goes on with. */
const ONE_WHOLE = { choices: 1, stream: false, includeUsage: false, resume: 'off' } as const;

images.post('/v1/images/generations', (c) =>
  answerBody(c, async (body, caller) => {
    const parsed = parseImageRequest(body);
    if (!parsed.ok) throw refuseRequest(parsed.error);
    const request = parsed.value;
    const jobs = await openJobs(c, caller, {
      request: { ...request, ...ONE_WHOLE },
      fit: () => fitPictures(request),
      ask: ({ maxTokens }, seed) => askPictures(request, maxTokens, seed),
      promptText: '',
      idPrefix: 'img-',
    });
    return { jobs, spoken: null };
  }),
);

function askPictures(request: ImageRequest, maxTokens: number, seed: number): OpenRequest {
  const { prompt, count, width, height, quality, outputFormat } = request;
  const wishes = { ...(quality && { quality }), ...(outputFormat && { outputFormat }) };
  return { kind: 'image', prompt, count, width, height, ...wishes, maxTokens, seed };
}

/** What a picture costs is known before it is made: its size's tokens. */
function fitPictures(request: ImageRequest): JobLimits {
  const promptTokens = countTextBytes(request.prompt);
  return {
    promptExact: promptTokens,
    promptBound: promptTokens,
    promptLeast: 1,
    promptExpected: promptTokens,
    maxTokens: request.count * countPictureTokens(request),
  };
}
