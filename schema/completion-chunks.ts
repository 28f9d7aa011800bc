// The bytes of a text that goes on, as the API's older endpoint tells it: events of `text_completion`, and the whole answer.
import { encodeEvent, makeUsage, withEnergy } from './chunks.ts';
import type {
  ChunkHead,
  EventForm,
  FinalFacts,
  FinishExtra,
  FinishReason,
  StreamError,
  Usage,
  WholeAnswer,
} from './chunks.ts';
import type { SaidText } from './read-chunks.ts';
import { parseJson } from './json.ts';
import { quoteText } from './quote-json.ts';

const SLOT: EventForm['logprobs'] = { before: ',"logprobs":', after: ',"finish_reason":null}]}\n\n' };

/** Source of the shape: the OpenAI API's completion object, which its streams use for each piece as well. */
export function formCompletion(head: ChunkHead): EventForm {
  const { id, object, created, model } = base(head);
  return {
    start: `data: {"id":${quoteText(id)},"object":"${object}","created":${created},"model":${quoteText(model)},"choices":[{"index":${head.index ?? 0},`,
    role: '',
    // A server that thinks aloud here has no field for it in this API: clients need the text, be it empty.
    fields: { text: '"text":', thinking: '"text":"","reasoning_content":' },
    again: ',"reasoning":',
    calls: null,
    end: `${SLOT.before}null${SLOT.after}`,
    logprobs: SLOT,
  };
}

interface RawPiece {
  readonly text?: unknown;
  readonly reasoning_content?: unknown;
}

/** Texts of all pieces in complete events, in order; other events add nothing. Errors: none, garbage is skipped. */
export function readCompletions(events: string): SaidText {
  let text = '';
  let thinking = '';
  for (const line of events.split('\n')) {
    if (!line.startsWith('data: {')) continue;
    const event = parseJson(line.slice('data: '.length)) as { choices?: readonly RawPiece[] } | null | undefined;
    const piece = event?.choices?.[0];
    if (typeof piece?.text === 'string') text += piece.text;
    if (typeof piece?.reasoning_content === 'string') thinking += piece.reasoning_content;
  }
  return { text, thinking, calls: [] };
}

/** What stands before the answer: the prompt, where its caller wants that back. Null for none. */
export function encodeEcho(head: ChunkHead): Uint8Array | null {
  return head.echo ? encodeEvent({ ...base(head), choices: [piece(head, head.echo, null)] }) : null;
}

export function encodeEmptyCompletion(head: ChunkHead): Uint8Array {
  return encodeEvent({ ...base(head), choices: [piece(head, '', null)] });
}

export function encodeCompletionFinish(head: ChunkHead, reason: FinishReason, { irori }: FinishExtra): Uint8Array {
  return encodeEvent({ ...base(head), choices: [piece(head, '', reason)], ...(irori ? { irori } : {}) });
}

export function encodeCompletionUsage(head: ChunkHead, usage: Usage, irori: FinalFacts): Uint8Array {
  return encodeEvent({ ...base(head), choices: [], usage, irori });
}

export function encodeCompletionError(head: ChunkHead, error: StreamError): Uint8Array {
  const choices = [piece(head, '', 'error')];
  return encodeEvent({ ...base(head), error: { param: null, ...error }, choices });
}

/** The API's completion object, with the network's facts beside it. */
export function encodeTextCompletion(head: ChunkHead, answer: WholeAnswer, irori: FinalFacts): string {
  const { text, thinking, finish } = answer;
  const thought = thinking === '' ? {} : { reasoning_content: thinking };
  return JSON.stringify({
    ...base(head),
    choices: [{ ...piece(head, (head.echo ?? '') + text, finish), ...thought }],
    usage: withEnergy(makeUsage(answer), irori),
    irori,
  });
}

function base({ id, created, model }: ChunkHead): { id: string; object: string; created: number; model: string } {
  return { id, object: 'text_completion', created, model };
}

function piece(head: ChunkHead, text: string, finish: FinishReason | 'error' | null): object {
  return { index: head.index ?? 0, text, logprobs: null, finish_reason: finish };
}
