// What an owner says that models can do, as `MODEL=WORD+WORD`. Pure.
import { isNeed, NEEDS } from '../../schema/needs.ts';
import type { Need } from '../../schema/needs.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';

export interface SaidAbility {
  /** A name, or a prefix before a trailing `*`. */
  readonly model: string;
  readonly can: readonly Need[];
}

/** Nothing beside text. */
const NONE = 'none';

/** Errors name the entry and what it has to look like. A model's name may hold `=`: the last one counts. */
export function readCan(entries: readonly string[]): Result<SaidAbility[], string> {
  const said: SaidAbility[] = [];
  for (const entry of entries) {
    const at = entry.lastIndexOf('=');
    const model = entry.slice(0, Math.max(0, at)).trim();
    const words = entry
      .slice(at + 1)
      .split('+')
      .map((word) => word.trim());
    if (model === '') return err(`--can must look like MODEL=tools+json, or MODEL=${NONE}; '${entry}' names no model.`);
    const strange = words.find((word) => !isNeed(word) && word !== NONE);
    if (strange !== undefined)
      return err(`--can ${model}: '${strange}' is none of ${NEEDS.join(', ')}, ${NONE}. Join several with +.`);
    said.push({ model, can: words.filter(isNeed) });
  }
  return ok(said);
}
