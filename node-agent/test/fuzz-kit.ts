// Noise for the two doors that a home opens on its own machine, from a seed: the owner's line (a socket of the state folder) and the page's HTTP server.
// Each case is played by its number alone, so that one that found something can be played again.
import { request } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeRandom } from '../../router/bench/draw-losses.ts';

type Random = () => number;

function pick<T>(random: Random, list: readonly T[]): T {
  const found = list[Math.floor(random() * list.length)];
  if (found === undefined) throw new RangeError('nothing to pick from');
  return found;
}

function bytes(random: Random, most: number): Buffer {
  return Buffer.from(Array.from({ length: Math.floor(random() * most) }, () => Math.floor(random() * 256)));
}

const WORDS = [
  '__proto__',
  'constructor',
  'toString',
  'pause',
  'resume',
  'status',
  'open',
  'test',
  '',
  '\u0000',
  '\u202e',
  'ふるさと',
  '💥'.repeat(50),
  '../../etc',
];
const VALUES: readonly unknown[] = [null, true, -1, 0, 1e308, -1e-9, 2 ** 53, '', 'x'.repeat(300), [], {}, [[]], WORDS];

/** Asks in time that no home may obey: of no such name, or with what the ask does not take. */
const WRONG_ASKS: readonly unknown[] = [
  ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'fly', '', 'Pause', 'x'.repeat(41)].map((name) => ({
    do: name,
  })),
  ...[-1, 0, 1.5, 'soon', [], {}, 1e308].map((forMs) => ({ do: 'pause', forMs })),
  ...[-1, 'noon', {}].map((untilAt) => ({ do: 'pause', forMs: null, untilAt })),
  { do: 'pause' },
  { do: 'pause', forMs: null, when: 'never' },
  { do: { toString: 'pause' } },
  { do: ['resume'] },
  ['resume'],
  'resume',
  null,
];

/** JSON that is nearly what an owner's command sends: too late, or wrong. */
function nearAsk(random: Random): string {
  if (random() < 0.4) return JSON.stringify({ goodUntil: 1e15, ask: pick(random, WRONG_ASKS) });
  const ask: Record<string, unknown> = { do: random() < 0.7 ? pick(random, WORDS) : pick(random, VALUES) };
  for (let i = 0; i < 3; i += 1)
    if (random() < 0.5) ask[pick(random, ['forMs', 'untilAt', 'when', ...WORDS])] = pick(random, VALUES);
  const line: Record<string, unknown> = { ask: random() < 0.9 ? ask : pick(random, VALUES) };
  if (random() < 0.9) line['goodUntil'] = pick(random, [0, -1, 'soon', null, 1]);
  return JSON.stringify(line);
}

/** What one peer says, in the pieces in which it says it. Nothing of it is an ask that a home may obey. */
function drawPeer(seed: number): readonly (string | Buffer)[] {
  const random = makeRandom(seed);
  switch (Math.floor(random() * 8)) {
    case 0:
      return [bytes(random, 4000), '\n'];
    case 1:
      return ['x'.repeat(Math.floor(random() * 100_000))];
    case 2:
      return ['[', '['.repeat(Math.floor(random() * 4000)), '\n'];
    case 3: {
      const text = nearAsk(random);
      return [text.slice(0, Math.floor(random() * text.length))];
    }
    case 4:
      return Array.from(nearAsk(random).slice(0, 60), (char) => char);
    case 5:
      return Array.from({ length: 5 }, () => `${nearAsk(random)}\n`);
    case 6:
      return ['\n', '\n', '\r\n', nearAsk(random), '\n'];
    default:
      return [`${nearAsk(random)}\n`, bytes(random, 100)];
  }
}

/** Plays peers at once, each in its own way, and hangs up on all at the end. `pauseMs` between two pieces of one. */
export async function playPeers(path: string, seeds: readonly number[], pauseMs = 0): Promise<void> {
  await Promise.all(seeds.map((seed) => playPeer(path, drawPeer(seed), pauseMs)));
}

async function playPeer(path: string, pieces: readonly (string | Buffer)[], pauseMs: number): Promise<void> {
  const peer: Socket = connect(path);
  peer.on('error', () => undefined);
  peer.resume();
  for (const piece of pieces) {
    if (peer.destroyed) return;
    peer.write(piece);
    if (pauseMs > 0) await sleep(pauseMs);
    else await new Promise((done) => setImmediate(done));
  }
  peer.destroy();
}

