// The Anthropic Messages API as a dialect of this network: what claude-code and @anthropic-ai/sdk speak.
import type { Dialect } from './dialect.ts';
import { encodeMessage } from './messages-answer.ts';
import type { MessagesFacts } from './messages-answer.ts';
import { encodeMessagesError } from './messages-errors.ts';
import { openMessagesStream } from './messages-events.ts';
import { parseMessages } from './messages-request.ts';

/** `POST /v1/messages`. Its count of tokens is parseTokenCount and encodeTokenCount. */
export const messagesDialect: Dialect<MessagesFacts> = {
  parse: parseMessages,
  openStream: openMessagesStream,
  encodeWhole: encodeMessage,
  encodeError: encodeMessagesError,
};
