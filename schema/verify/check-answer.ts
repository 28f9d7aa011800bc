// Whether a streamed answer, as its caller saved it, is what homes have signed for: sha256(salt ‖ the events that the home wrote). Pure.
import { sha256 } from '@noble/hashes/sha2.js';
import { fromHex, toHex } from '../bytes.ts';
import type { Hex } from '../bytes.ts';
import type { ReceiptBundle } from '../check-bundle.ts';
import { receiptIdOf, wordToJobId } from '../ids.ts';

/** What the router writes between a home's events: a chunk that says nothing follows each silence. */
const SILENCES = ['"delta":{"content":""}', '"text":""'].map((said) => `${said},"logprobs":null,"finish_reason":null`);
/** Every event of a home has it; the last ones, which the router writes, tell a reason. */
const UNFINISHED = '"finish_reason":null';

export interface AnswerCheck {
  readonly id: string;
  /** True where the part's events stand in the answer. */
  readonly isSame: boolean;
  /** How many of them. */
  readonly events: number;
}

/**
 * `saved`: the body of a streamed chat or completion to the letter, as `curl -N` writes it. Parts of one job follow one another in it; each is looked for
 * where the one before ended. Of an answer that was not streamed, or told by another API, nothing can be found: those are other bytes.
 */
export function checkAnswer(bundles: readonly ReceiptBundle[], saved: string): AnswerCheck[] {
  const answers = splitAnswers(saved);
  const jobs = new Map<Hex, ReceiptBundle[]>();
  for (const bundle of bundles)
    if (bundle.receipt) jobs.set(bundle.ticket.jobId, [...(jobs.get(bundle.ticket.jobId) ?? []), bundle]);
  return [...jobs.values()].flatMap((parts) => {
    const sorted = parts.toSorted((a, b) => a.ticket.part - b.ticket.part);
    // Before a text that goes on its prompt may stand (`echo`), which no home wrote.
    const tries = answers.flatMap((events) => [checkParts(sorted, events), checkParts(sorted, events.slice(1))]);
    return tries.find((one) => one.some(({ isSame }) => isSame)) ?? checkParts(sorted, []);
  });
}

/** The homes' events of each answer that the body tells: of one, mostly. */
function splitAnswers(saved: string): string[][] {
  const answers = new Map<string, string[]>();
  for (const block of saved.split('\n\n')) {
    const data = block.split('\n').filter((line) => line.startsWith('data: '));
    const [event] = data;
    if (!event || data.length > 1 || !event.includes(UNFINISHED) || SILENCES.some((one) => event.includes(one)))
      continue;
    const index = /"choices":\[\{"index":(\d+)/.exec(event)?.[1] ?? '0';
    answers.set(index, [...(answers.get(index) ?? []), `${event}\n\n`]);
  }
  return [...answers.values()];
}

function checkParts(parts: readonly ReceiptBundle[], events: readonly string[]): AnswerCheck[] {
  let from = 0;
  return parts.map(({ ticket, receipt }) => {
    const id = receiptIdOf(wordToJobId(ticket.jobId), ticket.part);
    const found = receipt ? findEnd(events.slice(from), { salt: ticket.salt, hash: receipt.responseHash }) : null;
    from += found ?? 0;
    return { id, isSame: found !== null, events: found ?? 0 };
  });
}

/** After how many events the hash is the signed one; null where it never is. */
function findEnd(events: readonly string[], { salt, hash }: { readonly salt: Hex; readonly hash: Hex }): number | null {
  const growing = sha256.create().update(fromHex(salt));
  for (let end = 0; ; end++) {
    if (toHex(growing.clone().digest()) === hash) return end;
    const event = events[end];
    if (event === undefined) return null;
    growing.update(encoder.encode(event));
  }
}

const encoder = new TextEncoder();
