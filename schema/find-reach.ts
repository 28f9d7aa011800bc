// What in a request would make a model server reach for something that is not in it: a picture at an address or in a file, a schema that points to
// another one. Servers follow both (llama-server and vLLM `image_url`, libraries for JSON Schema `$ref`), from inside the home's network. Pure.
import type { JobRequest } from './job-request.ts';
import type { Message } from './message.ts';
import { isPictureUri, PICTURE_TOLD } from './picture-uri.ts';

/** Which field, and what it must be. */
export interface Reach {
  readonly param: string;
  readonly told: string;
}

export const SCHEMA_TOLD =
  "may point to its own parts only: each '$ref' must begin with '#'. Nothing is fetched from other addresses.";

const POINTERS: ReadonlySet<string> = new Set(['$ref', '$dynamicRef', '$recursiveRef']);

/** The first such field; null where the request is complete in itself. */
export function findReach(request: JobRequest): Reach | null {
  if (request.kind !== 'chat') return null;
  for (const [i, message] of request.messages.entries()) {
    const param = findForeignPicture(message, i);
    if (param !== null) return { param, told: PICTURE_TOLD };
  }
  for (const [i, { function: tool }] of (request.tools ?? []).entries())
    if (pointsElsewhere(tool.parameters)) return { param: `tools[${i}].function.parameters`, told: SCHEMA_TOLD };
  const { responseFormat } = request;
  const schema = responseFormat?.type === 'json_schema' ? responseFormat.json_schema.schema : undefined;
  return pointsElsewhere(schema) ? { param: 'response_format.json_schema.schema', told: SCHEMA_TOLD } : null;
}

function findForeignPicture({ content }: Message, at: number): string | null {
  if (typeof content === 'string') return null;
  const part = content.findIndex((one) => one.type === 'image_url' && !isPictureUri(one.image_url.url));
  return part < 0 ? null : `messages[${at}].content[${part}].image_url.url`;
}

/** True where a schema, however deep, takes part of itself from elsewhere. Its data counts too: `#/default` points there. */
export function pointsElsewhere(schema: unknown): boolean {
  const open: unknown[] = [schema];
  for (let value = open.pop(); value !== undefined || open.length > 0; value = open.pop()) {
    if (typeof value !== 'object' || value === null) continue;
    for (const [name, inner] of Object.entries(value)) {
      if (POINTERS.has(name) && typeof inner === 'string' && !inner.startsWith('#')) return true;
      if (typeof inner === 'object') open.push(inner);
    }
  }
  return false;
}
