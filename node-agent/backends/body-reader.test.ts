import { expect, test } from 'vitest';
import { BodyReader } from './body-reader.ts';

/** What is read when the body comes in chunks of `size` bytes: at once, and at its end. */
function read(text: string, size: number): { events: string[]; rest: readonly string[]; isOneObject: boolean } {
  const bytes = new TextEncoder().encode(text);
  const body = new BodyReader();
  const events: string[] = [];
  for (let at = 0; at < bytes.length; at += size) events.push(...body.feed(bytes.subarray(at, at + size)));
  return { events, rest: body.end(), isOneObject: body.isOneObject };
}

const ONE = String.raw`{"choices":[{"message":{"content":"a } { \" \\"},"囲":"}"}]}`;

test.each([1, 2, 7, 10_000])('a JSON object is read where it ends, in chunks of %i bytes', (size) => {
  expect(read(`\ufeff \n${ONE}`, size)).toMatchObject({ rest: [], isOneObject: true });
  expect(read(ONE, size).events).toEqual([ONE]);
  const { events, isOneObject } = read(`${ONE}\n${ONE}\n`, size);
  expect([events.map((text) => text.trim()), isOneObject]).toEqual([[ONE, ONE], false]);
});

test('what is cut is no object, and what follows one stands alone', () => {
  expect(read(ONE.slice(0, -1), 5)).toEqual({ events: [], rest: [ONE.slice(0, -1)], isOneObject: false });
  expect(read(`${ONE}\n[DONE]`, 5)).toMatchObject({ events: [ONE], rest: ['\n[DONE]'] });
});

test('a body over 4 MiB is refused instead of growing', () => {
  const body = new BodyReader();
  const piece = new TextEncoder().encode(`{"a":"${'x'.repeat(1 << 20)}`);
  expect(() => {
    for (let i = 0; i < 5; i += 1) body.feed(piece);
  }).toThrow(RangeError);
});
