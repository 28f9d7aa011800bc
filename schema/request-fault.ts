// Why a request was refused, and the words for what a schema says of it.
import type * as z from 'zod';
import { PROVIDER_FIELDS } from './provider.ts';

/** The field as a path (`messages[0].content`) and a sentence with the remedy. */
export interface RequestFault {
  readonly param: string | null;
  readonly message: string;
  readonly code: 'invalid_value' | 'unsupported_parameter' | 'unknown_parameter' | 'invalid_json';
}

/** The deepest issue of a zod failure as a fault: unions report the branch that fits the value best, which is not one of another type. */
export function describeIssue(issue: z.core.$ZodIssue | undefined, body: unknown): RequestFault {
  if (!issue) return { param: null, code: 'invalid_value', message: 'The request is not valid.' };
  if (issue.code === 'invalid_union') {
    const inners = issue.errors.flat().filter((one) => one.path.length > 0 || one.code !== 'invalid_type');
    const inner = inners.toSorted((a, b) => b.path.length - a.path.length)[0];
    if (inner) return describeIssue({ ...inner, path: [...issue.path, ...inner.path] }, body);
  }
  if (issue.code === 'unrecognized_keys') return describeStranger([...issue.path, issue.keys[0] ?? ''], issue.path);
  const param = formatPath(issue.path);
  if (/^messages\[\d+\]\.content\[\d+\]\.type$/.test(param)) {
    const told = `'${param}' must be 'text' or 'image_url': audio and files are not supported.`;
    return { param, code: 'unsupported_parameter', message: told };
  }
  if (/^messages\[\d+\]\.audio/.test(param)) {
    return { param, code: 'unsupported_parameter', message: `'${param}' is not supported. Leave it out.` };
  }
  const message = isMissing(body, issue.path)
    ? `'${param}' is missing.`
    : `Invalid value for '${param}': ${issue.message.replace(/^Invalid input: /, '')}`;
  return { param: param || null, code: 'invalid_value', message };
}

function describeStranger(full: readonly PropertyKey[], parent: readonly PropertyKey[]): RequestFault {
  const path = formatPath(full);
  if (parent[0] === 'provider' && parent.length === 1) {
    const told = `'${path}' is not known. Leave it out; 'provider' may hold ${PROVIDER_FIELDS.join(', ')}.`;
    return { param: path, code: 'unknown_parameter', message: told };
  }
  return { param: path, code: 'unsupported_parameter', message: `'${path}' is not supported. Leave it out.` };
}

function isMissing(body: unknown, path: readonly PropertyKey[]): boolean {
  let value = body;
  for (const step of path) value = (value as Readonly<Record<PropertyKey, unknown>> | null | undefined)?.[step];
  return path.length > 0 && value === undefined;
}

function formatPath(path: readonly PropertyKey[]): string {
  let text = '';
  for (const step of path) text += typeof step === 'number' ? `[${step}]` : text ? `.${String(step)}` : String(step);
  return text.slice(0, 120);
}
