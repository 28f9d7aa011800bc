import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeLog } from '../log.ts';
import { fuzzPage } from '../test/fuzz-kit.ts';
import { SampleDesk } from '../test/page-samples.ts';
import { ACTIONS } from './page-desk.ts';
import { PageServer } from './page-server.ts';
import { PageSessions } from './page-sessions.ts';

const NOW = Date.UTC(2026, 5, 10, 12);
const documents = {
  page: { html: '<p>page</p>', policy: "default-src 'none'" },
  gate: { html: '<p>gate</p>', policy: "default-src 'none'" },
};
const lines: string[] = [];
const log = makeLog({ json: false, write: (line) => void lines.push(line), now: () => NOW });

let folder: string;
let server: PageServer;
let desk: SampleDesk;
let steadyMs = 0;

async function open(wanted: number | null = null): Promise<PageServer> {
  const sessions = await PageSessions.open(folder, { log, now: () => NOW, random: randomBytes });
  const opened = new PageServer({ desk, sessions, documents: async () => documents, log, now: () => steadyMs });
  expect(await opened.listen(wanted)).toBe(true);
  return opened;
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'irori-page-'));
  desk = new SampleDesk(() => NOW);
  steadyMs = 0;
  lines.length = 0;
  server = await open();
});
afterEach(async () => {
  server.close();
  await rm(folder, { recursive: true, force: true });
});

