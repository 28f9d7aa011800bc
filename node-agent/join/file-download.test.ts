// Downloads from a hub that a local server plays: cut in the middle, without ranges, with other bytes, onto a full disk.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { downloadFile } from './file-download.ts';
import type { HubModel } from './list-hub-models.ts';
import { findCached } from './model-caches.ts';
import { findOnPath, ModelHub } from './model-hub.ts';
import { refuseRedirect } from './refuse-redirect.ts';

const BYTES = Buffer.alloc(300_000, 'model weights ');
const SHA = createHash('sha256').update(BYTES).digest('hex');

let folder: string;
let server: Server;
let asked: (string | undefined)[];
let play: (request: IncomingMessage, response: ServerResponse, from: number) => void;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'irori-hub-'));
  asked = [];
  play = sendRange;
  server = createServer((request, response) => {
    asked.push(request.headers.range);
    play(request, response, Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});

function sendRange(_request: IncomingMessage, response: ServerResponse, from: number, until = BYTES.length): void {
  if (from >= BYTES.length) {
    response.writeHead(416, { 'content-range': `bytes */${BYTES.length}` }).end();
    return;
  }
  const range = { 'content-range': `bytes ${from}-${BYTES.length - 1}/${BYTES.length}` };
  response.writeHead(from > 0 ? 206 : 200, { 'content-length': BYTES.length - from, ...(from > 0 ? range : {}) });
  if (until === BYTES.length) response.end(BYTES.subarray(from));
  else response.write(BYTES.subarray(from, until), () => response.destroy());
}

function hubUrl(): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function download(change: Partial<Parameters<typeof downloadFile>[0]> = {}) {
  const path = join(folder, 'models', 'a.gguf');
  const told: number[] = [];
  const done = downloadFile({
    url: `${hubUrl()}/a.gguf`,
    path,
    sha256: SHA,
    sizeBytes: BYTES.length,
    retryMs: 1,
    readFree: async () => 1e12,
    tell: (bytes) => told.push(bytes),
    ...change,
  });
  return { path, told, done };
}

describe('a download', () => {
  test('is whole, checked, and tells how far it is', async () => {
    const { path, told, done } = download();
    expect(await done).toEqual({ ok: true, value: null });
    expect(readFileSync(path).equals(BYTES)).toBe(true);
    expect([told.at(-1), existsSync(`${path}.part`)]).toEqual([BYTES.length, false]);
  });

  test('that is cut goes on where it was cut, also at the next start', async () => {
    play = (request, response, from) => sendRange(request, response, from, Math.min(BYTES.length, from + 120_000));
    const { path, done } = download();
    expect(await done).toMatchObject({ ok: true });
    expect(asked[0]).toBeUndefined();
    expect(asked.length).toBeGreaterThan(2);
    expect(readFileSync(path).equals(BYTES)).toBe(true);
    rmSync(path);
    writeFileSync(`${path}.part`, BYTES.subarray(0, 100));
    asked = [];
    play = sendRange;
    expect(await download().done).toMatchObject({ ok: true });
    expect(asked).toEqual(['bytes=100-']);
    rmSync(path);
    writeFileSync(`${path}.part`, BYTES);
    expect(await download().done).toMatchObject({ ok: true });
  });

  test('from a hub that takes no ranges begins anew', async () => {
    const path = join(folder, 'models', 'a.gguf');
    mkdirSync(join(folder, 'models'), { recursive: true });
    writeFileSync(`${path}.part`, 'old half');
    play = (_request, response) => void response.writeHead(200, { 'content-length': BYTES.length }).end(BYTES);
    expect(await download().done).toMatchObject({ ok: true });
    expect(readFileSync(path).equals(BYTES)).toBe(true);
  });

  test('of other bytes is deleted, and a part that fits no range begins anew', async () => {
    const wrong = download({ sha256: 'f'.repeat(64) });
    expect(await wrong.done).toMatchObject({ ok: false, error: expect.stringContaining('sha256 differs') });
    expect([existsSync(wrong.path), existsSync(`${wrong.path}.part`)]).toEqual([false, false]);
    writeFileSync(`${wrong.path}.part`, Buffer.alloc(BYTES.length + 5));
    expect(await download().done).toMatchObject({ ok: true });
  });

  test('that finds too little room is not begun, and names the numbers', async () => {
    const { done } = download({ readFree: async () => 1024 ** 3, sizeBytes: 2 * 1024 ** 3, url: `${hubUrl()}/big` });
    play = (_request, response) => void response.writeHead(200).end();
    expect(await done).toEqual({
      ok: false,
      error: 'The disk has 1.0 GB free, this needs 2.5 GB. Free some space, then start again.',
    });
  });

  test.each<[string, number, string]>([
    ['a file that is not there', 404, 'does not give this file (404)'],
    ['a hub that is down', 503, 'does not go on: the hub answers 503'],
  ])('of %s ends in a sentence', async (_name, status, told) => {
    play = (_request, response) => void response.writeHead(status).end();
    expect(await download().done).toMatchObject({ ok: false, error: expect.stringContaining(told) });
  });

  test('of a hub that falls silent, or is not there, ends in a sentence and keeps what came', async () => {
    play = (_request, response) => {
      response.writeHead(200, { 'content-length': BYTES.length });
      response.write(BYTES.subarray(0, 50));
    };
    const { path, done } = download({ silentMs: 40 });
    expect(await done).toMatchObject({ ok: false, error: expect.stringContaining('nothing came for a while') });
    expect(existsSync(`${path}.part`)).toBe(true);
    const gone = download({ url: 'http://127.0.0.1:1/x' });
    expect(await gone.done).toMatchObject({ ok: false, error: expect.stringContaining('does not go on') });
  });

  test('is followed where the hub leads, and no further than it should', async () => {
    play = (request, response, from) =>
      request.url === '/a.gguf'
        ? void response.writeHead(302, { location: '/there' }).end()
        : sendRange(request, response, from);
    expect(await download().done).toMatchObject({ ok: true });
    rmSync(join(folder, 'models'), { recursive: true });
    for (const [location, told] of [
      ['/a.gguf', 'in a circle'],
      ['file:///etc/passwd', 'no web address'],
    ] as const) {
      play = (_request, response) => void response.writeHead(302, { location }).end();
      expect(await download().done).toMatchObject({ ok: false, error: expect.stringContaining(told) });
    }
    const [hub, ip] = ['https://hub.example/a', 'http://192.168.1.9/x'];
    expect(refuseRedirect(hub, 'https://cdn.example/b')).toEqual({ ok: true, value: 'https://cdn.example/b' });
    expect(refuseRedirect(ip, 'http://127.0.0.1/b')).toMatchObject({ ok: true });
    const odd = [
      'http://cdn.example/b',
      'https://127.0.0.1/b',
      'https://[::1]:9/',
      'https://10.0.0.1/',
      'https://a:b@c.d/',
    ];
    for (const to of [...odd, 'https://169.254.169.254/x', 'https://localhost/x', 'data:,x', 'https://'])
      expect(refuseRedirect(hub, to).ok).toBe(false);
  });

  test('of a file that is far larger, or has no end, is given up and takes no room', async () => {
    for (const head of [{ 'content-length': 10 * BYTES.length }, {}]) {
      play = (_request, response) => {
        response.writeHead(200, head);
        response.write(Buffer.concat([BYTES, BYTES]));
      };
      const { path, done } = download();
      expect(await done).toMatchObject({ ok: false, error: expect.stringContaining('another file') });
      expect(existsSync(`${path}.part`)).toBe(false);
    }
  });

  test('into a folder that is a file is told', async () => {
    writeFileSync(join(folder, 'models'), '');
    expect(await download().done).toMatchObject({ ok: false, error: expect.stringContaining('cannot be written') });
  });
});

const MODEL: HubModel = {
  id: 'm',
  name: 'M',
  repository: 'org/M-GGUF',
  file: 'M.gguf',
  sizeBytes: BYTES.length,
  licence: 'MIT',
  sha256: SHA,
};

describe('a model hub', () => {
  test('gives a model once; what another program has already is used where it is', async () => {
    const env = { PATH: folder, HOME: folder, OLLAMA_MODELS: join(folder, 'ollama') };
    const hub = new ModelHub({ hub: hubUrl(), folder, llamaServer: '/bin/true', env, models: [MODEL] });
    const gguf = join(folder, 'models', 'M.gguf');
    expect(await hub.take('m', () => undefined)).toEqual({ ok: true, value: { gguf, llamaServer: '/bin/true' } });
    expect(asked).toHaveLength(1);
    expect(await hub.take('m', () => undefined)).toMatchObject({ ok: true });
    expect(asked).toHaveLength(1);
    rmSync(gguf);
    const blob = join(folder, 'ollama', 'blobs', `sha256-${SHA}`);
    mkdirSync(join(folder, 'ollama', 'blobs'), { recursive: true });
    writeFileSync(blob, BYTES);
    expect(await hub.take('m', () => undefined)).toMatchObject({ ok: true, value: { gguf: blob } });
    expect(await hub.take('other', () => undefined)).toMatchObject({ ok: false });
  });

  test('is found in the caches of other programs by name and hash, never by name alone', async () => {
    const places = ['.lmstudio/models/org/M-GGUF', 'hf/hub/models--org--M-GGUF/snapshots/abc'];
    const env = { HF_HOME: join(folder, 'hf') };
    for (const place of places) {
      const path = join(folder, place, 'M.gguf');
      mkdirSync(join(folder, place), { recursive: true });
      writeFileSync(path, 'half');
      expect(await findCached(MODEL, env, folder)).toBeNull();
      writeFileSync(path, BYTES);
      expect(await findCached(MODEL, env, folder)).toBe(path);
      rmSync(path);
    }
  });

  test('says what is missing: a hub, or the program that serves a model', async () => {
    const lackOf = (hub: string | null, llamaServer: string | null) =>
      new ModelHub({ hub, folder, llamaServer, env: { PATH: folder } }).findLack();
    expect(await lackOf(null, null)).toContain('--model-hub URL');
    expect(await lackOf('https://hub.example', null)).toContain('llama-server');
    expect(await lackOf('https://hub.example', '/x')).toBeNull();
    writeFileSync(join(folder, 'llama-server'), '', { mode: 0o755 });
    expect(await findOnPath('llama-server', { PATH: `:${folder}` })).toBe(join(folder, 'llama-server'));
  });
});
