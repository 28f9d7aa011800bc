import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ANSWERS } from '../../schema/answers.ts';
import { makeChunkWriter } from '../../schema/chunks.ts';
import { encodeLastWord } from '../../schema/records.ts';
import { WholeText } from './whole-text.ts';

const head = { id: 'chatcmpl-1', created: 1, model: 'm' };

/** The events of an answer whose odd pieces are thoughts. */
function write(pieces: readonly string[]): Uint8Array {
  const writer = makeChunkWriter(head);
  const events = pieces.map((piece, i) => (i % 2 === 1 ? writer.thinking(piece) : writer.content(piece)));
  return new TextEncoder().encode(events.join(''));
}

test('however the bytes of an answer are cut, its text and its thoughts are the same', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme', minLength: 1 })), fc.array(fc.nat(3000)), (pieces, cuts) => {
      const bytes = write(pieces);
      const whole = new WholeText(ANSWERS.chat);
      let at = 0;
      for (const cut of [...cuts, bytes.length]) whole.add(bytes.subarray(at, (at = Math.min(bytes.length, at + cut))));
      expect(whole.end()).toEqual({
        text: pieces.filter((_, i) => i % 2 === 0).join(''),
        thinking: pieces.filter((_, i) => i % 2 === 1).join(''),
        calls: [],
        told: null,
      });
    }),
  );
});

test('what is kept is the text, not the events around it', () => {
  const whole = new WholeText(ANSWERS.chat);
  const bytes = write(Array.from({ length: 10_000 }, () => 'word '));
  whole.add(bytes);
  expect(bytes.length).toBeGreaterThan(1_000_000);
  expect(whole.chars).toBe(50_000);
});

test('an event without an end counts', () => {
  const whole = new WholeText(ANSWERS.chat);
  for (let i = 0; i < 10; i++) whole.add(new TextEncoder().encode('x'.repeat(1000)));
  expect(whole.chars).toBe(10_000);
});

test('the hub’s last word is none of the text, however its bytes are cut; half of it is none', () => {
  const told = { kind: 'running' } as const;
  const bytes = new Uint8Array([...write(['a']), ...encodeLastWord(told)]);
  for (let at = 0; at <= bytes.length; at++) {
    const whole = new WholeText(ANSWERS.chat);
    whole.add(bytes.subarray(0, at));
    whole.add(bytes.subarray(at));
    expect(whole.end()).toEqual({ text: 'a', thinking: '', calls: [], told });
  }
  const half = new WholeText(ANSWERS.chat);
  half.add(bytes.subarray(0, -9));
  expect(half.end()).toEqual({ text: 'a', thinking: '', calls: [], told: null });
});
