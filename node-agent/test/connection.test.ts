// The connection's loop in this process, against a hub over a real socket: what takes minutes from outside takes milliseconds here.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FirstOffer } from '../agent/first-offer.ts';
import { IdentityFile } from '../home/identity-file.ts';
import { Connection } from '../link/connection.ts';
import type { LinkEnd } from '../link/connection.ts';
import { parseRouterUrl } from '../link/parse-router-url.ts';
import { startFake } from './backends/fake-server.ts';
import { aborted, FakeBackend } from './fake-backend.ts';
import { openShared, SESSION_KEY } from './session-bench.ts';
import type { SharedBench } from './session-bench.ts';
import { CODE, TestHub } from './test-hub.ts';

let hub: TestHub;
let bench: SharedBench;
let connection: Connection | undefined;
let running: Promise<LinkEnd> | undefined;

beforeEach(async () => {
  hub = await TestHub.start();
  bench = await openShared(new FakeBackend((_job, _sink, signal) => aborted(signal)));
});

afterEach(async () => {
  connection?.stop();
  await running;
  await hub.stop();
  bench.close();
});

async function connect(
  options: {
    code?: string | null;
    url?: string;
    random?: () => number;
    pingMs?: number;
    pongMs?: number;
    offer?: FirstOffer;
    identity?: IdentityFile;
  } = {},
): Promise<Connection> {
  const router = parseRouterUrl(options.url ?? hub.url, false);
  if (!router.ok) throw new Error(router.error);
  connection = new Connection({
    router: router.value,
    code: options.code === undefined ? CODE : options.code,
    wallet: null,
    place: null,
    key: SESSION_KEY,
    identity: options.identity ?? (await IdentityFile.open(bench.folder, bench.shared.log)),
    shared: bench.shared,
    agent: 'a',
    instance: 'one',
    platform: 'p',
    random: options.random ?? (() => 0.1),
    times: { dialMs: 1000, pingMs: options.pingMs ?? 60_000, pongMs: options.pongMs ?? 60 },
    ...(options.offer ? { offer: options.offer } : {}),
    onChange: () => undefined,
  });
  running = connection.run();
  return connection;
}

async function until(holds: () => boolean): Promise<void> {
  for (const end = Date.now() + 90_000; !holds();) {
    if (Date.now() > end) throw new Error(`it never held: ${holds.toString()}\n${bench.lines.join('')}`);
    await sleep(5);
  }
}

test('pings that are answered keep the line, an unanswered one ends it and the hub is dialled again', async () => {
  // Long enough for an answer on a busy machine.
  await connect({ pingMs: 40, pongMs: 1500 });
  await until(() => hub.pings >= 5);
  expect(hub.dials).toBe(1);
  hub.isAnsweringPings = false;
  await until(() => hub.dials === 2);
  expect(bench.lines.join('')).toContain('did not answer a ping');
});

test('who asks is told of a line that was cut unseen, and of one that answers again', async () => {
  const one = await connect({ pongMs: 60_000 });
  await hub.waitReady();
  await one.check();
  expect(one.status).toMatchObject({ state: 'connected', problem: null });
  hub.isAnsweringPings = false;
  await one.check();
  expect(one.status.problem).toContain('does not answer now');
  hub.isAnsweringPings = true;
  await one.check();
  expect(one.status).toMatchObject({ state: 'connected', problem: null });
});

test('a code is not spent while there is nothing to share, and a stop ends the wait', async () => {
  const offer = new FirstOffer();
  const one = await connect({ offer });
  await until(() => one.status.state === 'waiting');
  expect(one.status.problem).toContain('its code is not used');
  expect([hub.enrolments, hub.dials]).toEqual([[], 0]);
  offer.note(true);
  await hub.waitReady();
  expect(hub.enrolments).toHaveLength(1);
});

test('a home that waits for something to share ends at a stop', async () => {
  const one = await connect({ offer: new FirstOffer() });
  await until(() => one.status.state === 'waiting');
  one.stop();
  expect(await running).toEqual({ kind: 'stopped' });
  expect(hub.enrolments).toEqual([]);
});

test('a refusal that is not about the code blames no code', async () => {
  hub.enrolRefusal = { status: 403, code: 'forbidden', message: 'Dial https://a.example.', param: 'origin' };
  await connect();
  expect(await running).toEqual({
    kind: 'owner',
    sentence: 'The router did not take this home: Dial https://a.example.',
  });
});

