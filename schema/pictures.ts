// Pictures on their way: each as padded base64, a comma between two, in pieces. So a hub can hold them against what was asked as they pass, and an edge tells
// them without reading them anew.
import type { ChunkHead, EventForm, FinalFacts, WholeAnswer } from './chunks.ts';
import type { SaidText } from './read-chunks.ts';
import type { PictureFormat } from './image-job.ts';
import { parseJson } from './json.ts';
import { quoteText } from './quote-json.ts';

/** Characters of all pictures of one answer at most, 3 MB of pictures: an edge keeps them until they are whole. */
export const MAX_PICTURES_CHARS = 4_000_000;
export const BETWEEN = ',';

/** The first characters of a picture's base64, by its form. A WebP file tells its length before its name: that is looked for behind it. */
const PNG = 'iVBORw0KGgo';
const JPEG = '/9j/';
const RIFF = 'UklGR';
const WEBP = 'XRUJQ';
const WEBP_AT = 11;
/** Characters that tell a picture's form. */
export const MAGIC_CHARS = 16;

/** The form of a picture by the first `MAGIC_CHARS` of its base64; null for anything else. */
export function readPictureFormat(base64: string): PictureFormat | null {
  if (base64.startsWith(PNG)) return 'png';
  if (base64.startsWith(JPEG)) return 'jpeg';
  return base64.startsWith(RIFF) && base64.startsWith(WEBP, WEBP_AT) ? 'webp' : null;
}

/** The one form of an event: a piece of the base64. */
export function formPictures({ id }: ChunkHead): EventForm {
  return {
    start: `data: {"id":${quoteText(id)},"object":"image.piece",`,
    role: '',
    fields: { text: '"base64":', thinking: '"nothing":' },
    again: ',"again":',
    calls: null,
    end: '}\n\n',
    logprobs: { before: '', after: '' },
  };
}

/** The pieces of complete events, joined. */
export function readPictures(events: string): SaidText {
  let text = '';
  for (const line of events.split('\n')) {
    if (!line.startsWith('data: {')) continue;
    const event = parseJson(line.slice('data: '.length)) as { base64?: unknown } | null | undefined;
    if (typeof event?.base64 === 'string') text += event.base64;
  }
  return { text, thinking: '', calls: [] };
}

/** The API's list of pictures, with the network's facts beside it. The hub has held the answer against what was asked. */
export function encodePictures(head: ChunkHead, answer: WholeAnswer, irori: FinalFacts): string {
  const { text, promptTokens, outputTokens } = answer;
  const pictures = text.split(BETWEEN);
  const format = readPictureFormat(pictures[0]?.slice(0, MAGIC_CHARS) ?? '');
  return JSON.stringify({
    created: head.created,
    data: pictures.map((picture) => ({ b64_json: picture })),
    output_format: format,
    usage: {
      input_tokens: promptTokens,
      output_tokens: outputTokens,
      total_tokens: promptTokens + outputTokens,
      input_tokens_details: { text_tokens: promptTokens, image_tokens: 0 },
      ...(irori.energy && { energy: irori.energy }),
    },
    irori,
  });
}
