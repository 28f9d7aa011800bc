import { expect, test } from 'vitest';
import { describeTooLong, tellContext } from './tell-context.ts';

const nothing = { exact: null, least: 0, expected: 0 };
const tell = (...facts: Parameters<typeof describeTooLong>): string => tellContext(describeTooLong(...facts));

test.each([
  [
    'what the server counted',
    { promptTokens: 9001, contextTokens: 4096 },
    nothing,
    '4096 tokens, and the prompt holds 9001 tokens',
  ],
  [
    'an exact count of our own',
    { promptTokens: null, contextTokens: 512 },
    { exact: 600, least: 600, expected: 600 },
    '512 tokens, and the prompt holds 600 tokens',
  ],
  [
    'what is sure',
    { promptTokens: null, contextTokens: 512 },
    { exact: null, least: 700, expected: 900 },
    '512 tokens, and the prompt holds at least 700 tokens',
  ],
  [
    'an estimate',
    { promptTokens: null, contextTokens: 512 },
    { exact: null, least: 300, expected: 900 },
    '512 tokens, and the prompt holds about 900 tokens',
  ],
  [
    'no estimate that would fit',
    { promptTokens: null, contextTokens: 512 },
    { exact: null, least: 3, expected: 4 },
    '512 tokens. Shorten',
  ],
  [
    'the prompt alone',
    { promptTokens: 9001, contextTokens: null },
    nothing,
    'exceeded, and the prompt holds 9001 tokens',
  ],
  ['nothing at all', { promptTokens: null, contextTokens: null }, nothing, 'exceeded. Shorten'],
])('it tells %s', (_, told, known, words) => {
  expect(tell(told, known)).toContain(words);
  expect(tell(told, known)).toMatch(/^This model's maximum context length is .*\. Shorten the prompt\.$/);
});