test('what is no router is not taken for one that refuses a code', async () => {
  const site = await startFake({});
  const one = await connect({ url: site.url });
  await until(() => one.status.state === 'waiting');
  expect(one.status.problem).toContain('does not answer like an Irori router (HTTP 404)');
  await site.close();
});

test('running jobs are cut with the line, and their slots come free', async () => {
  await connect();
  await hub.waitReady();
  const job = hub.give({ model: 'fake' });
  await hub.waitForFrame('head', job.number);
  expect(bench.shared.slots.running).toBe(1);
  hub.cut();
  await until(() => bench.shared.slots.running === 0 && hub.dials === 2);
  expect(bench.shared.book.unacknowledged).toBe(0);
});

test('a move is followed at once, also after failures, and only the fourth in a row waits', async () => {
  // With these dice every wait after a failure would be as long as it can be.
  const one = await connect({ random: () => 0.999 });
  await hub.waitReady();
  hub.cut();
  await until(() => hub.dials === 2);
  for (const dials of [3, 4, 5]) {
    await until(() => one.status.state === 'connected');
    hub.sendJson('moved', { reason: 'split' });
    await until(() => hub.dials === dials);
  }
  await until(() => one.status.state === 'connected');
  hub.sendJson('moved', { reason: 'split' });
  await until(() => one.status.state === 'waiting');
  expect(bench.lines.filter((line) => line.includes('moved') && line.includes('Trying again at once'))).toHaveLength(3);
});

test('with a job the move waits for its end, and takes nothing new meanwhile', async () => {
  await connect();
  await hub.waitReady();
  const job = hub.give({ model: 'fake' });
  await hub.waitForFrame('head', job.number);
  hub.sendJson('moved', { reason: 'split' });
  const late = hub.give({ model: 'fake' });
  expect((await hub.waitForFrame('refuse', late.number)).json).toMatchObject({ code: 'paused' });
  expect(hub.dials).toBe(1);
  hub.sendJson('cancel', { reason: 'caller' }, job.number);
  await hub.waitEnd(job.number);
  await until(() => hub.dials === 2);
});

test('a router that answers with an error is asked again, later each time', async () => {
  hub.refusal = { status: 503, code: 'overloaded', message: 'too many homes' };
  const link = await connect();
  await until(() => hub.dials >= 3 && link.status.state === 'waiting');
  expect(link.status.problem).toContain('too many homes');
  hub.refusal = null;
  await until(() => link.status.state === 'connected');
  expect(link.status).toMatchObject({ hub: 'hub:weur:0', area: 'weur', problem: null });
});

test('enrolment that fails for the moment is tried again with the same code', async () => {
  hub.enrolRefusal = { status: 500, code: 'internal', message: 'later' };
  const link = await connect();
  await until(() => bench.lines.join('').includes('later'));
  hub.enrolRefusal = null;
  await until(() => link.status.state === 'connected');
  expect(hub.enrolments.length).toBe(1);
});

test('a router that is not there is waited for, and a stop ends the waiting at once', async () => {
  const { url } = hub;
  await hub.stop();
  const link = await connect({ url, random: () => 0.99 });
  await until(() => link.status.state === 'waiting');
  link.stop();
  expect(await running).toEqual({ kind: 'stopped' });
  hub = await TestHub.start();
});

test('without a code the loop ends with what to do', async () => {
  const link = await connect({ url: `${hub.url}/elsewhere`, code: null });
  expect(await running).toMatchObject({ kind: 'owner', sentence: expect.stringContaining('--code CODE') });
  expect(link.status.state).toBe('stopped');
});

test('a goodbye is a normal close', async () => {
  const link = await connect();
  await hub.waitReady();
  const closed = new Promise<number>((resolve) => hub.socket?.once('close', resolve));
  link.stop();
  expect(await closed).toBe(1000);
  expect(await running).toEqual({ kind: 'stopped' });
});

test('a home that cannot write down that it joined says so, and joins by the same code once there is room', async () => {
  const identity = await IdentityFile.open(bench.folder, bench.shared.log);
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC', syscall: 'write' });
  vi.spyOn(identity, 'save').mockRejectedValueOnce(full);
  await connect({ identity });
  await until(() => hub.dials === 1);
  expect(bench.lines.join('')).toContain('cannot be kept: ENOSPC: no space left on device, write.');
  const again = await IdentityFile.open(bench.folder, bench.shared.log);
  expect(again.find(new URL(hub.url).origin)).toMatchObject({ node: expect.stringContaining('node_') as unknown });
});
