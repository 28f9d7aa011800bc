// A failure that was found after the request was read, which is told of a chat's fields, in the words of the API that the caller speaks. Pure.
import type { StreamError } from '../../schema/chunks.ts';

/** `rename`: a chat's field by its name in that API; a name of the API's own stays. */
export function renameError<E extends StreamError>(error: E, rename: (field: string) => string): E {
  const { param: field, availability, message } = error;
  if (field == null) return error;
  const param = rename(field);
  const isBlamed = availability && 'excluded_by' in availability && availability.excluded_by === field;
  return {
    ...error,
    param,
    message: message.replaceAll(`'${field}'`, () => `'${param}'`),
    ...(isBlamed && { availability: { ...availability, excluded_by: param } }),
  };
}
