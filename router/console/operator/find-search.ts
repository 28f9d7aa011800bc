// What an operator searches for, by its form: an id leads to what it names, whatever list it was typed into. Pure.
import { isId } from '../../../schema/ids.ts';

export type Search =
  | { readonly of: 'account' | 'key' | 'member' | 'node' | 'job'; readonly id: string }
  | { readonly of: 'address'; readonly id: string }
  | { readonly of: 'text' };

const RECEIPT = /^rcpt_([0-9a-f]{32})_\d{1,6}$/;

export function findSearch(typed: string): Search {
  const id = typed.trim().toLowerCase();
  const named = (
    [
      ['acct', 'account'],
      ['key', 'key'],
      ['mem', 'member'],
      ['node', 'node'],
      ['job', 'job'],
    ] as const
  ).find(([prefix]) => isId(prefix, id));
  if (named) return { of: named[1], id };
  const [, job] = RECEIPT.exec(id) ?? [];
  if (job !== undefined) return { of: 'job', id: `job_${job}` };
  return /^0x[0-9a-f]{40}$/.test(id) ? { of: 'address', id } : { of: 'text' };
}
