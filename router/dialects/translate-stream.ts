// A chat's stream as another API's: every chunk is read and told in that API's events, comments keep its clients waiting, and whatever comes to the chat's stream
// this one has an end.
import { createParser } from 'eventsource-parser';
import type { StreamError } from '../../schema/chunks.ts';
import { parseJson } from '../../schema/json.ts';
import type { ChatChunk, DialectStream } from './dialect.ts';

const encoder = new TextEncoder();

/** What the chat's stream says at its good end. */
const DONE = '[DONE]';
const BROKEN: StreamError = { message: 'The answer broke off.', type: 'server_error', code: 'home_failed' };

/** Takes the bytes of a chat's stream and gives those of the other API's. It holds nothing back: what a chunk says goes out with it. */
export function translateStream(stream: DialectStream): TransformStream<Uint8Array, Uint8Array> {
  const decoder = new TextDecoder();
  let written = '';
  let isOver = false;
  const finish = (last: string): void => {
    isOver = true;
    written += last;
  };
  const parser = createParser({
    onEvent: ({ data }) => {
      if (isOver) return;
      if (data === DONE) return finish(stream.end());
      const chunk = parseJson(data) as ChatChunk | undefined;
      // Cut short where its hub was lost: the event behind it tells that the answer broke off.
      if (!chunk) return;
      if (chunk.error) finish(stream.fail(chunk.error));
      else written += stream.take(chunk);
    },
    onComment: () => {
      if (!isOver) written += stream.ping();
    },
  });
  const give = (controller: TransformStreamDefaultController<Uint8Array>): void => {
    if (written !== '') controller.enqueue(encoder.encode(written));
    written = '';
  };
  return new TransformStream<Uint8Array, Uint8Array>({
    start: (controller) => {
      written = stream.start();
      give(controller);
    },
    transform: (bytes, controller) => {
      parser.feed(decoder.decode(bytes, { stream: true }));
      give(controller);
    },
    flush: (controller) => {
      if (!isOver) finish(stream.fail(BROKEN));
      give(controller);
    },
  });
}
