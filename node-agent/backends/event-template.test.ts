// Whatever a server writes, an event read by its template says what it says when it is parsed.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EventTemplate } from './event-template.ts';
import { readBackendEvent } from './read-backend-event.ts';

const chunk = (content: unknown, more: object = {}): string =>
  JSON.stringify({ id: 'x', created: 1, ...more, choices: [{ index: 0, delta: { content }, finish_reason: null }] });

/** As a template reads them, one after the other. */
function readAll(events: readonly string[]): unknown[] {
  const template = new EventTemplate();
  return events.map((data) => template.read(data));
}

/** As each is parsed by itself. */
const parseAll = (events: readonly string[]): unknown[] => events.map(readBackendEvent);

describe('events that differ in their text', () => {
  test('are read without being parsed once the first was', () => {
    const template = new EventTemplate();
    template.read(chunk(' one'));
    // Parsed it would be junk.
    const [before = '', after = ''] = chunk('TEXT').split('TEXT');
    expect(template.read(`${before} two${after}`)).toMatchObject({ text: ' two', kind: 'chunk' });
  });

  test('say what they say when they are parsed, whatever their texts are', () => {
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary' }),
      fc.constantFrom('"', '\\', '\n', 'x', ' ', '', '}', '{"a":1}'),
    );
    const event = fc.oneof(
      text.map((content) => chunk(content)),
      text.map((content) => chunk(content, { created: 2 })),
      text.map((id) => chunk('x', { id })),
      text.map((content) => JSON.stringify({ choices: [{ delta: { content, reasoning_content: content } }] })),
      text.map((content) => JSON.stringify({ choices: [{ delta: { reasoning: content } }] })),
      text.map((content) => JSON.stringify({ choices: [{ text: content }] })),
      text.map((content) => JSON.stringify({ choices: [{ message: { content } }] })),
      text.map((content) => JSON.stringify({ choices: [{ delta: { content }, text: 'z' }] })),
      text.map((content) => JSON.stringify({ content, choices: [{ delta: { content } }] })),
      text.map((content) => JSON.stringify({ choices: [{ delta: { content } }], system_fingerprint: content })),
      fc.constantFrom('[DONE]', '', '{', 'null', chunk('a').slice(1), chunk('a').slice(0, -1), '{"error":"x"}'),
      fc.constantFrom(JSON.stringify({ choices: [], usage: { prompt_tokens: 1, completion_tokens: 2 } })),
      text,
    );
    const property = fc.property(fc.array(event, { maxLength: 12 }), (events) => {
      expect(readAll(events)).toEqual(parseAll(events));
    });
    fc.assert(property, { numRuns: 2000 });
  });

  test('with characters that JSON does not hold as they are, or that end the text, are parsed', () => {
    const [before = '', after = ''] = chunk('TEXT').split('TEXT');
    const odd = ['\u0001', 'a","role":"assistant', '\\u0041'].map((text) => `${before}${text}${after}`);
    const events = [chunk('a'), ...odd];
    expect(readAll(events)).toEqual(parseAll(events));
  });

  test('without a text are parsed: it may stand elsewhere', () => {
    const beside = (content: string): string => JSON.stringify({ choices: [{ delta: { content }, text: 'z' }] });
    const events = [beside('a'), beside('')];
    expect(readAll(events)).toEqual(parseAll(events));
  });

  test('stand where they stand, though the same text stands elsewhere too', () => {
    const named = [chunk('x', { id: 'x' }), chunk('y', { id: 'x' }), chunk('x', { id: 'y' })];
    expect(readAll(named)).toEqual(parseAll(named));
    const twice = (a: string, b: string): string => JSON.stringify({ choices: [{ delta: { content: a } }], note: b });
    const noted = [twice('same', 'same'), twice('other', 'same'), twice('same', 'other')];
    expect(readAll(noted)).toEqual(parseAll(noted));
  });
});
