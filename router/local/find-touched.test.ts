import { expect, test } from 'vitest';
import { findTouched } from './find-touched.ts';

test.each([
  ['router/hub/part.ts', true, false],
  ['migrations/0001.sql', true, false],
  ['wrangler.toml', true, false],
  ['schema/frames.ts', true, true],
  ['schema/curve/curve.wasm', true, true],
  ['node-agent/jobs/job.ts', false, true],
  ['node-agent/package.json', false, true],
  ['router/hub/part.test.ts', false, false],
  ['router/local/start.ts', false, false],
  ['router/test/stack.ts', false, false],
  ['node-agent/test/test-hub.ts', false, false],
  ['router/README.md', false, false],
  ['router/hub/.part.ts.swp', false, false],
])('%s restarts the router: %s, the homes: %s', (path, router, homes) => {
  expect(findTouched([path])).toEqual({ router, homes });
});

test('files saved together restart what each belongs to', () => {
  expect(findTouched(['README.md', 'router/app.ts', 'node-agent/main.ts'])).toEqual({ router: true, homes: true });
});
