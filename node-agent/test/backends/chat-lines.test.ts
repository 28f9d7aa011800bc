// Connections to a model server, against sockets that do what servers should not.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { afterEach, expect, test } from 'vitest';
import { ChatLines } from '../../backends/chat-lines.ts';
import type { ChatCall } from '../../backends/chat-lines.ts';
import { makeJudgedLookup } from '../../backends/judged-lookup.ts';

const HAS_OPENSSL = spawnSync('openssl', ['version']).status === 0;
const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0).toReversed()) end();
});

interface Raw {
  readonly url: string;
  readonly sockets: Socket[];
  /** What came on each connection. */
  readonly heard: string[];
}

/** A server that answers each request by hand: `answer` gets the socket and how many came over it before. */
async function serve(answer: (socket: Socket, earlier: number) => void): Promise<Raw> {
  const raw = { url: '', sockets: [] as Socket[], heard: [] as string[] };
  const server = createServer((socket) => {
    const at = raw.sockets.push(socket) - 1;
    raw.heard[at] = '';
    let asked = 0;
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      raw.heard[at] += bytes.toString();
      if (bytes.toString().endsWith('"end"}')) answer(socket, asked++);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ends.push(() => {
    for (const socket of raw.sockets) socket.destroy();
    server.close();
  });
  return Object.assign(raw, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/chat` });
}

function open(headers: Record<string, string> = {}): ChatLines {
  const lines = new ChatLines(
    makeJudgedLookup(() => null),
    headers,
  );
  ends.push(() => lines.close());
  return lines;
}

interface Heard {
  readonly call: ChatCall;
  readonly status: number | null;
  readonly body: string;
  readonly end: string;
}

/** Sends a request and waits for its end, or for `until`. */
function ask(lines: ChatLines, url: string, until?: (call: ChatCall, body: string) => boolean): Promise<Heard> {
  return new Promise((resolve) => {
    let status: number | null = null;
    let body = '';
    const tell = (end: string): void => resolve({ call, status, body, end });
    const call = lines.post(url, '{"x":"ä","y":"end"}', {
      onHead: (code) => {
        status = code;
      },
      onBody: (bytes) => {
        body += Buffer.from(bytes).toString();
        if (until?.(call, body)) tell('enough');
      },
      onEnd: () => tell('end'),
      onBreak: (error) => tell(String(error.code)),
    });
  });
}

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi';
/** Until what has happened on one end has come to the other. */
async function until(holds: () => boolean): Promise<void> {
  for (const endAt = Date.now() + 90_000; !holds();) {
    if (Date.now() > endAt) throw new Error(`it never held: ${holds.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

test('a request tells its host, its headers and the length of its body in bytes, and is sent as it is', async () => {
  const server = await serve((socket) => socket.write(OK));
  expect(await ask(open({ authorization: 'Bearer x' }), `${server.url}?a=b`)).toMatchObject({ body: 'hi', end: 'end' });
  const { host } = new URL(server.url);
  const lines = `host: ${host}\r\nconnection: keep-alive\r\nauthorization: Bearer x\r\ncontent-length: 20\r\n`;
  expect(server.heard).toEqual([`POST /v1/chat?a=b HTTP/1.1\r\n${lines}\r\n{"x":"ä","y":"end"}`]);
});

test('a header that would begin another one is refused', () => {
  expect(() => open({ authorization: 'x\r\ny: z' }).post('http://127.0.0.1:1/', '', NO_EAR)).toThrow(/header/i);
});
const NO_EAR = { onHead: () => undefined, onBody: () => undefined, onEnd: () => undefined, onBreak: () => undefined };

test('one connection serves chats one after another, two serve two at once', async () => {
  const server = await serve((socket) => socket.write(OK));
  const lines = open();
  const first = await ask(lines, server.url);
  const second = await ask(lines, server.url);
  expect([first.call.isReused, second.call.isReused, server.sockets.length]).toEqual([false, true, 1]);
  await Promise.all([ask(lines, server.url), ask(lines, server.url)]);
  expect(server.sockets).toHaveLength(2);
});

test('a call that is over has no hold on the connection that serves the next one', async () => {
  const server = await serve((socket) => socket.write(OK));
  const lines = open();
  const { call } = await ask(lines, server.url);
  const next = ask(lines, server.url);
  call.pause();
  call.drop();
  call.letGo(1);
  expect(await next).toMatchObject({ body: 'hi', end: 'end' });
  expect(server.sockets).toHaveLength(1);
});

test.each([
  ['says so', 'HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nhi'],
  ['is about to', 'HTTP/1.1 200 OK\r\nkeep-alive: timeout=1\r\ncontent-length: 2\r\n\r\nhi'],
])('a connection that its server closes (it %s) is not used again', async (_, answer) => {
  const server = await serve((socket) => socket.write(answer));
  const lines = open();
  for (let i = 0; i < 2; i += 1) expect(await ask(lines, server.url)).toMatchObject({ body: 'hi', end: 'end' });
  expect(server.sockets).toHaveLength(2);
});

test('a kept connection that was closed meanwhile is not used again; one that closes at the request says that it had served', async () => {
  const server = await serve((socket, earlier) => (earlier === 0 ? socket.write(OK) : socket.destroy()));
  const lines = open();
  await ask(lines, server.url);
  expect(await ask(lines, server.url)).toMatchObject({ call: { isReused: true }, status: null, end: 'ECONNRESET' });
  await ask(lines, server.url);
  let isClosed = false;
  server.sockets[1]?.on('close', () => (isClosed = true)).end();
  await until(() => isClosed);
  expect(await ask(lines, server.url)).toMatchObject({ call: { isReused: false }, body: 'hi', end: 'end' });
});

test('what comes on a free connection is nobody’s, and ends it', async () => {
  const server = await serve((socket) => socket.write(OK));
  const lines = open();
  await ask(lines, server.url);
  let isClosed = false;
  server.sockets[0]?.on('close', () => (isClosed = true)).write('HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil');
  await until(() => isClosed);
  expect(await ask(lines, server.url)).toMatchObject({ body: 'hi', call: { isReused: false } });
});

test('an answer that is cut, and one that is no HTTP, break', async () => {
  const cut = await serve((socket) => void socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhi'));
  expect(await ask(open(), cut.url)).toMatchObject({ status: 200, body: 'hi', end: 'ECONNRESET' });
  const other = await serve((socket) => void socket.write('220 mail.example ESMTP\r\n'));
  expect(await ask(open(), other.url)).toMatchObject({ status: null, end: 'ERR_NO_HTTP' });
});

test('an answer without a length ends with its connection, whole', async () => {
  const server = await serve((socket) => void socket.end('HTTP/1.0 200 OK\r\n\r\nhello'));
  expect(await ask(open(), server.url)).toMatchObject({ body: 'hello', end: 'end' });
});

test('nobody there is told as the system tells it', async () => {
  const server = await serve((socket) => socket.write(OK));
  ends.pop()?.();
  expect(await ask(open(), server.url)).toMatchObject({ status: null, end: 'ECONNREFUSED' });
});

test('a name is judged by what it resolves to', async () => {
  const server = await serve((socket) => socket.write(OK));
  const lines = new ChatLines(
    makeJudgedLookup(() => 'not that one'),
    {},
  );
  ends.push(() => lines.close());
  const heard = await ask(lines, server.url.replace('127.0.0.1', 'localhost'));
  expect(heard).toMatchObject({ end: 'IRORI_REFUSED' });
  expect(server.sockets).toHaveLength(0);
});

test('a server waits while nothing is read, and is read on from there', async () => {
  const body = 'x'.repeat(32 << 20);
  const server = await serve((socket) => {
    socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n`);
    socket.write(body);
  });
  let length = 0;
  let end = '';
  const call = open().post(server.url, '{"y":"end"}', {
    onHead: () => call.pause(),
    onBody: (bytes) => void (length += bytes.length),
    onEnd: () => (end = 'end'),
    onBreak: (error) => (end = String(error.code)),
  });
  await until(() => (server.sockets[0]?.bytesWritten ?? 0) > 0);
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(length).toBeLessThan(1 << 20);
  expect(server.sockets[0]?.writableLength).toBeGreaterThan(0);
  call.resume();
  await until(() => end !== '');
  expect([end, length]).toEqual(['end', body.length]);
});

test('an answer that was let go keeps its connection where its end comes in time, and loses it where not', async () => {
  const chunk = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n';
  const server = await serve((socket, earlier) => {
    socket.write(chunk);
    if (earlier === 0) setTimeout(() => socket.write('0\r\n\r\n'), 20);
  });
  const lines = open();
  const letGo = (ms: number) => ask(lines, server.url, (call) => (call.letGo(ms), false));
  expect(await letGo(20_000)).toMatchObject({ body: 'hi', end: 'end' });
  let isClosed = false;
  server.sockets[0]?.on('close', () => (isClosed = true));
  void letGo(20);
  await until(() => isClosed);
  expect(server.sockets).toHaveLength(1);
});

test('closing drops what is under way, without a word', async () => {
  const server = await serve(() => undefined);
  const lines = open();
  let told = '';
  lines.post(server.url, '{"y":"end"}', { ...NO_EAR, onEnd: () => (told = 'end'), onBreak: () => (told = 'break') });
  await until(() => server.sockets.length === 1);
  let isClosed = false;
  server.sockets[0]?.on('close', () => (isClosed = true));
  lines.close();
  await until(() => isClosed);
  expect(told).toBe('');
});

test.skipIf(!HAS_OPENSSL)('over TLS a certificate counts that somebody vouches for, and no other', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'irori-tls-'));
  ends.push(() => rmSync(folder, { recursive: true, force: true }));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const words = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=localhost';
  execFileSync(
    'openssl',
    [...words.split(' '), '-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', cert],
    {
      stdio: 'ignore',
    },
  );
  const server = createTlsServer({ key: readFileSync(key), cert: readFileSync(cert) }, (socket) => {
    socket.on('error', () => undefined).on('data', () => socket.write(OK));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ends.push(() => server.close());
  const { port } = server.address() as AddressInfo;
  const run = async (env: Record<string, string>): Promise<string> => {
    const child = spawn(process.execPath, ['--input-type=module', '--eval', askingTls(port)], {
      env: { ...process.env, ...env },
    });
    let said = '';
    child.stdout.on('data', (bytes) => (said += String(bytes)));
    await new Promise((resolve) => child.on('close', resolve));
    return said;
  };
  expect(await run({ NODE_EXTRA_CA_CERTS: cert })).toBe('200 hi end 200 hi end reused');
  expect(await run({})).toBe('DEPTH_ZERO_SELF_SIGNED_CERT');
});

/** A script that sends two chats, one after another, and says what came. */
function askingTls(port: number): string {
  const path = JSON.stringify(join(import.meta.dirname, '../../backends/chat-lines.ts'));
  return `import { ChatLines } from ${path};
    const lines = new ChatLines((name, options, done) => done(null, [{ address: '127.0.0.1', family: 4 }]), {});
    const said = [];
    const post = (then) => {
      const call = lines.post('https://localhost:${port}/v1/chat', '{}', {
        onHead: (status) => said.push(status), onBody: (bytes) => said.push(String(bytes)),
        onEnd: () => { said.push('end'); then(call); },
        onBreak: (error) => { process.stdout.write(error.code); lines.close(); },
      });
    };
    post(() => post((call) => { if (call.isReused) said.push('reused'); process.stdout.write(said.join(' ')); lines.close(); }));`;
}
