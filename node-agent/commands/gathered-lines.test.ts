import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { gatherLines } from './gathered-lines.ts';

test('lines of one turn are one write, in their order', async () => {
  const written: string[] = [];
  const lines = gatherLines((text) => written.push(text));
  lines.add('a\n');
  lines.add('b\n');
  expect(written).toEqual([]);
  await setImmediate();
  lines.add('c\n');
  await setImmediate();
  expect(written).toEqual(['a\nb\n', 'c\n']);
});

test('what waits can be written at once, and only once', async () => {
  const written: string[] = [];
  const lines = gatherLines((text) => written.push(text));
  lines.add('a\n');
  lines.flush();
  await setImmediate();
  expect(written).toEqual(['a\n']);
});

test.each(['process.exit(3)', "throw new Error('x')"])('a process that ends by %s has written its last line', (end) => {
  const path = JSON.stringify(join(import.meta.dirname, 'gathered-lines.ts'));
  const script = `import { gatherLines } from ${path}; gatherLines((text) => process.stdout.write(text)).add('last'); ${end};`;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' });
  expect(stdout).toBe('last');
});
