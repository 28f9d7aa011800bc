// A multipart form within a bounded body: a file's bytes, and texts. The platform's own reader takes it apart; nothing of a file's name is kept.
import type { FormFields } from '../../schema/openai-transcription.ts';
import { ApiError } from '../errors.ts';
import type { RawBody } from './read-body.ts';

/** Far above any client's. */
const MAX_FIELDS = 64;

/** Throws ApiError 400 for what is no such form, or says a field twice. */
export async function parseForm({ bytes, type }: RawBody): Promise<FormFields> {
  const form = await new Response(bytes as Uint8Array<ArrayBuffer>, { headers: { 'content-type': type } })
    .formData()
    .catch(() => null);
  if (!form) throw new ApiError('invalid_value', NO_FORM);
  const entries = [...form];
  if (entries.length > MAX_FIELDS)
    throw new ApiError('invalid_value', `The form holds more than ${MAX_FIELDS} fields. Send fewer.`);
  const fields: Record<string, string | Uint8Array> = Object.create(null);
  for (const [name, value] of entries) {
    const param = name.slice(0, 60);
    if (name in fields && !name.endsWith('[]'))
      throw new ApiError('invalid_value', `'${param}' stands in the form twice. Send it once.`, { param });
    fields[name] = typeof value === 'string' ? value : new Uint8Array(await value.arrayBuffer());
  }
  return fields;
}

const NO_FORM =
  "The body is not the form that its header 'content-type' names: multipart/form-data, with a boundary that begins and ends each field.";
