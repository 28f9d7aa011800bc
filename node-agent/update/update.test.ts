import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { compareVersions, isVersion } from './compare-versions.ts';
import { encodeCanonical } from './encode-canonical.ts';
import { readManifest } from './read-manifest.ts';
import type { ManifestFacts } from './read-manifest.ts';
import { readTar } from './read-tar.ts';
import { isSignedBy } from './release-keys.ts';
import { bringUpdate, findUpdate } from './updater.ts';
import { VersionStore } from './version-store.ts';

const NOW = Date.now();
const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const KEY = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32).toString('hex');

const iso = (days: number): string => new Date(NOW + days * 86_400_000).toISOString();
const MANIFEST = {
  format: 1,
  product: 'irori-node',
  serial: 7,
  version: '0.2.0',
  issuedAt: iso(-1),
  expiresAt: iso(30),
  node: 20,
  notes: 'Faster.',
  files: [{ platform: 'any', url: 'https://irori.example/a.tgz', bytes: 3, sha256: 'a'.repeat(64) }],
};

function signed(manifest: object, forged?: object): string {
  const signature = sign(null, Buffer.from(encodeCanonical(manifest)), privateKey).toString('base64url');
  return JSON.stringify({ manifest: forged ?? manifest, signatures: [{ key: KEY, signature }] });
}

function forgedWith(json: string): string {
  return `{"manifest":{"a":${json}},"signatures":[{"key":"${KEY}","signature":"AAAA"}]}`;
}

const FACTS: ManifestFacts = {
  isSigned: (text, signatures) => isSignedBy([KEY], text, signatures),
  current: '0.1.0',
  seenSerial: 0,
  bad: [],
  platform: 'linux-x64',
  node: 24,
  now: NOW,
};

describe('a list of versions', () => {
  test('that is newer is an offer; the file of this system comes before the one of all', () => {
    const own = { platform: 'linux-x64', url: 'https://irori.example/l.tgz', bytes: 4, sha256: 'b'.repeat(64) };
    const read = readManifest(signed({ ...MANIFEST, files: [...MANIFEST.files, own] }), FACTS);
    expect(read).toMatchObject({
      ok: true,
      value: { serial: 7, offer: { version: '0.2.0', bytes: 4, notes: 'Faster.' } },
    });
    expect(readManifest(signed(MANIFEST), { ...FACTS, current: '0.2.0' })).toEqual({
      ok: true,
      value: { serial: 7, offer: null },
    });
  });

  test.each([
    ['forged', signed(MANIFEST, { ...MANIFEST, version: '9.0.0' }), {}, 'not signed'],
    [
      'signed by another key',
      signed(MANIFEST),
      { isSigned: (text, s) => isSignedBy(['0'.repeat(64)], text, s) },
      'not signed',
    ],
    [
      'with no good signature',
      JSON.stringify({ manifest: MANIFEST, signatures: [{ key: KEY, signature: 'AAAA' }] }),
      {},
      'not signed',
    ],
    ['a downgrade', signed({ ...MANIFEST, version: '0.0.9' }), {}, 'no update goes back'],
    ['over', signed({ ...MANIFEST, expiresAt: iso(-0.1) }), {}, 'ended on'],
    ['from the future', signed({ ...MANIFEST, issuedAt: iso(3) }), {}, 'from the future'],
    ['shown again', signed(MANIFEST), { seenSerial: 8 }, 'an old one'],
    [
      'for other systems',
      signed({ ...MANIFEST, files: [{ ...MANIFEST.files[0], platform: 'darwin-arm64' }] }),
      {},
      'not made for linux-x64',
    ],
    ['for newer Nodes', signed({ ...MANIFEST, node: 30 }), {}, 'takes Node 30'],
    ['of a version that did not start here', signed(MANIFEST), { bad: ['0.2.0'] }, 'did not start'],
    ['of a later form', signed({ ...MANIFEST, format: 2 }), {}, 'does not know'],
    [
      'with an address that is none',
      signed({ ...MANIFEST, files: [{ ...MANIFEST.files[0], url: 'file:///etc/passwd' }] }),
      {},
      'does not know',
    ],
    ['none at all', '<html>', {}, 'no list'],
    ['with what no list holds', forgedWith('1.5'), {}, 'no list'],
    ['too deep to be read', forgedWith(`${'['.repeat(30_000)}${']'.repeat(30_000)}`), {}, 'no list'],
    ['cut short', signed(MANIFEST).slice(0, 200), {}, 'no list'],
  ] as const satisfies readonly (readonly [string, string, Partial<ManifestFacts>, string])[])(
    '%s is refused',
    (_what, text, facts, words) => {
      expect(readManifest(text, { ...FACTS, ...facts })).toMatchObject({
        ok: false,
        error: expect.stringContaining(words),
      });
    },
  );

  test('the order of names and the spaces of a list do not matter to its signature', () => {
    const { files, ...rest } = MANIFEST;
    const text = JSON.stringify(JSON.parse(signed(MANIFEST, { files, ...rest })), null, 4);
    expect(readManifest(text, FACTS)).toMatchObject({ ok: true });
    expect(() => encodeCanonical({ a: 1.5 })).toThrow(TypeError);
  });

  test('versions are in order', () => {
    const order = ['nonsense', '0.1.0', '0.2.0-rc.1', '0.2.0-rc.2', '0.2.0-rc.10', '0.2.0', '0.10.0', '1.0.0'];
    expect(order.toReversed().toSorted(compareVersions)).toEqual(order);
    expect(['1.2.3', '1.2', '1.2.3-x', '../1.2.3'].map(isVersion)).toEqual([true, false, true, false]);
  });
});

