import { expect, test } from 'vitest';
import { parseCompletionRequest } from './openai-completion.ts';

function faultOf(body: object): unknown {
  const parsed = parseCompletionRequest({ model: 'm', ...body });
  return parsed.ok ? null : { param: parsed.error.param, code: parsed.error.code };
}

test('prompts told again before several answers come to a limit, one or untold prompts do not', () => {
  const prompt = 'x'.repeat(2 * 1024 * 1024);
  const tooMany = { param: 'n', code: 'invalid_value' };
  expect(faultOf({ prompt, echo: true })).toBe(null);
  expect(faultOf({ prompt, echo: true, n: 2 })).toBe(null);
  expect(faultOf({ prompt, echo: true, n: 3 })).toEqual(tooMany);
  expect(faultOf({ prompt, n: 8 })).toBe(null);
  expect(faultOf({ prompt: 'x'.repeat(524_289), echo: true, n: 8 })).toEqual(tooMany);
  expect(faultOf({ prompt: 'x'.repeat(524_288), echo: true, n: 8 })).toBe(null);
});
