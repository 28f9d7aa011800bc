// A key as a form says it, in the words of the API's own body. Pure.
import * as z from 'zod';
import type { KeyLimits } from '../../../schema/key-limits.ts';
import { newKeyBody } from '../../auth/bodies.ts';
import type { SaidKey } from '../../auth/bodies.ts';
import { parseJson } from '../../../schema/json.ts';
import { err, ok } from '../../../schema/result.ts';
import type { Result } from '../../../schema/result.ts';

const text = z.string().trim().max(2000).default('');
const many = z.union([z.string(), z.array(z.string())]).default([]);

export const keyForm = z.object({
  name: text,
  scopes: many,
  models: text,
  expires_days: text,
  day: text,
  month: text,
  total: text,
  requests: text,
  defaults: text,
});
export type KeyForm = z.output<typeof keyForm>;

const DAY_S = 86_400;
const MICRO = 1_000_000;

/** `before`: the limits of the key that is changed, of which the form shows a part and the rest stays; undefined for a new key. */
export function readKeyForm(form: KeyForm, before: KeyLimits | null | undefined): Result<SaidKey, z.core.$ZodIssue> {
  const wished = form.defaults === '' ? null : parseJson(form.defaults);
  if (wished === undefined)
    return err({ code: 'custom', path: ['defaults'], message: 'This is no JSON.', input: form.defaults });
  const limits = {
    spend: { day_micro: toMicro(form.day), month_micro: toMicro(form.month), total_micro: toMicro(form.total) },
    requests_per_minute: form.requests === '' ? null : Number(form.requests),
    tokens_per_minute: before?.tokens ?? null,
    concurrent: before?.concurrent ?? null,
    max_job_micro: before?.job ?? null,
  };
  const scopes = [form.scopes].flat();
  const models = form.models.split(',').map((name) => name.trim());
  const said = {
    name: form.name,
    scopes: scopes.length > 0 ? scopes : null,
    models: form.models === '' ? null : models.filter((name) => name !== ''),
    ...((before === undefined || form.expires_days !== 'keep') && {
      expires_in_s: form.expires_days === '' ? null : Number(form.expires_days) * DAY_S,
    }),
    limits,
    defaults: wished,
  };
  const parsed = newKeyBody.safeParse(said);
  if (parsed.success) return ok(parsed.data);
  const [issue] = parsed.error.issues;
  if (issue?.path[0] === 'defaults' && issue.path.length > 1) return err(tellWish(issue, form));
  return err(issue ?? { code: 'custom', path: [], message: 'This is no key.', input: form });
}

/** Of a wish within the JSON: which one, and what it may be. Nothing that is offered stands beside that field. */
function tellWish({ path, message }: z.core.$ZodIssue, { defaults }: KeyForm): z.core.$ZodIssue {
  const name = path.slice(1).map(String).join('.');
  return { code: 'custom', path: ['defaults'], message: `${name}: ${message}`, input: defaults };
}

/** Credits as people write them; what is no number stays none, and is refused by the body's own schema. */
function toMicro(written: string): number | null {
  return written === '' ? null : Math.round(Number(written.replace(',', '.')) * MICRO);
}
