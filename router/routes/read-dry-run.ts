// Whether a body only asks what its call would cost and where it would go: `dry_run`, beside what it would say else. Pure.
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import type { RequestFault } from '../../schema/request-fault.ts';

export interface ReadDryRun {
  readonly isDryRun: boolean;
  /** Without the field. */
  readonly body: unknown;
}

/** As JSON writes it, and as a form does. */
const WORDS: ReadonlyMap<unknown, boolean> = new Map<unknown, boolean>([
  [true, true],
  ['true', true],
  [false, false],
  ['false', false],
  [null, false],
]);

/** Errors: `dry_run` that is neither true nor false. What is no object is left to whoever reads it. */
export function readDryRun(body: unknown): Result<ReadDryRun, RequestFault> {
  if (typeof body !== 'object' || body === null || !Object.hasOwn(body, 'dry_run'))
    return ok({ isDryRun: false, body });
  const { dry_run: said, ...rest } = body as Record<string, unknown>;
  const isDryRun = WORDS.get(said);
  if (isDryRun === undefined)
    return err({ param: 'dry_run', code: 'invalid_value', message: "'dry_run' must be true or false." });
  return ok({ isDryRun, body: rest });
}
