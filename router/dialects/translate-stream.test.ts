// A chat's bytes become another API's events, however they are cut, and there is always an end.
import { expect, test } from 'vitest';
import type { DialectStream } from './dialect.ts';
import { translateStream } from './translate-stream.ts';

const encoder = new TextEncoder();

function tellAll(): DialectStream {
  return {
    start: () => 'start|',
    take: ({ choices }) => `${choices[0]?.delta.content ?? 'usage'}|`,
    ping: () => 'ping|',
    end: () => 'end|',
    fail: ({ code }) => `fail ${code}|`,
  };
}

const chunk = (content: string): string =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`;
const DONE = 'data: [DONE]\n\n';

async function translate(pieces: readonly Uint8Array[]): Promise<string> {
  const source = new ReadableStream<Uint8Array>({
    start: (controller) => {
      for (const one of pieces) controller.enqueue(one);
      controller.close();
    },
  });
  return new Response(source.pipeThrough(translateStream(tellAll()))).text();
}

test('chunks, comments and the end are told in their order, whatever pieces the bytes come in', async () => {
  const bytes = encoder.encode(`: wait\n\n${chunk('é日')}${chunk('b')}data: {"choices":[],"usage":{}}\n\n${DONE}`);
  const single = Array.from(bytes, (byte) => Uint8Array.of(byte));
  for (const pieces of [[bytes], single]) expect(await translate(pieces)).toBe('start|ping|é日|b|usage|end|');
});

test('an error ends it, and nothing is told behind that', async () => {
  const error = `data: ${JSON.stringify({ choices: [], error: { message: 'm', type: 't', code: 'gone' } })}\n\n`;
  expect(await translate([encoder.encode(chunk('a') + error + chunk('b') + DONE)])).toBe('start|a|fail gone|');
});

test('an event that was cut short says nothing, and the error behind it ends it', async () => {
  const error = `data: ${JSON.stringify({ choices: [], error: { message: 'm', type: 't', code: 'gone' } })}\n\n`;
  expect(await translate([encoder.encode(`${chunk('a')}data: {"choices":[{"de\n\n${error}`)])).toBe('start|a|fail gone|');
});

test('a stream that stops without a word still has an end, and no good one', async () => {
  expect(await translate([encoder.encode(chunk('a'))])).toBe('start|a|fail home_failed|');
});
