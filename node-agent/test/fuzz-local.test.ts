// Noise at the owner's line: nothing of it is obeyed, ends the agent, or keeps its owner waiting. `npm run fuzz:local` plays far more of it.
import { createServer } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findSocketPath, lockFolder } from '../home/instance-lock.ts';
import type { FolderLock } from '../home/instance-lock.ts';
import { askAgent, hearOwner } from '../home/owner-line.ts';
import type { OwnerDesk } from '../home/owner-line.ts';
import { dropStateFolder, makeStateFolder } from './agent-process.ts';
import { fuzzPage, playPeers } from './fuzz-kit.ts';

let state: string;
let lock: FolderLock;
const obeyed: string[] = [];

const ANSWER = { paused: null, untilAt: null, handedOver: 0, tookMs: 0 };
const note = (name: string): Promise<typeof ANSWER> => {
  obeyed.push(name);
  return Promise.resolve(ANSWER);
};
const desk = new Proxy({} as OwnerDesk, { get: (_, name) => () => note(String(name)) });

beforeEach(async () => {
  state = makeStateFolder();
  const locked = await lockFolder(state);
  if (!locked.ok) throw new Error(locked.error.sentence);
  lock = locked.value;
  lock.serve((peer) => hearOwner(peer, desk));
  obeyed.length = 0;
});

afterEach(() => {
  lock.release();
  dropStateFolder(state);
});

const resume = () => askAgent(state, { do: 'resume' });

test('400 noisy peers are obeyed in nothing, and the owner is answered among them', async () => {
  for (let from = 0; from < 400; from += 40) {
    const noise = playPeers(
      findSocketPath(state),
      Array.from({ length: 40 }, (_, i) => from + i),
    );
    expect((await resume()).kind).toBe('answered');
    await noise;
  }
  expect(obeyed.filter((name) => name !== 'resume')).toEqual([]);
  expect(obeyed).toHaveLength(10);
});

test('peers that only hold the line are turned away at a number, and the line is free again when they leave', async () => {
  const peers: Socket[] = [];
  for (let i = 0; i < 80; i += 1) {
    const peer = connect(findSocketPath(state));
    peer.on('error', () => undefined);
    peers.push(peer);
  }
  await new Promise<void>((done) => {
    const look = (): void => (peers.some(({ closed }) => closed) ? done() : void setTimeout(look, 5));
    look();
  });
  for (const peer of peers) peer.destroy();
  await expect.poll(async () => (await resume()).kind).toBe('answered');
});

test('a peer that never hangs up holds nothing once it has been answered', async () => {
  const peer = connect({ path: findSocketPath(state), allowHalfOpen: true });
  const gone = new Promise((done) => peer.once('close', done));
  peer.on('error', () => undefined);
  peer.resume();
  peer.write(`${JSON.stringify({ goodUntil: Date.now() + 3000, ask: { do: 'fly' } })}\n`);
  await new Promise((done) => peer.once('end', done));
  // Its own end is open still: what it says now meets nobody.
  peer.write('x'.repeat(10));
  peer.end();
  await gone;
  expect(obeyed).toEqual([]);
});

test('the fuzzer of a page finds a server that fails, tells what it should not, or lets other sites read', async () => {
  const server = createServer((request, response) => {
    request.resume();
    if (request.url?.startsWith('/api/fails')) return void response.writeHead(500).end();
    if (request.url?.startsWith('/api/tells')) return void response.end('the account acct_1 earns');
    if (request.url?.startsWith('/api/lets')) response.setHeader('access-control-allow-origin', '*');
    response.writeHead(403).end();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const play = (routes: readonly string[]) => fuzzPage(port, routes, { from: 0, cases: 40, mustNotTell: ['acct_1'] });
  const [fails, tells, lets, good] = await Promise.all(
    [['/api/fails'], ['/api/tells'], ['/api/lets'], ['/api/view']].map(play),
  );
  expect(fails?.[0]).toMatch(/^case \d+ [A-Z]+ \/api\/fails.*: status 500$/);
  expect(tells?.[0]).toContain('tells acct_1');
  expect(lets?.[0]).toContain('lets other pages read it');
  expect(good).toEqual([]);
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
});
