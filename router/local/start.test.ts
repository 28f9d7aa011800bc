import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const START = resolve(import.meta.dirname, 'start.mjs');

async function start(words: readonly string[]): Promise<{ status: number | null; said: string; complained: string }> {
  const child = spawn(process.execPath, [START, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  let complained = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complained += text));
  const status = await new Promise<number | null>((done) => child.once('close', done));
  return { status, said, complained };
}

describe('npm start, when it cannot', () => {
  let dir: string;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'irori-start-'));
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  test('--help ends well', async () => {
    expect(await start(['--help'])).toMatchObject({
      status: 0,
      said: expect.stringContaining('--nodes N'),
      complained: '',
    });
  });

  test('an unknown flag is one line', async () => {
    expect(await start(['--nope'])).toEqual({
      status: 1,
      said: '',
      complained: "irori: Unknown option '--nope'. See: npm start -- --help\n",
    });
  });

  test('a port in use is one line that names another port, and the folder is let go of', async () => {
    const holder = createServer();
    await new Promise<void>((listening) => holder.listen(0, '127.0.0.1', listening));
    const { port } = holder.address() as AddressInfo;
    for (let round = 0; round < 2; round += 1) {
      const ended = await start(['--state', join(dir, 'port'), '--port', String(port)]);
      expect(ended.status).toBe(1);
      expect(ended.complained).toMatch(
        new RegExp(`^irori: Port ${port} on 127\\.0\\.0\\.1 is in use\\..*--port \\d+\n$`),
      );
    }
    holder.close();
  });

  test('a folder that cannot be written is one line that names another folder', async () => {
    writeFileSync(join(dir, 'file'), '');
    const ended = await start(['--state', join(dir, 'file', 'sub')]);
    expect(ended.status).toBe(1);
    expect(ended.complained).toMatch(/^irori: Cannot write to .*--state .*\n$/);
  });

  test('a Redis that does not answer is one line', async () => {
    const ended = await start(['--state', join(dir, 'redis'), '--redis', 'redis://127.0.0.1:1']);
    expect(ended.status).toBe(1);
    expect(ended.complained).toMatch(/^irori: No Redis answers at redis:\/\/127\.0\.0\.1:1\. .*\n$/);
  });
});
