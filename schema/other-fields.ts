// Fields of a request that its schema does not name: samplers, which a home may have, hints, what is left out, and what is refused by name. Pure.
import * as z from 'zod';
import { judgeField, samplerOf } from './left-out.ts';
import type { Sampler } from './needs.ts';
import { describeIssue } from './request-fault.ts';
import type { RequestFault } from './request-fault.ts';
import { err, ok } from './result.ts';
import type { Result } from './result.ts';

/** Names of fields that were left out, told to the caller at most. */
export const MAX_IGNORED = 32;
const samplerValue = z.number().min(-1e6).max(1e6).nullish();

export interface Others {
  readonly samplers: Partial<Record<Sampler, number>>;
  readonly ignored: readonly string[];
}

/** What the fields say that stand in no `shape`. The error names the first one that is wrong. */
export function readOthers(
  body: Readonly<Record<string, unknown>>,
  shape: Readonly<Record<string, unknown>>,
): Result<Others, RequestFault> {
  const samplers: Partial<Record<Sampler, number>> = {};
  const ignored: string[] = [];
  for (const [field, value] of Object.entries(body)) {
    if (Object.hasOwn(shape, field)) continue;
    const sampler = samplerOf(field);
    if (sampler) {
      const parsed = samplerValue.safeParse(value);
      if (!parsed.success) {
        const [issue] = parsed.error.issues;
        return err(describeIssue(issue && { ...issue, path: [field] }, body));
      }
      if (parsed.data != null) samplers[sampler] = parsed.data;
      continue;
    }
    const became = judgeField(field, value);
    const shown = field.slice(0, 64);
    if (became === 'refused')
      return err({
        param: shown,
        code: 'unsupported_parameter',
        message: `'${shown}' is not supported. Leave it out.`,
      });
    if (became === 'ignored' && ignored.length < MAX_IGNORED) ignored.push(shown);
  }
  return ok({ samplers, ignored });
}
