import { expect, test } from 'vitest';
import { readFault, readRefusal } from './read-fault.ts';

const read = (fault: Partial<Parameters<typeof readFault>[0]>, hasText = false) =>
  readFault({ code: 'context', work: null, ...fault }, { hasText, offeredTokens: 8192 });

test.each([
  ['context', false, 'context', null],
  ['context', true, 'context', null],
  ['bad-request', false, 'bad-request', null],
  ['bad-request', true, 'fault', null],
  ['busy', false, 'busy', null],
  ['unreachable', false, 'unreachable', 'unreachable'],
  ['bad-end', true, 'protocol', 'protocol'],
  ['internal', false, 'fault', 'fault'],
  ['no-model', false, 'unreachable', 'fault'],
  ['no-model', true, 'unreachable', 'fault'],
  ['anything else', true, 'fault', 'fault'],
] as const)(
  'a fault %s (some text has come: %s) is %s to the edge and speaks against the home as %s',
  (said, hasText, code, blame) => {
    expect(read({ code: said }, hasText)).toMatchObject({ code, blame });
  },
);

test.each([
  ['both are told', { promptTokens: 9001, contextTokens: 4096 }, { promptTokens: 9001, contextTokens: 4096 }],
  ['the context is what the home offers where the server tells none', {}, { contextTokens: 8192 }],
  ['a server takes less than its home offers', { contextTokens: 2048 }, { contextTokens: 2048 }],
  ['no home can claim more than it offers', { contextTokens: 1_000_000 }, { contextTokens: 8192 }],
  [
    'a prompt that would fit in what is offered tells nothing of the context',
    { promptTokens: 100 },
    { promptTokens: 100 },
  ],
  ['nought is not known', { promptTokens: 0, contextTokens: 0 }, { contextTokens: 8192 }],
])('%s', (_, told, numbers) => {
  expect(read(told).facts).toEqual(numbers);
  expect(read({ ...told, code: 'internal' }).facts).toEqual({});
});

test.each([
  [undefined, 1000],
  [0, 0],
  [7000, 7000],
  [3_600_000, 10_000],
])(
  'a server that is busy for %s ms holds its home back for %i ms, before and after the first token',
  (retryMs, heldMs) => {
    expect(read({ code: 'busy', retryMs }).heldMs).toBe(heldMs);
    expect(read({ code: 'busy', retryMs }, true).heldMs).toBe(heldMs);
    expect(read({ code: 'internal', retryMs }).heldMs).toBeNull();
  },
);

test('a field that is none is not told', () => {
  const paramOf = (param?: string) =>
    readRefusal({ code: 'bad-request', message: 'why', ...(param !== undefined && { param }) }).param;
  expect([paramOf('messages[0].content'), paramOf(), paramOf('see http://x'), paramOf('a'.repeat(200))]).toEqual([
    'messages[0].content',
    null,
    null,
    null,
  ]);
});

test('a refusal without words is one', () => {
  expect(readRefusal({ code: 'bad-request', message: '' }).message).toBe('The home refused the request.');
});
