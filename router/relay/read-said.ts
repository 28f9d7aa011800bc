// What the kept bytes of a part say once it has ended: whether it ended well, what another home may go on from, and what the caller's stream still lacks. Pure.
import { ANSWERS } from '../../schema/answers.ts';
import { concatBytes } from '../../schema/bytes.ts';
import { DONE_EVENT } from '../../schema/chunks.ts';
import type { AnswerText, ChunkHead, FinalFacts } from '../../schema/chunks.ts';
import { parseJson } from '../../schema/json.ts';
import { JoinedCalls } from '../../schema/joined-calls.ts';
import type { JobKind } from '../../schema/job-kinds.ts';
import { mendEvent } from '../../schema/mend-event.ts';

export interface PartSaid extends AnswerText {
  /** Events of text, and of thinking: about as many tokens, where nobody is left who counted them. */
  readonly textEvents: number;
  readonly thinkingEvents: number;
  /** The facts of its last events; null where it has none, since it broke off. */
  readonly facts: FinalFacts | null;
  /** What the caller's stream lacks to be whole events; null where nothing can complete it, or its last events were cut short. */
  readonly missing: Uint8Array | null;
  /** Comments were the last of it. */
  readonly isSilent: boolean;
}

const decoder = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true });
const END = '\n\n';
const NEWLINE = 0x0a;
const NOTHING = new Uint8Array(0);
const DONE = decoder.decode(DONE_EVENT);
/** Last events are some kilobytes at most. */
const LAST_CHARS = 16 * 1024;

/** The facts of an answer that has its last events, the terminator among them; null for any other. */
export function readFacts(kept: Uint8Array): FinalFacts | null {
  const text = decoder.decode(kept.subarray(Math.max(0, kept.length - LAST_CHARS)));
  if (!text.endsWith(DONE)) return null;
  return findFacts(text.split(END));
}

/** All of it, of a part that broke off. */
export function readSaid(kept: Uint8Array, { kind, chunk }: { kind: JobKind; chunk: ChunkHead }): PartSaid {
  const { readEvents, form } = ANSWERS[kind];
  const cutAt = findCut(kept);
  const rest = kept.subarray(cutAt);
  const mended = mendEvent(rest, form(chunk));
  const events = decoder.decode(concatBytes([kept, mended ?? NOTHING])).split(END);
  const calls = new JoinedCalls();
  let [text, thinking, textEvents, thinkingEvents] = ['', '', 0, 0];
  for (const event of events) {
    const said = readEvents(event);
    text += said.text;
    thinking += said.thinking;
    calls.add(said.calls);
    if (said.text !== '' || said.calls.length > 0) textEvents++;
    if (said.thinking !== '') thinkingEvents++;
  }
  const facts = findFacts(events);
  const isFinished = facts !== null || events.some((event) => isLast(event));
  // Where its reason has been told only the terminator may be missing, behind the facts.
  const missing = !isFinished ? mended : !facts ? null : rest.length > 0 ? mended : DONE_EVENT;
  const isSilent = rest.length > 0 && rest.at(-1) === NEWLINE;
  return { text, thinking, calls: calls.join(), textEvents, thinkingEvents, facts, missing, isSilent };
}

function findCut(kept: Uint8Array): number {
  for (let at = kept.length; at >= 2; at--) if (kept[at - 1] === 0x0a && kept[at - 2] === 0x0a) return at;
  return 0;
}

function findFacts(events: readonly string[]): FinalFacts | null {
  for (const event of events.slice(-4).toReversed()) {
    const json = jsonOf(event);
    if (json?.irori) return json.irori;
  }
  return null;
}

function isLast(event: string): boolean {
  return event.includes('"finish_reason":"') && typeof jsonOf(event)?.choices?.[0]?.finish_reason === 'string';
}

/** Of an event, behind comments. Written by our own hub and checked by it, so its shape is trusted. */
function jsonOf(event: string): LastJson | null {
  const at = event.lastIndexOf('data: {');
  return at < 0 ? null : ((parseJson(event.slice(at + 'data: '.length)) as LastJson | undefined) ?? null);
}

interface LastJson {
  readonly irori?: FinalFacts;
  readonly choices?: readonly { readonly finish_reason?: unknown }[];
}
