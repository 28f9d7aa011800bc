// The OpenAI Responses API as a dialect of chats. Source: https://developers.openai.com/api/reference/resources/responses
import { escapeLines } from '../../schema/quote-json.ts';
import type { ChatCompletion, ChatChunk, Dialect, DialectError } from './dialect.ts';
import { growAnswer } from './responses-answer.ts';
import { renameError } from './rename-error.ts';
import { renameTop } from './responses-faults.ts';
import type { ResponsesFacts } from './responses-facts.ts';
import type { ResponseEvent } from './responses-items.ts';
import { parseResponsesRequest } from './responses-request.ts';

export const responses: Dialect<ResponsesFacts> = {
  parse: parseResponsesRequest,
  openStream: (facts, head) => {
    const answer = growAnswer(facts, head);
    let number = 0;
    const write = (events: readonly ResponseEvent[]): string =>
      events.map((event) => writeEvent(event, number++)).join('');
    return {
      start: () => write(answer.start()),
      take: (chunk) => write(answer.take(chunk)),
      // As OpenAI itself does: comments do not keep clients waiting that count events.
      ping: () => write([{ type: 'keepalive' }]),
      end: () => write(answer.end()),
      fail: (error) => write(answer.fail(renameError(error, renameTop))),
    };
  },
  encodeWhole: (facts, completion) => {
    const answer = growAnswer(facts, completion);
    answer.take(toChunk(completion));
    answer.end();
    return answer.tell();
  },
  encodeError: (error: DialectError) => {
    const { status: _status, ...told } = { param: null, ...renameError(error, renameTop) };
    return { error: told };
  },
};

/** One event as text. `sequence_number` counts the answer's events from 0. */
function writeEvent({ type, ...members }: ResponseEvent, number: number): string {
  const line = escapeLines(JSON.stringify({ type, sequence_number: number, ...members }));
  return `event: ${type}\ndata: ${line}\n\n`;
}

/** A whole answer as the only chunk of a streamed one. */
function toChunk({ choices, ...rest }: ChatCompletion): ChatChunk {
  return {
    ...rest,
    choices: choices.slice(0, 1).map(({ message, ...choice }) => ({
      ...choice,
      delta: {
        content: message.content,
        ...(message.reasoning_content !== undefined && { reasoning_content: message.reasoning_content }),
        ...(message.tool_calls && { tool_calls: message.tool_calls.map((call, index) => ({ ...call, index })) }),
      },
    })),
  };
}
