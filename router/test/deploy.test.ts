// What a deployment would send: the Worker builds by wrangler's dry run and stays under its size ceiling.
import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

test('a deployment builds dry and stays under its bundle ceiling', async () => {
  const script = resolve(import.meta.dirname, '../local/bundle-size.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [script]);
  expect(stdout).toMatch(/^bundle: \d+ KiB \(ceiling \d+\), \d+ KiB gzip \(ceiling \d+\)$/m);
});
