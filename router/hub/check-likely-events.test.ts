import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formChunk, makeChunkWriter } from '../../schema/chunks.ts';
import { encodeLogprobs } from '../../schema/logprobs.ts';
import type { TokenLogprob } from '../../schema/logprobs.ts';
import { makeWeight, weighText } from '../billing/weigh-characters.ts';
import { encodeForm } from './check-events.ts';
import { checkLikelyEvents, encodeSlot } from './check-likely-events.ts';

const head = { id: 'chatcmpl-1', created: 1_700_000_000, model: 'm', index: 2 };
const form = formChunk(head);
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const likely = (token: string): TokenLogprob => ({
  token,
  logprob: -0.5,
  bytes: [...encode(token)],
  top_logprobs: [{ token: 'other', logprob: -2, bytes: null }],
});

function check(events: Uint8Array, { most = 1, mayTellRole = false } = {}) {
  const weight = makeWeight();
  const how = { form: encodeForm(form), slot: encodeSlot(form), mayTellRole, weight, most };
  return { texts: checkLikelyEvents(events, how), weight };
}

const event = makeChunkWriter(head, true).content('word', [likely('word')]);

describe('events that tell how likely their tokens were', () => {
  test('pass with and without, as agents write them; the text alone is weighed', () => {
    const piece = fc.tuple(fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }), fc.boolean());
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 5 }), fc.boolean(), (pieces, isContinued) => {
        const writer = makeChunkWriter(head, isContinued);
        const events = pieces.map(([text, isTold]) =>
          writer.content(text, isTold ? [likely(text.toWellFormed().slice(0, 200))] : undefined),
        );
        const { texts, weight } = check(encode(events.join('')), { mayTellRole: !isContinued });
        expect(texts).toHaveLength(2 * pieces.length);
        expect(weight).toEqual(weighText(pieces.map(([text]) => text.toWellFormed()).join('')));
      }),
    );
  });

  test.each([
    ['another member beside them', event.replace('"refusal":null', '"refusal":null,"note":"hi"')],
    ['another member behind them', event.replace(',"finish_reason":null', ',"note":1,"finish_reason":null')],
    ['a finish reason', event.replace('"finish_reason":null', '"finish_reason":"stop"')],
    ['another index', event.replace('"index":2', '"index":0')],
    ['an event without text', event.replace('"word"', '""')],
    ['an event behind it that is none', `${event}data: [DONE]\n\n`],
    ['a line within', event.replace('"refusal"', '\n"refusal"')],
    ['an end of its own', event.replace('\n\n', '\n: hi\n\n')],
    ['no end', event.slice(0, -1)],
    ['half of it', event.slice(0, event.indexOf('"bytes"'))],
    ['broken UTF-8', event],
  ])('%s is nobody’s', (what, forged) => {
    const bytes = encode(forged);
    if (what === 'broken UTF-8') bytes[bytes.indexOf('o'.charCodeAt(0), event.indexOf('other'))] = 0xff;
    expect(check(bytes).texts).toBeNull();
  });

  test('more others than were asked for are nobody’s', () => {
    expect(check(encode(event), { most: 0 }).texts).toBeNull();
    expect(check(encode(event)).texts).toHaveLength(2);
    expect(encodeLogprobs([likely('word')]).length).toBeGreaterThan(0);
  });

  test('any byte changed makes another event of it, or none', () => {
    const bytes = encode(event);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, byte) => {
        const changed = bytes.slice();
        changed[at] = byte;
        const { texts } = check(changed);
        if (texts === null) return;
        const line = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(changed);
        const { choices, ...others } = JSON.parse(line.slice(6)) as Record<string, unknown> & { choices: object[] };
        expect(Object.keys(others)).toEqual(['id', 'object', 'created', 'model']);
        expect(Object.keys(choices[0]!)).toEqual(['index', 'delta', 'logprobs', 'finish_reason']);
      }),
    );
  });
});