/** A page's request that no browser of its owner would send. */
interface PageCase {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: Buffer | string | null;
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND'];
const HOSTS = [
  'evil.example',
  'localhost',
  '127.0.0.1:1',
  '[::1]',
  '',
  '127.0.0.1.evil.example',
  '192.168.0.2',
  'a'.repeat(2000),
];
const ORIGINS = ['http://evil.example', 'null', 'https://localhost', 'file://', 'http://127.0.0.1:1', ''];
const TAILS = [
  '',
  '/',
  '/..',
  '/../../etc/passwd',
  '%2e%2e%2f',
  '?token=x',
  '?token=' + 'x'.repeat(3000),
  '%00',
  '%',
  '//',
  '#a',
  ';a=b',
  '/ふ',
];

/** One request to one of `routes`. The right host is left in some, so that what stands behind it is met too; a token never is. */
function drawPageCase(seed: number, routes: readonly string[], host: string): PageCase {
  const random = makeRandom(seed);
  const path = encodeURI(pick(random, [...routes, '/', '/nothing'])) + pick(random, TAILS).replace('ふ', '%E3%81%B5');
  const headers: Record<string, string> = { host: random() < 0.5 ? host : pick(random, HOSTS) };
  if (random() < 0.5) headers['origin'] = pick(random, [...ORIGINS, `http://${host}`]);
  if (random() < 0.5)
    headers['cookie'] = pick(random, [
      'irori=x',
      `irori_page_${host.split(':')[1]}=x`,
      'a=b; '.repeat(200),
      '=',
      'irori=' + 'y'.repeat(4000),
    ]);
  if (random() < 0.3)
    headers['content-type'] = pick(random, ['application/json', 'text/plain', 'multipart/form-data', '\u00e9']);
  if (random() < 0.2) headers['sec-fetch-site'] = pick(random, ['cross-site', 'same-origin', 'none', 'x']);
  if (random() < 0.3) headers['x-irori-page-key'] = pick(random, ['', 'x', 'y'.repeat(43)]);
  if (random() < 0.2) headers['authorization'] = pick(random, ['Bearer x', 'Basic eDp4', 'x'.repeat(2000)]);
  const body =
    random() < 0.5
      ? null
      : pick(random, [bytes(random, 5000), nearAsk(random), '{"a":', '[]', 'null', 'x'.repeat(200_000)]);
  return { method: pick(random, METHODS), path, headers, body };
}

interface PageAnswer {
  /** 0 where the server hung up without an answer, or Node itself refused to send it. */
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

function sendPageCase(port: number, { method, path, headers, body }: PageCase, limitMs = 5000): Promise<PageAnswer> {
  return new Promise((resolve) => {
    const fail = (): void => resolve({ status: 0, headers: {}, text: '' });
    try {
      const outgoing = request(
        { host: '127.0.0.1', port, method, path, headers, agent: false, signal: AbortSignal.timeout(limitMs) },
        (response) => {
          let text = '';
          response.setEncoding('utf8');
          response.on('data', (part: string) => (text += part));
          response.on('error', fail);
          response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
        },
      );
      outgoing.on('error', fail);
      outgoing.end(body ?? undefined);
    } catch {
      fail();
    }
  });
}

/** Sends cases and gives what was wrong with their answers: a failure of the server's own, or something told that nobody may read who has shown no token. */
export async function fuzzPage(
  port: number,
  routes: readonly string[],
  {
    from,
    cases,
    mustNotTell,
  }: { readonly from: number; readonly cases: number; readonly mustNotTell: readonly string[] },
): Promise<string[]> {
  const findings: string[] = [];
  for (let number = from; number < from + cases; number += 1) {
    const one = drawPageCase(number, routes, `127.0.0.1:${port}`);
    const { status, headers, text } = await sendPageCase(port, one);
    const told = mustNotTell.find((secret) => text.includes(secret) || JSON.stringify(headers).includes(secret));
    const what =
      status >= 500
        ? `status ${status}`
        : told !== undefined
          ? `tells ${told}`
          : headers['access-control-allow-origin'] !== undefined
            ? 'lets other pages read it'
            : null;
    if (what !== null) findings.push(`case ${number} ${one.method} ${one.path.slice(0, 80)}: ${what}`);
  }
  return findings;
}