/** A tar archive as npm packs one. */
function makeTar(files: Record<string, string>, kind = '0'): Buffer {
  const blocks = Object.entries(files).flatMap(([name, text]) => {
    const head = Buffer.alloc(512);
    head.write(`package/${name}`, 0);
    head.write(text.length.toString(8).padStart(11, '0'), 124);
    head.write(' '.repeat(8), 148);
    head.write(kind, 156);
    head.write(
      `${head
        .reduce((sum, byte) => sum + byte, 0)
        .toString(8)
        .padStart(6, '0')}\0 `,
      148,
    );
    const body = Buffer.alloc(512 * Math.ceil(text.length / 512));
    body.write(text, 0);
    return [head, body];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

describe('an archive', () => {
  test('gives its files below its one folder', () => {
    const read = readTar(makeTar({ 'package.json': '{}', 'dist/a b.mjs': 'x'.repeat(600) }));
    expect(read).toMatchObject({ ok: true, value: [{ path: 'package.json' }, { path: 'dist/a b.mjs' }] });
  });

  test.each([
    ['writes beside its folder', makeTar({ '../../.profile': 'x' }), 'leads elsewhere'],
    ['holds a link', makeTar({ link: '' }, '2'), 'no plain file'],
    ['is cut short', makeTar({ a: 'x'.repeat(2000) }).subarray(0, 1024), 'cut short'],
    ['is damaged', Buffer.from(makeTar({ a: 'x' })).fill(1, 10, 20), 'damaged'],
  ])('that %s is refused', (_what, archive, words) => {
    expect(readTar(archive)).toMatchObject({ ok: false, error: expect.stringContaining(words) });
  });
});

describe('an update from a server', () => {
  let folder = '';
  let server: Server;
  let url = '';
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  const PROGRAM = (version: string): string => `process.stdout.write('${version}\\n');\n`;
  const pack = (version: string, program = PROGRAM(version)): Buffer =>
    gzipSync(
      makeTar({ 'package.json': JSON.stringify({ name: 'irori-node', version }), 'dist/irori-node.mjs': program }),
    );

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'irori-update-'));
    server = createServer((request, response) => answer(request, response));
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => {
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  function offer(bytes: Buffer, version = '0.2.0'): Parameters<typeof bringUpdate>[1] {
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    return { version, serial: 7, notes: '', url: `${url}/a.tgz`, bytes: bytes.length, sha256 };
  }
  const settings = (): Parameters<typeof findUpdate>[0] => ({
    state: folder,
    manifestUrl: `${url}/list.json`,
    ownKey: KEY,
    current: '0.1.0',
  });

  test('is found, fetched, seen to start, and is the one from the next start on; the one before is kept', async () => {
    const bytes = pack('0.2.0');
    const { sha256 } = offer(bytes);
    const files = [{ platform: 'any', url: `${url}/a.tgz`, bytes: bytes.length, sha256 }];
    answer = (request, response) =>
      void response.end(request.url === '/a.tgz' ? bytes : signed({ ...MANIFEST, files }));
    const found = await findUpdate(settings(), NOW);
    expect(found).toMatchObject({ ok: true, value: { version: '0.2.0' } });
    if (!found.ok || found.value === null) throw new Error('nothing was found');
    expect(await bringUpdate(settings(), found.value)).toEqual({ ok: true, value: null });
    const store = new VersionStore(folder);
    expect(store.read()).toMatchObject({ current: '0.2.0', previous: null, starts: 0, serial: 7 });
    const next = pack('0.3.0');
    answer = (_request, response) => void response.end(next);
    expect(await bringUpdate(settings(), { ...offer(next, '0.3.0'), serial: 8 })).toMatchObject({ ok: true });
    expect(store.read()).toMatchObject({ current: '0.3.0', previous: '0.2.0' });
    expect(await bringUpdate(settings(), { ...offer(next, '0.3.0'), serial: 8 })).toMatchObject({ ok: true });
    expect(store.read()).toMatchObject({ current: '0.3.0', previous: '0.2.0' });
    expect(['0.2.0', '0.3.0', '0.3.0.tgz'].map((name) => existsSync(store.place(name)))).toEqual([true, true, false]);
    answer = (_request, response) => void response.end(signed(MANIFEST));
    expect(await findUpdate(settings(), NOW)).toMatchObject({
      ok: false,
      error: expect.stringContaining('an old one'),
    });
  });

  test('that is cut goes on where it was', async () => {
    const bytes = pack('0.2.0', `${PROGRAM('0.2.0')}// ${'x'.repeat(5000)}${Math.random()}`);
    const ranges: (string | undefined)[] = [];
    answer = (request, response) => {
      const { range } = request.headers;
      ranges.push(range);
      if (range === undefined) {
        response.writeHead(200, { 'content-length': bytes.length });
        // Later, so that what came is not dropped with the connection.
        response.write(bytes.subarray(0, 100), () => setTimeout(() => void response.socket?.end(), 50));
        return;
      }
      response.writeHead(206).end(bytes.subarray(Number(/\d+/.exec(range)?.[0])));
    };
    expect(await bringUpdate(settings(), offer(bytes), 1)).toMatchObject({ ok: true });
    expect(ranges).toEqual([undefined, 'bytes=100-']);
  });

  test.each([
    ['another file', (good: Buffer) => Buffer.from(good).fill(0, 20), 'sha256 differs'],
    ['too little', (good: Buffer) => good.subarray(0, 50), 'cut short'],
  ])('with %s is refused, and nothing is changed', async (_what, spoil, words) => {
    const bytes = pack('0.2.0');
    const served = spoil(bytes);
    answer = (request, response) => {
      const from = Number(/\d+/.exec(request.headers.range ?? '')?.[0] ?? 0);
      response.writeHead(from > 0 ? 206 : 200).end(served.subarray(from));
    };
    const brought = await bringUpdate(settings(), offer(bytes), 1);
    expect(brought).toMatchObject({ ok: false, error: expect.stringContaining(words) });
    expect(new VersionStore(folder).read().current).toBeNull();
  });

  test('that is followed by more than was signed for is read no further', async () => {
    const bytes = pack('0.2.0');
    answer = (_request, response) => void response.end(Buffer.concat([bytes, Buffer.alloc(1_000_000, 1)]));
    expect(await bringUpdate(settings(), offer(bytes), 1)).toMatchObject({ ok: true });
  });

  test.each([
    ['does not start', pack('0.2.0', 'process.exit(3);'), 'does not start on this machine'],
    ['is another version', pack('0.9.9'), 'is not irori-node 0.2.0'],
    ['is no package', gzipSync(makeTar({ a: 'b' })), 'is not irori-node 0.2.0'],
    ['is no archive', Buffer.from('nonsense'), 'cannot be unpacked'],
  ])('that %s is not taken', async (_what, bytes, words) => {
    answer = (_request, response) => void response.end(bytes);
    expect(await bringUpdate(settings(), offer(bytes), 1)).toMatchObject({
      ok: false,
      error: expect.stringContaining(words),
    });
    expect(new VersionStore(folder).read().current).toBeNull();
    expect(existsSync(new VersionStore(folder).place('0.2.0'))).toBe(false);
  });

  test('without a key that is trusted nothing is believed, and a server that is away is told', async () => {
    answer = (_request, response) => void response.writeHead(503).end();
    expect(await findUpdate({ ...settings(), ownKey: null }, NOW)).toMatchObject({
      ok: false,
      error: expect.stringContaining('no release key'),
    });
    expect(await findUpdate(settings(), NOW)).toMatchObject({ ok: false, error: expect.stringContaining('503') });
    writeFileSync(join(folder, 'versions'), 'in the way');
    expect(new VersionStore(folder).read()).toMatchObject({ current: null, serial: 0 });
    expect(readFileSync(join(folder, 'versions'), 'utf8')).toBe('in the way');
  });
});
