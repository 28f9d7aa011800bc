import { expect, test } from 'vitest';
import { guessSpeed } from './guess-speed.ts';

test('a pace below the prior is what the home promises', () => {
  expect(guessSpeed('onnx', 0).decodeTokensPerS).toBe(200);
  expect(guessSpeed('onnx', 30).decodeTokensPerS).toBe(30);
  expect(guessSpeed('openai-http', 5000).decodeTokensPerS).toBe(guessSpeed('openai-http', 0).decodeTokensPerS);
});
