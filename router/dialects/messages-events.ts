// The events of a streamed answer in the Messages API, from message_start to message_stop, as a state machine over the chunks of a chat. Source: the
// Anthropic API's documentation, "Streaming Messages", and the stream readers of @anthropic-ai/sdk.
import type { Usage } from '../../schema/chunks.ts';
import type { ChatChunk, ChatFinish, DialectStream } from './dialect.ts';
import { describeEnd, makeMessage, toMessageId, toStopReason, toUsage } from './messages-answer.ts';
import type { MessagesFacts } from './messages-answer.ts';
import { encodeEventError } from './messages-errors.ts';
import { listPieces, makeBlockWriter, writeEvent } from './messages-pieces.ts';

/** Writes the events of one answer. Errors past rescue become an `error` event, behind which there is no message_stop. */
export function openMessagesStream(facts: MessagesFacts, head: Pick<ChatChunk, 'id' | 'model'>): DialectStream {
  const messageId = toMessageId(head.id);
  const expected = facts.expectedInputTokens ?? 0;
  const blocks = makeBlockWriter(messageId);
  let finish: ChatFinish | null = null;
  let usage: Usage | null = null;
  let irori: object | undefined;
  return {
    start: () => writeEvent('message_start', { message: makeMessage(head, [], null, toUsage(expected, null)) }),
    take: (chunk) => {
      usage = chunk.usage ?? usage;
      irori = chunk.irori ?? irori;
      const [choice] = chunk.choices;
      if (choice?.finish_reason && choice.finish_reason !== 'error') finish = choice.finish_reason;
      return choice ? listPieces(choice.delta, messageId).map(blocks.say).join('') : '';
    },
    ping: () => writeEvent('ping', {}),
    end: () => {
      const rest = blocks.end();
      const delta = describeEnd(toStopReason(finish, blocks.hasCalls()));
      const last = { delta, usage: toUsage(expected, usage), ...(irori && { irori }) };
      return rest + writeEvent('message_delta', last) + writeEvent('message_stop', {});
    },
    fail: (error) => writeEvent('error', encodeEventError(error)),
  };
}