interface Told {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** Not fetch, which sets Host and Origin itself. */
async function ask(path: string, { method = 'GET', headers = {}, body = '' } = {}): Promise<Told> {
  const asked = request({ port: server.port, host: '127.0.0.1', path, method, headers, agent: false });
  asked.end(body);
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  let text = '';
  for await (const part of answer) text += String(part);
  return { status: answer.statusCode ?? 0, headers: answer.headers, text };
}

const origin = (): string => `http://127.0.0.1:${server.port}`;
const json = (): Record<string, string> => ({ 'content-type': 'application/json', origin: origin() });

async function post(path: string, body: object, headers: Record<string, string> = {}): Promise<Told> {
  return ask(path, { method: 'POST', headers: { ...json(), ...headers }, body: JSON.stringify(body) });
}

/** What a browser that was let in sends. */
async function enter(): Promise<Record<string, string>> {
  const token = server.mintUrl().split('#open=')[1];
  const answer = await post('/api/session', { token });
  expect(answer.status).toBe(200);
  const { key } = JSON.parse(answer.text) as { key: string };
  return { cookie: String(answer.headers['set-cookie']?.[0]?.split(';')[0]), 'x-irori-page-key': key };
}

describe('who is let in', () => {
  test('a token lets a browser in once, with a cookie that no script and no other site sends', async () => {
    const token = server.mintUrl().split('#open=')[1];
    const first = await post('/api/session', { token });
    expect(first.headers['set-cookie']).toEqual([
      expect.stringMatching(/^irori_page_\d+=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=2592000$/),
    ]);
    expect((await post('/api/session', { token })).status).toBe(401);
  });

  test('without both secrets nothing is told: a document that says how, and refusals', async () => {
    const both = await enter();
    const { cookie = '', 'x-irori-page-key': key = '' } = both;
    expect([(await ask('/')).status, (await ask('/')).text]).toEqual([401, '<p>gate</p>']);
    expect((await ask('/', { headers: { cookie } })).text).toBe('<p>page</p>');
    for (const headers of [
      {},
      { cookie },
      { 'x-irori-page-key': key },
      { cookie: `${cookie}x`, 'x-irori-page-key': key },
    ]) {
      const answer = await ask('/api/view', { headers });
      expect([answer.status, answer.text]).toEqual([401, expect.stringContaining('irori-node open')]);
    }
    expect((await ask('/api/view', { headers: both })).status).toBe(200);
  });

  test('a restart forgets no browser', async () => {
    const both = await enter();
    const { port } = server;
    server.close();
    server = await open();
    expect(server.port).toBe(port);
    expect((await ask('/api/view', { headers: both })).status).toBe(200);
  });

  test('what has another form than a token is none', async () => {
    for (const body of [{}, { token: '' }, { token: 'x'.repeat(101) }, { token: 'x', more: 1 }, []])
      expect((await post('/api/session', body)).status).toBe(401);
  });
});

describe('from where', () => {
  test.each([
    ['a name that points here', () => ({ host: `evil.example:${server.port}` }), 'foreign_host'],
    ['another port', () => ({ host: '127.0.0.1:9' }), 'foreign_host'],
    ['the other loopback', () => ({ host: `[::1]:${server.port}` }), 'foreign_host'],
    ['another site', () => ({ origin: 'https://evil.example' }), 'foreign_origin'],
    ['a page of another port', () => ({ origin: 'http://127.0.0.1:9' }), 'foreign_origin'],
    ['a script of another site', () => ({ 'sec-fetch-site': 'cross-site' }), 'foreign_site'],
  ])('%s is refused, whatever it knows', async (_, headers, code) => {
    const both = await enter();
    const answer = await ask('/api/view', { headers: { ...both, ...headers() } });
    expect([answer.status, (JSON.parse(answer.text) as { error: object }).error]).toEqual([
      403,
      expect.objectContaining({ code }),
    ]);
  });

  test('nothing is changed without an origin, or by a plain form', async () => {
    const both = await enter();
    const bare = await ask('/api/actions/resume', {
      method: 'POST',
      headers: { ...both, 'content-type': 'application/json' },
      body: '{}',
    });
    const form = await ask('/api/actions/resume', {
      method: 'POST',
      headers: { ...both, origin: origin(), 'content-type': 'text/plain' },
      body: '{}',
    });
    expect([bare.status, form.status, desk.actions]).toEqual([403, 403, []]);
  });

  test('no other site is ever told that it may: neither asked before nor after', async () => {
    const asked = await ask('/api/view', {
      method: 'OPTIONS',
      headers: { 'access-control-request-private-network': 'true' },
    });
    expect(asked.status).toBe(405);
    const all = [asked, await ask('/'), await ask('/api/view', { headers: await enter() })];
    for (const { headers } of all)
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  });
});

test('everything says that it is not to be kept, framed or guessed at', async () => {
  const both = await enter();
  for (const answer of [
    await ask('/'),
    await ask('/api/view', { headers: both }),
    await ask('/api/none', { headers: both }),
  ])
    expect(answer.headers).toMatchObject({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'content-security-policy': expect.stringContaining("default-src 'none'"),
    });
});

describe('how much', () => {
  test('a body that is too long is not read to its end', async () => {
    const both = await enter();
    const long = await ask('/api/actions/name', {
      method: 'POST',
      headers: { ...json(), ...both },
      body: `{"name":"${'x'.repeat(20_000)}"}`,
    });
    expect([long.status, long.headers.connection]).toEqual([413, 'close']);
    expect(desk.actions).toEqual([]);
  });

  test('strangers who ask too often are told when, and cannot crowd out whoever was let in', async () => {
    const both = await enter();
    const statuses: number[] = [];
    for (let i = 0; i < 61; i++) statuses.push((await ask('/api/view')).status);
    expect([statuses[0], statuses.at(-1)]).toEqual([401, 429]);
    expect((await ask('/')).headers['retry-after']).toBe('1');
    expect((await ask('/api/view', { headers: both })).status).toBe(200);
    steadyMs += 1000;
    expect((await ask('/api/view')).status).toBe(401);
  });

  test('a site that knocks from a browser keeps nobody from opening the page', async () => {
    const foreign = { 'sec-fetch-site': 'cross-site' };
    const statuses: number[] = [];
    for (let i = 0; i < 70; i++)
      statuses.push((await ask(i % 2 === 0 ? '/' : '/api/view', { headers: foreign })).status);
    expect([statuses[0], statuses[1], statuses.at(-1)]).toEqual([401, 403, 429]);
    expect((await ask('/', { headers: { 'sec-fetch-site': 'none' } })).status).toBe(401);
    expect((await ask('/api/view', { headers: await enter() })).status).toBe(200);
  });

  test('a page that asks without end is slowed too', async () => {
    const both = await enter();
    for (let i = 0; i < 120; i++) await ask('/api/none', { headers: both });
    expect((await ask('/api/none', { headers: both })).status).toBe(429);
  });

  test('who hangs up in the middle of what they say fills no log', async () => {
    const socket = connect(server.port, '127.0.0.1');
    const host = `127.0.0.1:${server.port}`;
    socket.write(
      `POST /api/session HTTP/1.1\r\nHost: ${host}\r\nOrigin: http://${host}\r\nContent-Type: application/json\r\nContent-Length: 90\r\n\r\n{"to`,
    );
    await once(socket, 'connect');
    socket.destroy();
    await once(socket, 'close');
    expect((await ask('/')).status).toBe(401);
    expect(lines).toEqual([]);
  });

  test('what is no HTTP gets no answer', async () => {
    const socket = connect(server.port, '127.0.0.1');
    let text = '';
    socket.on('data', (part) => (text += String(part)));
    socket.write('SSH-2.0-x\r\n\r\n');
    await once(socket, 'close');
    expect(text).toBe('');
  });
});

describe('what is asked', () => {
  test('every part of the page is answered, and no path beside', async () => {
    const headers = await enter();
    for (const path of ['view', 'earnings', 'earnings?days=7', 'why', 'forecast', 'homes', 'doctor', 'logs']) {
      const answer = await ask(`/api/${path}`, { headers });
      expect([path, answer.status, answer.headers['content-type']]).toEqual([path, 200, 'application/json']);
    }
    for (const path of [
      '/api/other',
      '/api/receipts/../view',
      '/api/receipts/job_1/../job_2',
      '/api/receipts/job_',
      '/api',
      '/favicon.ico',
      '/%00',
    ])
      expect([path, (await ask(path, { headers })).status]).toEqual([path, 404]);
    for (const days of ['0', '63', 'x', '-1'])
      expect((await ask(`/api/earnings?days=${days}`, { headers })).status).toBe(400);
  });

  test('files are saved rather than shown', async () => {
    const headers = await enter();
    const csv = await ask('/api/earnings.csv', { headers });
    expect(csv.headers).toMatchObject({
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': 'attachment; filename="irori-earnings.csv"',
    });
    const receipt = await ask('/api/receipts/job_1a', { headers });
    expect(receipt.headers['content-disposition']).toBe('attachment; filename="job_1a.json"');
    expect((await post('/api/receipts/job_1a', {}, headers)).text).toContain('"verdict":"valid"');
  });

  test.each([
    ['', '"acceptance"'],
    ['?lang=ja', '"承認書"'],
    ['?lang=xx', '"acceptance"'],
  ])('what a check finds is told in the page’s language: %s', async (query, text) => {
    const headers = await enter();
    expect((await post(`/api/receipts/job_1a${query}`, {}, headers)).text).toContain(text);
  });

  test('an action has its form, and what has another does nothing', async () => {
    const headers = await enter();
    expect((await post('/api/actions/pause', { forMs: 60_000 }, headers)).status).toBe(200);
    expect((await post('/api/actions/share', { model: 'llama', isShared: false }, headers)).status).toBe(200);
    expect((await post('/api/actions/name', { name: ' Workshop ' }, headers)).status).toBe(200);
    const wrong: readonly [string, object][] = [
      ['pause', { forMs: -1 }],
      ['pause', { forMs: 60_000, shell: 'x' }],
      ['pause', { untilAt: 'tomorrow' }],
      ['share', { model: 'llama' }],
      ['rules', { week: ['2'] }],
      ['settings', { kwhPrice: -1, currency: 'EUR', creditPrice: null }],
      ['settings', { kwhPrice: 1, currency: 'euro', creditPrice: null }],
      ['name', { name: '  ' }],
    ];
    for (const [name, body] of wrong)
      expect([name, (await post(`/api/actions/${name}`, body, headers)).status]).toEqual([name, 400]);
    expect((await post('/api/actions/shutdown', {}, headers)).status).toBe(404);
    expect((await post('/api/actions/constructor', {}, headers)).status).toBe(404);
    expect(desk.actions).toEqual([
      { do: 'pause', when: 'now', forMs: 60_000, untilAt: null },
      { do: 'share', model: 'llama', isShared: false },
      { do: 'name', name: 'Workshop' },
    ]);
  });

  test('who leaves is asked twice', async () => {
    const headers = await enter();
    const { confirm } = JSON.parse((await post('/api/actions/leave', {}, headers)).text) as { confirm: string };
    expect(JSON.parse((await post('/api/actions/leave', { confirm }, headers)).text)).toMatchObject({ done: true });
  });

  test('a desk that fails is told as such, without a word of why', async () => {
    const headers = await enter();
    desk.view = () => Promise.reject(new Error('secret'));
    const answer = await ask('/api/view', { headers });
    expect([answer.status, answer.text]).toEqual([500, expect.not.stringContaining('secret')]);
    expect(lines.join('')).toContain('the page failed');
    expect(lines.join('')).not.toContain('secret');
  });
});

test('noise without the secrets is told nothing, does nothing, and is not let read by other sites', async () => {
  const sessions = await PageSessions.open(folder, { log, now: () => NOW, random: randomBytes });
  // Each asks a second after the other: none is turned away for being one too many.
  const calm = new PageServer({ desk, sessions, documents: async () => documents, log, now: () => (steadyMs += 1000) });
  await calm.listen(null);
  const actions = Object.keys(ACTIONS).map((name) => `/api/actions/${name}`);
  const paths = ['view', 'earnings', 'earnings.csv', 'why', 'forecast', 'homes', 'doctor', 'logs', 'receipts/job_1a'];
  const routes = [...paths.map((path) => `/api/${path}`), ...actions, '/api/session'];
  const options = { from: 0, cases: 120, mustNotTell: ['Workshop', 'node_01jd3x9kq', 'job_1a'] };
  expect(await fuzzPage(calm.port, routes, options)).toEqual([]);
  expect([desk.actions, lines]).toEqual([[], []]);
  calm.close();
});

describe('where', () => {
  test('a port that is taken is left to whoever has it', async () => {
    const { port } = server;
    const taken = createServer();
    await new Promise<void>((done) => void taken.listen(0, '127.0.0.1', done));
    const wanted = (taken.address() as { port: number }).port;
    const other = await open(wanted);
    expect([wanted, port]).not.toContain(other.port);
    other.close();
    taken.close();
  });

  test('where many ports are taken, as beside many agents, it comes to a free one and leaves no listener behind', async () => {
    const warned: string[] = [];
    const hear = ({ name }: Error): void => void warned.push(name);
    process.on('warning', hear);
    const first = await occupy(0);
    const rest = await Promise.all(Array.from({ length: 14 }, (_, i) => occupy(portOf(first) + 1 + i)));
    const other = await open(portOf(first));
    // Warnings are told after the turn in which they came up.
    await new Promise((wake) => setImmediate(wake));
    process.off('warning', hear);
    expect(other.port).toBeGreaterThan(0);
    expect(warned).toEqual([]);
    other.close();
    for (const taken of [first, ...rest]) taken.close();
  });

  test('only this machine can reach it', async () => {
    const answer = await ask('/');
    expect([answer.status, new URL(server.url).hostname]).toEqual([401, '127.0.0.1']);
    const outside = connect({ port: server.port, host: '::1' });
    const [error] = (await once(outside, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toMatch(/ECONNREFUSED|EADDRNOTAVAIL|ENETUNREACH/);
  });
});

function portOf(taken: Server): number {
  return (taken.address() as { port: number } | null)?.port ?? 0;
}

/** Listens there itself, unless somebody else does: taken it is either way. */
async function occupy(port: number): Promise<Server> {
  const taken = createServer();
  await new Promise<void>((done) => {
    taken.once('error', () => done());
    taken.listen(port, '127.0.0.1', done);
  });
  return taken;
}
