import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formChunk, makeChunkWriter } from '../../schema/chunks.ts';
import { readChunks } from '../../schema/read-chunks.ts';
import { concatBytes } from '../../schema/bytes.ts';
import { makeWeight, weighText } from '../billing/weigh-characters.ts';
import { forgeEvents } from '../test/forge-events.ts';
import { checkEvents, encodeForm } from './check-events.ts';

const head = { id: 'chatcmpl-1', created: 1_700_000_000, model: 'a "quoted"/model 火' };
const form = encodeForm(formChunk(head));
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

function check(events: Uint8Array, { isThinking = false, mayTellRole = false } = {}) {
  const weight = makeWeight();
  const texts = checkEvents(events, { form, mayTellRole, weight }, isThinking);
  return { texts, weight };
}

/** What stands between the quotation marks, as JSON reads it. */
function readTexts(events: Uint8Array, texts: readonly number[]): string {
  let all = '';
  for (let i = 0; i < texts.length; i += 2)
    all += JSON.parse(
      `"${new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(events.subarray(texts[i], texts[i + 1]))}"`,
    );
  return all;
}

const text = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }),
  fc.constantFrom(
    '"',
    '\\',
    '\n',
    '\r\n',
    '\u2028',
    '\u0085',
    '\0',
    '\ud83d',
    '\ude00',
    '\ufeff',
    '\u{10ffff}',
    '/',
    '\u007f',
    'data: [DONE]\n\n',
  ),
);

describe('an answer as agents write it', () => {
  test('passes whatever it says, and is read and weighed as what it says', () => {
    fc.assert(
      fc.property(
        fc.array(text, { minLength: 1, maxLength: 5 }),
        fc.boolean(),
        fc.boolean(),
        (said, isThinking, isContinued) => {
          const writer = makeChunkWriter(head, isContinued);
          const events = bytesOf(said.map((one) => (isThinking ? writer.thinking(one) : writer.content(one))).join(''));
          const { texts, weight } = check(events, { isThinking, mayTellRole: !isContinued });
          const all = said.map((one) => one.toWellFormed()).join('');
          expect(texts).toHaveLength(2 * said.length);
          expect(readTexts(events, texts ?? [])).toBe(all);
          expect(weight).toEqual(weighText(all));
        },
      ),
      { numRuns: 2000 },
    );
  });

  test('passes without its role, and with it where it begins', () => {
    expect(check(bytesOf(makeChunkWriter(head, true).content('a')), { mayTellRole: true }).texts).not.toBeNull();
    expect(check(bytesOf(makeChunkWriter(head).content('a')), { mayTellRole: true }).texts).not.toBeNull();
  });

  test('may write its characters with any escape of JSON', () => {
    const events = bytesOf(
      makeChunkWriter(head, true)
        .content('@')
        .replace('@', String.raw`\u0041\/\b\f\n\r\t\"\\é\u00E9\uD83D\uDD25`),
    );
    const { texts, weight } = check(events);
    expect(readTexts(events, texts ?? [])).toBe('A/\b\f\n\r\t"\\éé🔥');
    expect(weight).toEqual(weighText('A/\b\f\n\r\t"\\éé🔥'));
  });
});

describe('anything else is refused', () => {
  const writer = makeChunkWriter(head, true);
  const good = bytesOf(writer.content('so far'));

  test.each(forgeEvents(head).map((forgery) => [forgery.name, forgery] as const))(
    '%s, alone, before and behind what is good',
    (_, forgery) => {
      const { events, isThinking = false } = forgery;
      expect(check(events, { isThinking }).texts).toBeNull();
      if (events.length === 0) return;
      expect(check(concatBytes([good, events]), { isThinking, mayTellRole: true }).texts).toBeNull();
      expect(check(concatBytes([events, good]), { isThinking }).texts).toBeNull();
    },
  );

  test('every other byte anywhere but in the text, and every byte less or more', () => {
    const json = JSON.stringify('囲 \u00e9');
    const event = bytesOf(writer.content('囲 \u00e9'));
    const from = new TextDecoder('latin1').decode(event).indexOf('"content":') + '"content":"'.length;
    const to = from + bytesOf(json).length - 2;
    const changed: Uint8Array[] = [];
    for (let at = 0; at < event.length; at++) {
      if (at >= from && at < to) continue;
      for (const byte of [0x00, 0x0a, 0x0d, 0x20, 0x22, 0x2c, 0x3a, 0x41, 0x5c, 0x7d, 0x80, 0xff])
        if (byte !== event[at]) changed.push(event.with(at, byte));
      changed.push(concatBytes([event.subarray(0, at), event.subarray(at + 1)]), event.subarray(0, at));
      // A character before the closing quotation mark belongs to the text.
      if (at !== to) changed.push(concatBytes([event.subarray(0, at), bytesOf('x'), event.subarray(at)]));
    }
    for (const events of changed) expect(check(events).texts).toBeNull();
  });

  test('whatever passes is what a strict reader reads as one text: any damage is harmless or refused', () => {
    const damage = fc.record({ at: fc.nat(), byte: fc.nat(255), said: text });
    fc.assert(
      fc.property(damage, ({ at, byte, said }) => {
        const event = bytesOf(writer.content(said));
        const events = event.with(at % event.length, byte);
        const { texts } = check(events);
        if (!texts) return;
        const read = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(events);
        expect(read.split('\n')).toHaveLength(3);
        expect(read).not.toMatch(/[\r\u0085\u2028\u2029]/);
        const { choices, ...rest } = JSON.parse(read.slice(6));
        expect(rest).toEqual({ ...head, object: 'chat.completion.chunk' });
        expect(choices).toEqual([
          { index: 0, delta: { content: readChunks(read).text }, logprobs: null, finish_reason: null },
        ]);
        expect(readChunks(read).text.isWellFormed()).toBe(true);
      }),
      { numRuns: 5000 },
    );
  });
});
