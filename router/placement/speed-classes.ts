// What the names of speed classes say. Each is read once an isolate: one look at an edge asks hundreds of times for a handful of names.
import { BoundedMap } from '../../schema/bounded-map.ts';

export interface ClassSpeeds {
  readonly slots: number;
  readonly promptTokensPerS: number;
  readonly decodeTokensPerS: number;
}

/** There are only so many classes; whatever else hubs may write does not fill memory. */
const MAX_CLASSES = 1000;
const classes = new BoundedMap<string, ClassSpeeds | null>(MAX_CLASSES);

/** The middle of a speed class, as `speedClassOf` names it; null for any other text. */
export function readClass(name: string): ClassSpeeds | null {
  const known = classes.get(name);
  if (known !== undefined) return known;
  const [slots = Number.NaN, prompt = Number.NaN, decode = Number.NaN] = name.split('.').map(Number);
  const isClass = Number.isFinite(slots + prompt + decode);
  const read = isClass ? { slots, promptTokensPerS: 2 ** (prompt / 2), decodeTokensPerS: 2 ** (decode / 2) } : null;
  classes.set(name, read);
  return read;
}
