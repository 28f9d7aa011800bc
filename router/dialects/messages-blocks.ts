// Content blocks of the Messages API that a model can be shown as they are: texts, pictures, and what is a text under another name.
// Source: the Anthropic API's reference, "Create a Message", and the types of @anthropic-ai/sdk.
import * as z from 'zod';
import { listOf } from '../../schema/list-of.ts';
import { describeIssue } from '../../schema/request-fault.ts';
import type { RequestFault } from '../../schema/request-fault.ts';
import { wholeText } from '../../schema/whole-text.ts';
import { toSteps } from './messages-paths.ts';

/** A part of a chat message; `from` is the path of the field that it was made of. */
export type ChatPart =
  | { readonly type: 'text'; readonly text: string; readonly from: string }
  | { readonly type: 'image_url'; readonly image_url: { readonly url: string; readonly from: string } };

/** What comes up while a request is read: the first fault ends it. */
export interface Reading {
  readonly body: unknown;
  fault: RequestFault | null;
  /** Paths of what was left out. */
  readonly ignored: string[];
}

/** Of one content: far more than clients write. The chat's own limit is on what they become. */
const MAX_BLOCKS = 4096;

export type Block = Readonly<Record<string, unknown>>;

/** A text, or blocks, whose types are judged where they are read: what may stand here depends on who speaks. */
export const blockContent = z
  .union([wholeText, listOf(z.record(z.string(), z.unknown()), { max: MAX_BLOCKS })], {
    error: 'must be a text or a list of content blocks.',
  })
  .nullish();

const nothingFetched = "nothing is fetched from other addresses. Send the picture itself in a source of type 'base64'.";
const pictureSource = z.object({
  type: z.enum(['base64', 'url'], { error: `must be 'base64': ${nothingFetched}` }),
  media_type: z
    .enum(['image/png', 'image/jpeg', 'image/jpg', 'image/webp', 'image/gif'], {
      error: "must be 'image/png', 'image/jpeg', 'image/webp' or 'image/gif'.",
    })
    .optional(),
  data: z.string().min(1).optional(),
  url: z
    .string()
    .startsWith('data:', { error: `must begin with 'data:': ${nothingFetched}` })
    .optional(),
});
const textSource = z.object({ type: z.literal('text'), data: wholeText });
const contentSource = z.object({ type: z.literal('content'), content: blockContent });
const textBlock = z.object({ text: wholeText });
const imageBlock = z.object({ source: pictureSource });
const documentBlock = z.object({
  title: wholeText.nullish(),
  context: wholeText.nullish(),
  source: z.discriminatedUnion('type', [textSource, contentSource], {
    error: "must be 'text' or 'content': no home reads PDFs or files. Send the document's text.",
  }),
});
const searchBlock = z.object({ title: wholeText.nullish(), source: wholeText.nullish(), content: blockContent });
const referenceBlock = z.object({ tool_name: wholeText });

/** Reads a value that stands at `path`; null, and a fault in `reading`, where it is not what the schema says. */
export function readAs<T extends z.ZodType>(
  schema: T,
  value: unknown,
  path: string,
  reading: Reading,
): z.output<T> | null {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  if (issue) reading.fault ??= describeIssue({ ...issue, path: [...toSteps(path), ...issue.path] }, reading.body);
  return null;
}

/** Refuses what cannot be honoured, by the path of its name. */
export function refuse(param: string, told: string, reading: Reading): void {
  reading.fault ??= { param, code: 'unsupported_parameter', message: `'${param}' ${told}` };
}

/** The type of a block; '' where it has none, and then a fault. */
export function typeOf(block: Block, path: string, reading: Reading): string {
  if (typeof block['type'] === 'string') return block['type'];
  reading.fault ??= {
    param: `${path}.type`,
    code: 'invalid_value',
    message: `'${path}.type' must name the block's type.`,
  };
  return '';
}

/** Content that is a text or blocks, as blocks with their paths. */
export function listBlocks(
  content: z.output<typeof blockContent>,
  path: string,
): readonly { readonly block: Block; readonly path: string }[] {
  if (content == null || content === '') return [];
  if (typeof content === 'string') return [{ block: { type: 'text', text: content }, path }];
  return content.map((block, i) => ({ block, path: `${path}[${i}]` }));
}

/** The parts of a block that a model can be shown; null for a type that is none of them. */
export function readParts(block: Block, path: string, reading: Reading): ChatPart[] | null {
  switch (typeOf(block, path, reading)) {
    case 'text': {
      const read = readAs(textBlock, block, path, reading);
      return read ? toTexts(path, read.text) : [];
    }
    case 'image':
      return readPicture(block, path, reading);
    case 'document':
      return readDocument(block, path, reading);
    case 'search_result': {
      const read = readAs(searchBlock, block, path, reading);
      return read
        ? [...toTexts(path, read.title, read.source), ...readInner(read.content, `${path}.content`, reading)]
        : [];
    }
    case 'tool_reference': {
      const read = readAs(referenceBlock, block, path, reading);
      return read ? toTexts(path, read.tool_name) : [];
    }
    default:
      return null;
  }
}

function readPicture(block: Block, path: string, reading: Reading): ChatPart[] {
  const read = readAs(imageBlock, block, path, reading);
  if (!read) return [];
  const { type, media_type: mediaType, data, url } = read.source;
  const field = type === 'url' ? 'url' : mediaType === undefined ? 'media_type' : 'data';
  const address = type === 'url' ? url : mediaType && data && `data:${mediaType};base64,${data}`;
  const from = `${path}.source.${field}`;
  if (!address) reading.fault ??= { param: from, code: 'invalid_value', message: `'${from}' is missing.` };
  return [{ type: 'image_url', image_url: { url: address ?? '', from } }];
}

function readDocument(block: Block, path: string, reading: Reading): ChatPart[] {
  const read = readAs(documentBlock, block, path, reading);
  if (!read) return [];
  const { title, context, source } = read;
  const head = toTexts(path, title, context);
  if (source.type === 'text') return [...head, ...toTexts(path, source.data)];
  return [...head, ...readInner(source.content, `${path}.source.content`, reading)];
}

function readInner(content: z.output<typeof blockContent>, path: string, reading: Reading): ChatPart[] {
  return listBlocks(content, path).flatMap(({ block, path: at }) => {
    const type = typeOf(block, at, reading);
    const parts = type === 'text' || type === 'image' ? readParts(block, at, reading) : null;
    if (!parts) refuse(`${at}.type`, "must be 'text' or 'image' here.", reading);
    return parts ?? [];
  });
}

/** A text part for each that says something. */
export function toTexts(from: string, ...texts: readonly (string | null | undefined)[]): ChatPart[] {
  return texts.flatMap((text) => (text ? [{ type: 'text' as const, text, from }] : []));
}
