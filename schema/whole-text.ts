// A caller's text: one that UTF-8 can hold. Half a surrogate pair becomes another character on its way, or breaks a strict server.
import * as z from 'zod';

const WHOLE_TEXT =
  'holds half of a character (a lone surrogate). Cut texts between characters, or send toWellFormed() of it.';

export const wholeText = z.string().refine((value) => !/\p{Surrogate}/u.test(value), { error: WHOLE_TEXT });

/** An object of the caller's, such as a JSON Schema: its names and texts are whole, too. */
export const wholeObject = z.record(z.string(), z.unknown()).refine(isWhole, { error: WHOLE_TEXT });

function isWhole(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([name, member]) => name.isWellFormed() && isWhole(member));
}
