import { expect, test } from 'vitest';
import { ENDPOINTS } from './endpoints.ts';
import { judgeCase } from './judge-case.ts';
import { makeCase } from './fuzz-case.ts';
import { listValues, mutateValue } from './mutate-json.ts';
import { makeRandom } from '../draw-losses.ts';

test('a case is known by its seed and number alone', () => {
  for (const number of [0, 1, 99_999]) expect(makeCase(3, number)).toEqual(makeCase(3, number));
  expect(makeCase(3, 1).text).not.toBe(makeCase(4, 1).text);
});

test('cases meet every endpoint, plain and packed, whole and in pieces, with true lengths and wrong ones', () => {
  const cases = Array.from({ length: 2000 }, (_, i) => makeCase(1, i));
  expect(new Set(cases.map(({ endpoint }) => endpoint.path)).size).toBe(ENDPOINTS.length);
  const packed = new Set(cases.flatMap(({ headers }) => headers['content-encoding'] ?? []));
  expect([...packed]).toEqual(expect.arrayContaining(['gzip', 'deflate', 'br', 'zstd']));
  expect(cases.some(({ pieces }) => pieces > 1)).toBe(true);
  expect(cases.some(({ headers }) => headers['content-length'] !== undefined)).toBe(true);
  const unchanged = new Set(ENDPOINTS.flatMap(({ examples }) => examples.map((one) => JSON.stringify(one))));
  expect(cases.some(({ text }) => unchanged.has(text))).toBe(true);
  for (const part of ['\\ud800', '"deep":[', '99999999999999999999', '"__proto__"', '1e999'])
    expect(cases.some(({ text }) => text.includes(part))).toBe(true);
});

test('an example is not changed itself', () => {
  const example = ENDPOINTS[0]?.examples[1];
  const before = JSON.stringify(example);
  const random = makeRandom(9);
  for (let i = 0; i < 300; i++) mutateValue(random, example, listValues([example]));
  expect(JSON.stringify(example)).toBe(before);
});

const good = { status: 400, type: 'application/json', requestId: `req_${'0'.repeat(32)}` };
const refusal = (message: string, code = 'invalid_value'): string =>
  JSON.stringify({ error: { message, type: 'invalid_request_error', code, param: null } });
const chat = { lastEvent: /^data: \[DONE\]$/ };

test.each([
  [null, { ...good, text: refusal("'messages' must be a list.") }],
  ['status 502', { ...good, status: 502, text: refusal('The homes that were asked could not answer.', 'home_failed') }],
  [null, { ...good, status: 503, text: refusal('No home that is online has this model.', 'no_node_online') }],
  [null, { ...good, status: 200, type: 'text/event-stream', text: 'data: {}\n\ndata: [DONE]\n\n' }],
  [null, { ...good, text: refusal("'TypeError: undefined' is not supported. Leave it out.") }],
  ['status 500', { ...good, status: 500, text: refusal('Something broke on our side.', 'internal_error') }],
  ['no answer', { ...good, status: 0, text: '' }],
  ['no request id', { ...good, requestId: '', text: refusal("'messages' must be a list.") }],
  ['a refusal without message or type', { ...good, text: 'Bad Request' }],
  ['a message that tells of the inside', { ...good, text: refusal('TypeError: x is undefined at a.ts:1:1') }],
  ['a stream without an end', { ...good, status: 200, type: 'text/event-stream', text: 'data: {}\n\n' }],
  ['an answer that is no JSON', { ...good, status: 200, text: '{"a":' }],
])('%j is said of %j', (what, answer) => {
  expect(judgeCase(chat, answer, false)).toBe(what);
});

test('who lies about a length may be hung up on, and nobody else', () => {
  expect(judgeCase(chat, { ...good, status: 0, text: '' }, true)).toBeNull();
});
