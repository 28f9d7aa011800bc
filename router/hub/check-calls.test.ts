// Calls of tools on their way through a hub: whole events of the one form, in order, and nothing of a home's own.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formChunk, makeChunkWriter } from '../../schema/chunks.ts';
import { readChunks } from '../../schema/read-chunks.ts';
import type { WrittenCall } from '../../schema/chunks.ts';
import { makeWeight } from '../billing/weigh-characters.ts';
import { checkCalls, encodeCallForm } from './check-calls.ts';
import type { CheckedCalls } from './check-calls.ts';

const head = { id: 'chatcmpl-1', created: 1, model: 'm' };
const old = { ...head, isFunctionCall: true };
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function check(
  events: string,
  { begun = 0, mayTellRole = false, form = head, weight = makeWeight() } = {},
): CheckedCalls | null {
  return checkCalls(bytes(events), { form: encodeCallForm(formChunk(form))!, mayTellRole, weight, begun });
}

const begin = (index: number, more: Partial<WrittenCall['begun']> = {}): WrittenCall => ({
  index,
  begun: { id: `call_${index}`, name: 'look', ...more },
  arguments: '',
});
const write = (calls: readonly WrittenCall[], isContinued = true, form = head): string => {
  const writer = makeChunkWriter(form, isContinued);
  return calls.map((call) => writer.call(call)).join('');
};

describe('what an agent writes', () => {
  test('passes, with the role where nothing came before, and is told by where its strings stand', () => {
    const events = write([begin(0), { index: 0, arguments: '{"a":' }, { index: 0, arguments: '"é"}' }], false);
    const checked = check(events, { mayTellRole: true });
    expect(checked?.begun).toBe(1);
    const texts = checked?.texts ?? [];
    const strings = texts.flatMap((from, i) =>
      i % 2 === 0 ? [new TextDecoder().decode(bytes(events).subarray(from, texts[i + 1]))] : [],
    );
    expect(strings).toEqual(['look', '', String.raw`{\"a\":`, String.raw`\"é\"}`]);
  });

  test('in the older form too', () => {
    const events = write([begin(0), { index: 0, arguments: '{}' }], true, old);
    expect(check(events, { form: old })?.begun).toBe(1);
    expect(check(events)).toBeNull();
    expect(check(write([begin(0), begin(0)], true, old), { form: old })).toBeNull();
  });

  test('any arguments in any pieces pass, weigh something, and read back as they were', () => {
    const piece = fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }).filter((text) => text.isWellFormed());
    fc.assert(
      fc.property(fc.array(fc.array(piece, { maxLength: 4 }), { minLength: 1, maxLength: 3 }), (calls) => {
        const all = calls.flatMap((pieces, index) => [
          begin(index),
          ...pieces.map((text) => ({ index, arguments: text })),
        ]);
        const weight = makeWeight();
        const events = write(all);
        expect(check(events, { weight })?.begun).toBe(calls.length);
        expect(weight.bytes).toBeGreaterThan(0);
        const said = readChunks(events).calls;
        for (const [index, pieces] of calls.entries())
          expect(
            said
              .filter((one) => one.index === index)
              .map((one) => one.arguments)
              .join(''),
          ).toBe(pieces.join(''));
      }),
    );
  });
});

describe('what no agent writes', () => {
  test.each([
    ['a call that has not begun goes on', write([{ index: 0, arguments: 'x' }])],
    ['a number is left out', write([begin(1)])],
    ['a call begins twice', write([begin(0), begin(0)])],
    ['a piece says nothing', write([begin(0), { index: 0, arguments: '' }])],
    ['an id has marks of its own', write([begin(0, { id: 'a"b' })])],
    ['an id is empty', write([begin(0, { id: '' })])],
    ['a name is too long', write([begin(0, { name: 'n'.repeat(129) })])],
    ['a name holds spaces', write([begin(0, { name: 'rm -rf' })])],
    ['the role comes late', write([begin(0)], false)],
    ['text stands between', `${write([begin(0)])}${makeChunkWriter(head, true).content('x')}`],
    ['a comment stands between', `${write([begin(0)])}: x\n\n`],
    ['a field of its own follows', write([begin(0)]).replace('"type":"function"', '"type":"function","x":1')],
    ['a number is written otherwise', write([begin(0)]).replace('"index":0,"id"', '"index":00,"id"')],
    ['a finish reason is told', write([begin(0)]).replace('"finish_reason":null', '"finish_reason":"stop"')],
    ['it is cut short', write([begin(0)]).slice(0, -1)],
    ['it is empty', ''],
  ])('%s: nothing of it passes', (_, events) => {
    expect(check(events)).toBeNull();
    expect(check(write([begin(0), begin(0)], true, old), { form: old })).toBeNull();
  });

  test('more calls than an answer may make', () => {
    const MOST_CALLS = makeChunkWriter(head).mostCalls;
    expect(check(write([begin(MOST_CALLS - 1)]), { begun: MOST_CALLS - 1 })?.begun).toBe(MOST_CALLS);
    expect(check(write([begin(MOST_CALLS)]), { begun: MOST_CALLS })).toBeNull();
  });

  test('whatever bytes of an event are changed, what passes reads as calls of the form', () => {
    const good = bytes(write([begin(0), { index: 0, arguments: '{"a":1}' }]));
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), (at, byte) => {
        const events = good.slice();
        events[at] = byte;
        const form = encodeCallForm(formChunk(head))!;
        if (!checkCalls(events, { form, mayTellRole: false, weight: makeWeight(), begun: 0 })) return;
        const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(events);
        for (const event of text.split('\n\n').filter((one) => one !== ''))
          expect(Object.keys(JSON.parse(event.slice(6)).choices[0].delta)).toEqual(['tool_calls']);
      }),
      { numRuns: 2000 },
    );
  });
});
