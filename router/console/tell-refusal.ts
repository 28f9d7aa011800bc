// A refusal in its reader's language: of a field by what it takes, of anything else by its code; with the API's English sentence where that says more. Pure.
import type * as z from 'zod';
import { ApiError } from '../errors.ts';
import { formatCount } from '../look/format-number.ts';
import { formatSpan } from '../look/format-time.ts';
import type { Locale } from '../look/words.ts';
import { OWN_REFUSALS_JA, WHOLE_REFUSALS_JA } from './own-refusals.ts';
import { FIELD_REFUSALS_JA, REFUSAL_WORDS, REFUSALS_JA } from './refusal-words.ts';

type Issue = z.core.$ZodIssue;

/** A form whose field was not as it must be. */
export class FormFault extends ApiError {
  readonly issue: Issue;

  constructor(issue: Issue) {
    const param = issue.path.map(String).join('.').slice(0, 100) || null;
    super('invalid_value', `${param ?? 'The form'}: ${issue.message}`, { param });
    this.issue = issue;
  }
}

export interface ToldRefusal {
  readonly told: string;
  /** Null where `told` says it all. */
  readonly english: string | null;
}

export function tellRefusal(error: ApiError, locale: Locale): ToldRefusal {
  if (error instanceof FormFault) {
    const isOwn = error.issue.code === 'custom' || error.issue.code === 'invalid_format';
    const told = tellIssue(error.issue, locale);
    const japanese = locale === 'ja' && isOwn ? OWN_REFUSALS_JA[error.issue.message] : undefined;
    if (japanese !== undefined) return { told: japanese, english: null };
    // What our own schemas say they say in English, and well.
    const own = isOwn ? tellOwn(error.issue.message) : null;
    if (told === null && locale === 'en') return { told: own ?? error.message, english: null };
    return { told: told ?? tellCode(error).told, english: locale === 'ja' ? own : null };
  }
  return locale === 'en' ? { told: tellField(error), english: null } : tellCode(error);
}

/** Beside a field its name as the API has it says nothing: `'url' must be …`. */
function tellField({ message, options }: ApiError): string {
  const named = `'${options.param ?? ''}' `;
  return message.startsWith(named) ? tellOwn(message.slice(named.length)) : message;
}

function tellCode(error: ApiError): ToldRefusal {
  const { code, options, message } = error;
  const words = REFUSAL_WORDS.ja;
  const field = `${code}:${options.param ?? ''}` as const;
  const known = OWN_REFUSALS_JA[message];
  // The sentence itself says more than its field, which stands for several.
  const own = known ?? FIELD_REFUSALS_JA[field] ?? REFUSALS_JA[code];
  const again = options.retryAfterS === undefined ? '' : words.again(formatSpan(options.retryAfterS * 1000, 'ja'));
  return { told: own + again, english: known !== undefined || WHOLE_REFUSALS_JA.has(field) ? null : message };
}

/** Null where the schema's own words are better than any here. */
function tellIssue(issue: Issue, locale: Locale): string | null {
  const words = REFUSAL_WORDS[locale];
  const count = (value: number | bigint): string => formatCount(Number(value), locale);
  const isText = 'origin' in issue && issue.origin === 'string';
  switch (issue.code) {
    case 'too_small':
      if (isText) return Number(issue.minimum) <= 1 ? words.missing : words.shortest(count(issue.minimum));
      return issue.origin === 'array' ? words.missing : words.least(count(issue.minimum));
    case 'too_big':
      return isText ? words.longest(count(issue.maximum)) : words.most(count(issue.maximum));
    case 'invalid_type':
      if (issue.expected === 'int') return words.whole;
      return issue.expected === 'number' ? words.number : words.missing;
    case 'invalid_format':
      return issue.format === 'email' ? words.email : issue.format === 'url' ? words.url : null;
    case 'invalid_value':
      return words.choice;
    case 'unrecognized_keys':
      return words.unknown;
    case 'not_multiple_of':
    case 'invalid_union':
    case 'invalid_key':
    case 'invalid_element':
      return words.other;
    case 'custom':
      return null;
  }
}

/** `must not hold …`: a sentence of its own. */
function tellOwn(message: string): string {
  const sentence = message.startsWith('must ') ? `It ${message}` : message;
  return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`;
}
