import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isAlive } from './child-processes.ts';
import { STATE_MARK, openStateFolder } from './state-folder.ts';

describe('state folder', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'irori-state-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  test('secrets are made once, kept 0600, and read again', () => {
    const first = openStateFolder(dir);
    expect(statSync(join(dir, 'secrets.json')).mode & 0o777).toBe(0o600);
    expect(first.secrets.ROUTER_SIGNING_KEY).toMatch(/^0x[0-9a-f]{64}$/);
    first.release();
    expect(openStateFolder(dir).secrets).toEqual(first.secrets);
  });

  test('local.json is 0600, tells what scripts need, and is gone after release', () => {
    const folder = openStateFolder(dir);
    const local = {
      endpoint: 'http://127.0.0.1:8787/v1',
      apiKey: 'irori_x',
      callerKey: 'irori_y',
      adminSecret: 's',
      pids: { edge: [1], agents: [2], chain: [] },
    };
    folder.writeLocal(local);
    expect(statSync(join(dir, 'local.json')).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(join(dir, 'local.json'), 'utf8'))).toEqual(local);
    folder.release();
    expect(() => statSync(join(dir, 'local.json'))).toThrow(/ENOENT/);
  });

  test('a second network on the same folder is told who runs it', async () => {
    const other = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)', 'start.ts'], { stdio: 'ignore' });
    writeFileSync(join(dir, 'lock'), String(other.pid));
    expect(() => openStateFolder(dir)).toThrow(`A network already runs on ${dir} (process ${other.pid}). Stop it`);
    other.kill('SIGKILL');
    await new Promise((resolve) => other.once('exit', resolve));
    expect(openStateFolder(dir).dir).toBe(dir);
  });

  test.runIf(process.platform === 'linux')(
    'what a killed network left running is ended, and nothing else',
    async () => {
      const start = (mark: string) =>
        spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)'], {
          stdio: 'ignore',
          env: { ...process.env, [STATE_MARK]: mark },
        });
      const [left, stranger] = [start(dir), start('/elsewhere')];
      const ended = new Promise((resolve) => left.once('exit', resolve));
      writeFileSync(join(dir, 'lock'), '999999999');
      openStateFolder(dir);
      await ended;
      expect(isAlive(stranger.pid ?? 0)).toBe(true);
      stranger.kill('SIGKILL');
    },
  );

  test('a folder that cannot be written gives one sentence that says what to do', () => {
    writeFileSync(join(dir, 'file'), '');
    expect(() => openStateFolder(join(dir, 'file', 'sub'))).toThrow(/^Cannot write to .*ENOTDIR.*npm start -- --state/);
  });

  test('secrets that were damaged are not silently replaced', () => {
    writeFileSync(join(dir, 'secrets.json'), '{');
    expect(() => openStateFolder(dir)).toThrow(/cannot be read as secrets/);
  });
});
