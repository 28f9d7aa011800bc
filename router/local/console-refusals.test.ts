import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { tellRefusal } from '../console/tell-refusal.ts';
import { ApiError } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';

/** Fields that have their names elsewhere. */
const NAMES: Readonly<Record<string, string>> = { CSRF_HEADER: 'x-irori-csrf' };

/** What pages throw in words of their own: code, sentence and field. */
const THROWN = globSync('router/console/**/*.{ts,tsx}')
  .filter((file) => !file.includes('.test.'))
  .flatMap((file) => [
    ...readFileSync(file, 'utf8').matchAll(
      /new ApiError\(\s*'(\w+)',\s*'((?:[^'\\]|\\.)*)'(?:,\s*\{[^}]*?param: '?([\w-]+)'?)?/g,
    ),
  ])
  .map(([, code, sentence, param = null]) => [sentence ?? '', code as ErrorCode, NAMES[param ?? ''] ?? param] as const);

test('what pages refuse themselves is told whole in Japanese', () => {
  expect(THROWN.length).toBeGreaterThan(25);
  const english = THROWN.filter(([sentence, code, param]) => {
    const told = tellRefusal(new ApiError(code, sentence, { param }), 'ja');
    return told.english !== null || !/[ぁ-ん]。/.test(told.told);
  });
  expect(english).toEqual([]);
});
