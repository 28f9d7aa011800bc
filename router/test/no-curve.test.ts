// A copy of the whole network whose WebAssembly module is another, and whose homes find no addon: everything is signed in plain JavaScript.
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { claimPort } from '../local/free-port.ts';

const ROOT = resolve(import.meta.dirname, '../..');
/** A module without anything in it. */
const EMPTY_MODULE = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
let copy: string;

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'irori-no-curve-'));
  for (const name of ['schema', 'router', 'node-agent', 'migrations', 'wrangler.toml', 'package.json'])
    cpSync(join(ROOT, name), join(copy, name), {
      recursive: true,
      filter: (path) => !/[\\/](node_modules|test|bench|dist)$/.test(path.slice(ROOT.length)),
    });
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  writeFileSync(join(copy, 'schema/curve/curve.wasm'), EMPTY_MODULE);
  const addon = join(copy, 'node-agent/node_modules/secp256k1');
  mkdirSync(addon, { recursive: true });
  writeFileSync(join(addon, 'bindings.js'), "throw new Error('No native build was found');");
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

test('a network where neither WebAssembly nor the addon works answers and signs as before, and says so at both ends', async () => {
  const port = await claimPort('127.0.0.1', 0);
  const words = ['--once', '--verbose', '--state', join(copy, 'state'), '--port', String(port)];
  const child = spawn(process.execPath, [join(copy, 'router/local/start.mjs'), ...words], { cwd: copy, stdio: 'pipe' });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  const status = await new Promise<number | null>((done) => child.once('close', done));
  expect(said).toMatch(/rcpt_\w+: complete, \d+ \+ \d+ tokens, .* signed by the home/);
  expect(status).toBe(0);
  expect(said.match(/curve-not-loaded/g)).toHaveLength(1);
  expect(said).toContain('the WebAssembly curve cannot be used');
  expect(said).toContain('curve=noble');
});
