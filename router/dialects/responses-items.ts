// The items of an answer's output, each with the events that tell how it grows. Source: the streaming events of the OpenAI Responses API,
// https://developers.openai.com/api/reference/resources/responses/streaming-events
import { openCustomInput } from './custom-input.ts';
import type { ChatLogprob } from './dialect.ts';
import { THOUGHT_MARK } from './responses-input.ts';
import type { ResponsesFacts } from './responses-facts.ts';
import type { OwnTool } from './responses-tools.ts';

/** An event before it has its number. */
export interface ResponseEvent {
  readonly type: string;
  readonly [member: string]: unknown;
}
export type ItemStatus = 'in_progress' | 'completed' | 'incomplete';

/** An item that grows by `take`. Every call happens once and in this order: open, takes, close. */
export interface GrowingItem {
  readonly kind: 'message' | 'reasoning' | 'call';
  readonly open: () => readonly ResponseEvent[];
  readonly take: (piece: string, logprobs?: readonly ChatLogprob[]) => readonly ResponseEvent[];
  readonly close: (status: ItemStatus) => readonly ResponseEvent[];
  /** The item as it stands. */
  readonly tell: (status: ItemStatus) => object;
}

/** Where an item stands in its answer. */
export interface ItemPlace {
  readonly id: string;
  /** Its place in `output`. */
  readonly index: number;
}

/** What the model said. */
export function growMessage({ id, index }: ItemPlace): GrowingItem {
  let text = '';
  const logprobs: ChatLogprob[] = [];
  const at = { item_id: id, output_index: index, content_index: 0 };
  const part = (): object => ({ type: 'output_text', text, annotations: [], logprobs });
  const tell = (status: ItemStatus, content: readonly object[] = [part()]): object => {
    return { id, type: 'message', role: 'assistant', status, content };
  };
  return {
    kind: 'message',
    tell,
    open: () => [
      { type: 'response.output_item.added', output_index: index, item: tell('in_progress', []) },
      { type: 'response.content_part.added', ...at, part: part() },
    ],
    take: (delta, more = []) => {
      text += delta;
      for (const one of more) logprobs.push(one);
      return [{ type: 'response.output_text.delta', ...at, delta, logprobs: more }];
    },
    close: (status) => [
      { type: 'response.output_text.done', ...at, text, logprobs },
      { type: 'response.content_part.done', ...at, part: part() },
      { type: 'response.output_item.done', output_index: index, item: tell(status) },
    ],
  };
}

/** What the model thought: as it is, and as a summary for those who asked for one, since no home writes a shorter one. */
export function growReasoning({ id, index }: ItemPlace, { hasSummary, hasEncrypted }: ResponsesFacts): GrowingItem {
  let text = '';
  const at = { item_id: id, output_index: index, content_index: 0 };
  const inSummary = { item_id: id, output_index: index, summary_index: 0 };
  const ifTold = (events: readonly ResponseEvent[]): readonly ResponseEvent[] => (hasSummary ? events : []);
  const part = (): object => ({ type: 'reasoning_text', text });
  const summary = (): object => ({ type: 'summary_text', text });
  const tell = (status: ItemStatus): object => ({
    id,
    type: 'reasoning',
    status,
    summary: hasSummary ? [summary()] : [],
    content: [part()],
    // Those who are told a summary send it back: it is not carried twice.
    ...(hasEncrypted && { encrypted_content: `${THOUGHT_MARK}${hasSummary ? '' : text}` }),
  });
  return {
    kind: 'reasoning',
    tell,
    open: () => [
      {
        type: 'response.output_item.added',
        output_index: index,
        item: { id, type: 'reasoning', status: 'in_progress', summary: [], content: [] },
      },
      { type: 'response.content_part.added', ...at, part: part() },
      ...ifTold([{ type: 'response.reasoning_summary_part.added', ...inSummary, part: summary() }]),
    ],
    take: (delta) => {
      text += delta;
      return [
        { type: 'response.reasoning_text.delta', ...at, delta },
        ...ifTold([{ type: 'response.reasoning_summary_text.delta', ...inSummary, delta }]),
      ];
    },
    close: (status) => [
      { type: 'response.reasoning_text.done', ...at, text },
      { type: 'response.content_part.done', ...at, part: part() },
      ...ifTold([
        { type: 'response.reasoning_summary_text.done', ...inSummary, text },
        { type: 'response.reasoning_summary_part.done', ...inSummary, part: summary() },
      ]),
      { type: 'response.output_item.done', output_index: index, item: tell(status) },
    ],
  };
}

/** A call of one of the caller's tools, in the caller's own words. */
export function growCall(place: ItemPlace, callId: string, tool: OwnTool): GrowingItem {
  return tool.isCustom ? growCustomCall(place, callId, tool) : growFunctionCall(place, callId, tool);
}

function growFunctionCall({ id, index }: ItemPlace, callId: string, tool: OwnTool): GrowingItem {
  let given = '';
  const at = { item_id: id, output_index: index };
  const tell = (status: ItemStatus): object => {
    return { id, type: 'function_call', status, call_id: callId, ...nameOf(tool), arguments: given };
  };
  return {
    kind: 'call',
    tell,
    open: () => [{ type: 'response.output_item.added', output_index: index, item: tell('in_progress') }],
    take: (delta) => {
      given += delta;
      return delta === '' ? [] : [{ type: 'response.function_call_arguments.delta', ...at, delta }];
    },
    close: (status) => [
      { type: 'response.function_call_arguments.done', ...at, name: tool.name, arguments: given },
      { type: 'response.output_item.done', output_index: index, item: tell(status) },
    ],
  };
}

function growCustomCall({ id, index }: ItemPlace, callId: string, tool: OwnTool): GrowingItem {
  let input = '';
  const reader = openCustomInput();
  const at = { item_id: id, output_index: index };
  const tell = (status: ItemStatus): object => {
    return { id, type: 'custom_tool_call', status, call_id: callId, ...nameOf(tool), input };
  };
  const add = (delta: string): readonly ResponseEvent[] => {
    input += delta;
    return delta === '' ? [] : [{ type: 'response.custom_tool_call_input.delta', ...at, delta }];
  };
  return {
    kind: 'call',
    tell,
    open: () => [{ type: 'response.output_item.added', output_index: index, item: tell('in_progress') }],
    take: (piece) => add(reader.take(piece)),
    close: (status) => [
      ...add(reader.end()),
      { type: 'response.custom_tool_call_input.done', ...at, input },
      { type: 'response.output_item.done', output_index: index, item: tell(status) },
    ],
  };
}

function nameOf({ name, namespace }: OwnTool): { readonly name: string; readonly namespace?: string } {
  return { name, ...(namespace !== '' && { namespace }) };
}
