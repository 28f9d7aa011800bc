import { expect, test } from 'vitest';
import { countsOf, DECISION, END } from '../test/fake-hubs.ts';
import { makeJobOffer } from '../test/make-job-offer.ts';
import type { JobOffer } from '../../schema/offer.ts';
import { makeLastEvents } from './make-last-events.ts';

const head = { node: 'node_2', country: 'FR', digest: 'd', decision: DECISION, resumed: null };
const end = { ...END, ttftMs: 300 };

/** The last events as JSON, and the terminator. */
function read(offer: Partial<JobOffer>, facts: Partial<Parameters<typeof makeLastEvents>[1]> = {}): any[] {
  const told = { head, end, hasText: true, hasThinking: false, ...facts };
  const text = new TextDecoder().decode(makeLastEvents(makeJobOffer(offer), told));
  const events = text.split('\n\n').map((event) => event.slice('data: '.length));
  expect(events.splice(-2)).toEqual(['[DONE]', '']);
  return events.map((event) => JSON.parse(event));
}

test('the reason comes with the facts, or where the usage was asked for with that behind it', () => {
  const [only, ...rest] = read({ elapsedMs: 100, edgeRttMs: 20 });
  expect(only).toMatchObject({
    choices: [{ delta: {}, finish_reason: 'stop' }],
    irori: { node: 'node_2', attempts: 1, output_tokens: 2, charge_micro: 7, ttft_ms: 420, receipt_hash: '0xab' },
  });
  expect(only).not.toHaveProperty('usage');
  expect(rest).toEqual([]);
  const [finish, usage] = read({ includeUsage: true });
  expect(finish).not.toHaveProperty('irori');
  expect(usage).toMatchObject({
    choices: [],
    usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
    irori: { output_tokens: 2 },
  });
});

test('parts before it are summed up, with the least faithful way and the first token of the first', () => {
  const before = {
    settled: [countsOf(3, 4, { isFinal: false })],
    unsettled: { outputTokens: 1, thinkingTokens: 1 },
    resumed: 'same-family',
    ttftMs: 55,
  } as const;
  const last = { ...end, ...countsOf(3, 2, { promptTokens: 0 }) };
  const [, usage] = read(
    { before, includeUsage: true, attempt: 3, part: 2 },
    { head: { ...head, resumed: 'exact' }, end: last },
  );
  expect(usage).toMatchObject({
    usage: { prompt_tokens: 3, completion_tokens: 7, completion_tokens_details: { reasoning_tokens: 1 } },
    irori: { attempts: 3, resumed: 'same-family', ttft_ms: 55, charge_micro: 3 + 2 * 4 + 2 * 2 },
  });
  expect(usage.irori.receipt).toMatch(/_2$/);
});

test('what a caller waited in line is of its first token', () => {
  const waited = { ...head, decision: { ...DECISION, queuedMs: 1000 } };
  expect(read({ elapsedMs: 100, edgeRttMs: 0 }, { head: waited })[0].irori).toMatchObject({
    ttft_ms: 1400,
    expected_ttft_ms: 1300,
  });
});

test('an answer of nothing says who speaks, one of thoughts that its content is empty, a continued one neither', () => {
  const nothing = { hasText: false, end: { ...end, ttftMs: null } };
  expect(read({}, nothing)[0]).toMatchObject({
    choices: [{ delta: { role: 'assistant', content: '' } }],
    irori: { ttft_ms: null },
  });
  expect(read({}, { hasText: false, hasThinking: true })[0].choices[0].delta).toEqual({ content: '' });
  const resume = { text: 'so', tokenIds: null, count: 1, digest: 'd', least: 'exact' } as const;
  expect(read({ resume, isBegun: true }, { hasText: false })[0].choices[0].delta).toEqual({});
});
