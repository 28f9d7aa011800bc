// Checks a job's receipts in the browser: nothing of it is sent anywhere. Loaded by the playground when there is something to check.
import './parts/no-eval.ts';
import { checkFiles } from '../../schema/verify/check-files.ts';
import { tellPart } from '../../schema/verify/tell-report.ts';

export interface Checked {
  readonly isValid: boolean;
  /** Pairs of what was looked at and what was found, in English as /verify tells them. */
  readonly facts: readonly (readonly [string, string])[];
}

/** `text`: the answer of GET /v1/receipts/{job}. */
export function checkReceipts(text: string): Checked {
  const report = checkFiles([{ name: 'the receipt', text }], null);
  if (!report.ok) return { isValid: false, facts: [['', report.error]] };
  const { verdict, parts } = report.value;
  return { isValid: verdict === 'valid', facts: parts.flatMap((part) => [...tellPart(part)]) };
}
