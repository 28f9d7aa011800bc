import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { COMMENT_LINE, DONE_EVENT, encodeFinishChunk, formChunk, makeChunkWriter } from './chunks.ts';
import { readChunks } from './read-chunks.ts';
import { mendEvent } from './mend-event.ts';

const head = { id: 'chatcmpl-1', created: 1_700_000_000, model: 'm' };
const form = formChunk(head);
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array): string => new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);

const text = fc.string({
  unit: fc.constantFrom('a', ' ', '"', '\\', '\n', '火', '🔥', 'é', '\u2028', '\u0001'),
  minLength: 1,
});

describe('an event that is cut short', () => {
  test('of a call is made whole wherever it was cut, with what stood in it of the arguments', () => {
    fc.assert(
      fc.property(text, fc.boolean(), fc.boolean(), fc.boolean(), (said, isBegin, isFirst, isOld) => {
        const old = isOld ? { ...head, isFunctionCall: true } : head;
        const begun = isBegin ? { begun: { id: 'call_1', name: 'look' } } : {};
        const event = encode(makeChunkWriter(old, !isFirst).call({ index: 3, ...begun, arguments: said }));
        for (let at = 1; at < event.length; at++) {
          const rest = mendEvent(event.subarray(0, at), formChunk(old));
          if (rest === null) continue;
          const whole = decode(new Uint8Array([...event.subarray(0, at), ...rest]));
          expect(whole.endsWith('\n\n')).toBe(true);
          expect(() => JSON.parse(whole.slice('data: '.length))).not.toThrow();
          expect(said.startsWith(readChunks(whole).calls[0]?.arguments ?? '')).toBe(true);
        }
        const last = mendEvent(event.subarray(0, -1), formChunk(old));
        expect(last && decode(last)).toBe('\n');
      }),
    );
  });

  test('is made whole wherever it was cut, with what stood in it of the text and nothing else; within a character it is not', () => {
    fc.assert(
      fc.property(text, fc.boolean(), fc.boolean(), (said, isThinking, isFirst) => {
        const writer = makeChunkWriter(head, !isFirst);
        const event = encode(isThinking ? writer.thinking(said) : writer.content(said));
        for (let at = 1; at < event.length; at++) {
          const rest = mendEvent(event.subarray(0, at), form);
          if (rest === null) continue;
          const whole = decode(new Uint8Array([...event.subarray(0, at), ...rest]));
          expect(whole.endsWith('\n\n')).toBe(true);
          expect(() => JSON.parse(whole.slice('data: '.length))).not.toThrow();
          const read = readChunks(whole);
          expect(said.startsWith(isThinking ? read.thinking : read.text)).toBe(true);
          expect(isThinking ? read.text : read.thinking).toBe('');
        }
      }),
    );
  });

  test.each([
    ['half of a character', new Uint8Array([...encode(`${form.start}${form.fields.text}"a`), 0xe7, 0x81])],
    ['half of an escape', encode(`${form.start}${form.fields.text}"a\\u20`)],
    ['a backslash', encode(`${form.start}${form.fields.text}"a\\`)],
    ['half of a pair', encode(`${form.start}${form.fields.text}"a\\ud83d`)],
    ['another event', encodeFinishChunk(head, 'stop', { role: false }).subarray(0, -20)],
  ])('behind %s nobody can complete it', (_, cut) => {
    expect(mendEvent(cut, form)).toBeNull();
  });

  test('an escaped backslash is a whole character', () => {
    const rest = mendEvent(encode(`${form.start}${form.fields.text}"a\\\\`), form);
    expect(rest && decode(rest)).toBe(`"${form.end}`);
  });
});

test('comments are whole lines, the terminator is completed, and nothing lacks nothing', () => {
  for (let at = 1; at <= COMMENT_LINE.length; at++) {
    const cut = COMMENT_LINE.subarray(0, at);
    const rest = mendEvent(new Uint8Array([...COMMENT_LINE, ...cut]), form);
    expect(rest && decode(rest)).toBe(at === COMMENT_LINE.length ? '' : '\n');
  }
  for (let at = 'data: ['.length; at < DONE_EVENT.length; at++) {
    const rest = mendEvent(DONE_EVENT.subarray(0, at), form);
    expect(rest && decode(DONE_EVENT.subarray(0, at)) + decode(rest)).toBe(decode(DONE_EVENT));
  }
  expect(mendEvent(new Uint8Array(0), form)).toEqual(new Uint8Array(0));
});
