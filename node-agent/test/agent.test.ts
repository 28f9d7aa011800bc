// The whole agent as its own process, against a hub of the test and a model server of the test.
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fromHex, toHex } from '../../schema/bytes.ts';
import { readContent } from '../../schema/chunks.ts';
import { lateReceiptSchema } from '../../schema/frames-to-hub.ts';
import { encodeFrame, FRAME } from '../../schema/frames.ts';
import { FINISH, JOB_TICKET, USAGE_RECEIPT } from '../../schema/receipt.ts';
import { dropStateFolder, killAgent, makeStateFolder, startAgent } from './agent-process.ts';
import type { AgentProcess } from './agent-process.ts';
import { startModelServer } from './model-server.ts';
import type { ModelServer } from './model-server.ts';
import { CODE, signer, TestHub } from './test-hub.ts';

let hub: TestHub;
let model: ModelServer;
let state: string;
let agent: AgentProcess | undefined;

beforeEach(async () => {
  hub = await TestHub.start();
  model = await startModelServer();
  state = makeStateFolder();
});

afterEach(async () => {
  await killAgent(agent);
  agent = undefined;
  await hub.stop();
  await model.stop();
  dropStateFolder(state);
});

function up(...more: string[]): AgentProcess {
  agent = startAgent([
    'up',
    '--router',
    hub.url,
    '--code',
    CODE,
    '--state',
    state,
    '--backend',
    model.url,
    '--models',
    'mock-*,broken-*,hang',
    '--slots',
    '4',
    ...more,
  ]);
  return agent;
}

async function upAndReady(...more: string[]): Promise<AgentProcess> {
  const started = up(...more);
  await hub.waitReady();
  return started;
}

function outboxFiles(): string[] {
  const folder = join(state, 'receipts', 'outbox');
  return existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith('.json')) : [];
}

/** Linux only: elsewhere nothing is claimed. */
function residentBytes({ child }: AgentProcess): number {
  const file = `/proc/${child.pid}/status`;
  const [, kilobytes = '0'] = (existsSync(file) && /VmRSS:\s+(\d+)/.exec(readFileSync(file, 'utf8'))) || [];
  return Number(kilobytes) * 1024;
}

async function until(holds: () => boolean, limitMs = 10_000): Promise<void> {
  for (const end = Date.now() + limitMs; !holds();) {
    if (Date.now() > end) throw new Error(`it never held: ${holds.toString()}\n${agent?.output() ?? ''}`);
    await new Promise((done) => setTimeout(done, 10));
  }
}

describe('enrolment and identity', () => {
  test('enrols once, keeps its key private, and comes back without the code', async () => {
    await upAndReady('--wallet', `0x${'Ab'.repeat(20)}`, '--place', '48.9,2.4,FR');
    expect(hub.enrolments).toEqual([{ code: CODE, address: hub.address, wallet: `0x${'ab'.repeat(20)}` }]);
    expect(hub.headers[0]).toMatchObject({ 'x-irori-place': '48.9,2.4,FR' });
    expect(hub.headers[0]?.['x-irori-node']).toMatch(/^node_/);
    expect(statSync(join(state, 'session.key')).mode & 0o777).toBe(0o600);
    const key = readFileSync(join(state, 'session.key'), 'utf8');
    expect(agent?.output()).not.toContain(key.slice(2));
    await killAgent(agent);
    agent = startAgent(['up', '--router', hub.url, '--state', state, '--backend', model.url]);
    await until(() => hub.dials === 2);
    await hub.waitFor((heard) => heard.name === 'hello' && hub.heard.indexOf(heard) > 1);
    expect(hub.enrolments.length).toBe(1);
  });

  test('without a code it says what to do and exits with 2', async () => {
    agent = startAgent(['up', '--router', hub.url, '--state', state, '--backend', model.url]);
    expect(await agent.ended).toBe(2);
    expect(agent.output()).toContain('--code CODE');
  });

  test('a code that the router refuses ends the agent with its reason', async () => {
    hub.enrolRefusal = { status: 403, code: 'forbidden', message: 'The enrolment code has expired.' };
    expect(await up().ended).toBe(2);
    expect(agent?.output()).toContain('The enrolment code has expired.');
  });

  test('a key that others can read is refused with the remedy', async () => {
    await upAndReady();
    await killAgent(agent);
    chmodSync(join(state, 'session.key'), 0o644);
    expect(await up().ended).toBe(2);
    expect(agent?.output()).toMatch(/chmod 600/);
  });

  test('a second agent on the same folder is refused', async () => {
    await upAndReady();
    const second = startAgent(['up', '--router', hub.url, '--state', state, '--backend', model.url]);
    expect(await second.ended).toBe(2);
    expect(second.output()).toContain('already');
  });

  test('a node that is not known any more enrols again with a code it has not used', async () => {
    await upAndReady();
    await killAgent(agent);
    hub.refusal = { status: 401, code: 'node_unenrolled', message: 'not enrolled' };
    agent = startAgent(['up', '--router', hub.url, '--code', 'a-new-code', '--state', state, '--backend', model.url]);
    await agent.waitForOutput(/does not know this node/);
    expect(hub.enrolments.map((one) => one.code)).toEqual([CODE]);
  });
});

describe('a streamed job', () => {
  test('gives head, complete events with counted tokens, and a receipt that holds', async () => {
    await upAndReady();
    const job = hub.give({ model: 'mock-12x5' });
    const signed = await hub.waitEnd(job.number);
    const data = hub.dataOf(job.number);
    expect(hub.heard.findIndex((one) => one.name === 'head' && one.job === job.number)).toBeLessThan(
      hub.heard.indexOf(data[0]!),
    );
    expect(data.reduce((sum, one) => sum + one.tokens, 0)).toBe(12);
    expect(readContent(hub.bytesOf(job.number).toString())).toBe('w0 w1 w2 w3 w4 w5 w6 w7 w8 w9 w10 w11 ');
    for (const one of data) expect(Buffer.from(one.events).toString()).toMatch(/^data: [^]*\n\n$/);
    const hash = createHash('sha256').update(fromHex(job.ticket.salt)).update(hub.bytesOf(job.number)).digest();
    expect(signed.receipt).toMatchObject({
      ticketHash: job.ticketHash,
      node: hub.address,
      seq: 1n,
      promptTokens: 7,
      outputTokens: 12,
      finish: FINISH.stop,
      amount: BigInt(7 + 24),
      responseHash: toHex(hash),
    });
    expect(signer.recover(USAGE_RECEIPT, signed.receipt, signed.signature)).toEqual({ ok: true, value: hub.address });
    await until(() => outboxFiles().length === 0);
  });

  test('the first token leaves alone, later ones share frames', async () => {
    await upAndReady();
    const job = hub.give({ model: 'mock-40x4' });
    await hub.waitEnd(job.number);
    const data = hub.dataOf(job.number);
    expect(data[0]?.tokens).toBe(1);
    expect(data.length).toBeLessThan(20);
  });

  test('with a window of 0 every delta is its own frame', async () => {
    await upAndReady('--window', '0');
    const job = hub.give({ model: 'mock-20x3' });
    await hub.waitEnd(job.number);
    expect(hub.dataOf(job.number).map((one) => one.tokens)).toEqual(Array.from({ length: 20 }, () => 1));
  });

  test('frames of several jobs share messages', async () => {
    await upAndReady();
    const jobs = [1, 2, 3, 4].map(() => hub.give({ model: 'mock-60x5' }));
    for (const job of jobs) await hub.waitEnd(job.number);
    const data = jobs.flatMap((job) => hub.dataOf(job.number));
    expect(new Set(data.map((one) => one.message)).size).toBeLessThan(data.length);
  });

  test('a whole answer travels in few large frames', async () => {
    await upAndReady();
    const job = hub.give({ model: 'mock-300x0', stream: false });
    await hub.waitEnd(job.number);
    const data = hub.dataOf(job.number);
    expect(data.length).toBeLessThanOrEqual(4);
    expect(data.reduce((sum, one) => sum + one.tokens, 0)).toBe(300);
  });

  test('a backend that breaks after tokens gives a fault with a receipt for what was sent', async () => {
    await upAndReady();
    const job = hub.give({ model: 'broken-5x5' });
    const fault = await hub.waitForFrame('fault', job.number);
    const { receipt } = (fault.json as { receipt: { receipt: { outputTokens: number; finish: number } } }).receipt;
    const sent = hub.dataOf(job.number).reduce((sum, one) => sum + one.tokens, 0);
    expect(sent).toBeGreaterThan(0);
    expect(receipt).toMatchObject({ outputTokens: sent, finish: FINISH.error });
    await until(() => outboxFiles().length === 0);
  });

  test('a backend that breaks before any token gives a fault without a receipt', async () => {
    await upAndReady();
    const job = hub.give({ model: 'broken-0' });
    expect((await hub.waitForFrame('fault', job.number)).json).toMatchObject({ receipt: null });
  });

  test('--pace holds the tokens back', async () => {
    await upAndReady('--pace', '50');
    const job = hub.give({ model: 'mock-10x0' });
    const { receipt } = await hub.waitEnd(job.number);
    expect(receipt.durationMs).toBeGreaterThanOrEqual(150);
  });
});

describe('tickets', () => {
  test('a ticket with a foreign signature never yields data', async () => {
    await upAndReady();
    const foreign = signer.sign(JOB_TICKET, hub.makeTicket(1, {}), new Uint8Array(32).fill(3));
    const job = hub.give({ model: 'mock-50x5', signature: foreign });
    const fault = await hub.waitForFrame('fault', job.number);
    expect(fault.json).toMatchObject({ code: 'bad-ticket', receipt: null });
    await until(() => model.seen[0]?.isGone === true);
    expect(hub.dataOf(job.number)).toEqual([]);
  });

  test('without a signature nothing is sent, and after it everything', async () => {
    await upAndReady();
    const job = hub.give({ model: 'mock-10x0', signature: null });
    await hub.waitForFrame('head', job.number);
    await new Promise((done) => setTimeout(done, 300));
    expect(hub.dataOf(job.number)).toEqual([]);
    hub.sendRaw(encodeFrame('ticket', { job: job.number, payload: fromHex(job.signature) }));
    expect((await hub.waitEnd(job.number)).receipt.outputTokens).toBe(10);
  });

  test('a ticket for another node, an expired one and one below the request are refused', async () => {
    await upAndReady();
    const wishes = [
      { ticket: { node: `0x${'11'.repeat(20)}` } as const },
      { ticket: { expiresAtMs: 1n } },
      { ticket: { maxOutputTokens: 5 } },
    ];
    for (const wish of wishes) {
      const job = hub.give(wish);
      expect((await hub.waitForFrame('refuse', job.number)).json).toMatchObject({ code: 'bad-ticket' });
    }
    expect(model.seen).toEqual([]);
  });

  test('an unknown model is refused as unfit', async () => {
    await upAndReady();
    const job = hub.give({ model: 'gpt-unknown' });
    expect((await hub.waitForFrame('refuse', job.number)).json).toMatchObject({ code: 'unfit' });
  });
});

describe('flow and cancel', () => {
  test('past its slots it refuses as busy and never queues', async () => {
    await upAndReady('--slots', '1');
    const first = hub.give({ model: 'hang' });
    await hub.waitForFrame('head', first.number);
    const second = hub.give({ model: 'mock-3x0' });
    expect((await hub.waitForFrame('refuse', second.number)).json).toMatchObject({ code: 'busy' });
    hub.sendJson('cancel', { reason: 'caller' }, first.number);
    await hub.waitEnd(first.number);
    const third = hub.give({ model: 'mock-3x0' });
    await hub.waitEnd(third.number);
  });

  test('a cancel while tokens flow ends the backend and receipts what was sent', async () => {
    await upAndReady();
    const job = hub.give({ model: 'mock-5000x5', maxTokens: 10_000 });
    await hub.waitFor((heard) => heard.name === 'data' && hub.dataOf(job.number).length >= 3);
    hub.sendJson('cancel', { reason: 'caller' }, job.number);
    const { receipt } = await hub.waitEnd(job.number);
    const sent = hub.dataOf(job.number).reduce((sum, one) => sum + one.tokens, 0);
    expect(receipt).toMatchObject({ finish: FINISH.cancelled, outputTokens: sent });
    const hash = createHash('sha256').update(fromHex(job.ticket.salt)).update(hub.bytesOf(job.number)).digest();
    expect(receipt.responseHash).toBe(toHex(hash));
    await until(() => model.seen[0]?.isGone === true);
  });

  test('a cancel in silence ends the backend', async () => {
    await upAndReady();
    const job = hub.give({ model: 'hang' });
    await hub.waitForFrame('head', job.number);
    await until(() => model.seen.length === 1);
    hub.sendJson('cancel', { reason: 'caller' }, job.number);
    const { receipt } = await hub.waitEnd(job.number);
    expect(receipt).toMatchObject({ finish: FINISH.cancelled, outputTokens: 0 });
    await until(() => model.seen[0]?.isGone === true);
  });

  test('without credit nothing leaves, and with it the rest follows', async () => {
    await upAndReady();
    const job = hub.give({ model: 'mock-3000x0', maxTokens: 3000, creditBytes: 64 * 1024 });
    await hub.waitFor((heard) => heard.name === 'data' && hub.bytesOf(job.number).length > 50_000);
    await new Promise((done) => setTimeout(done, 300));
    expect(hub.bytesOf(job.number).length).toBeLessThanOrEqual(64 * 1024);
    hub.credit(job.number, 100 * 1024 * 1024);
    expect((await hub.waitEnd(job.number)).receipt.outputTokens).toBe(3000);
  });

  test('a hub that grants nothing pauses the backend: the agent does not grow', async () => {
    const started = await upAndReady();
    await hub.waitEnd(hub.give({ model: 'mock-50x0' }).number);
    const before = residentBytes(started);
    const job = hub.give({ model: 'mock-400000x0', maxTokens: 500_000, creditBytes: 64 * 1024 });
    await hub.waitFor((heard) => heard.name === 'data' && hub.bytesOf(job.number).length > 50_000);
    let chunks = -1;
    for (; chunks !== model.seen[1]?.chunks; await new Promise((done) => setTimeout(done, 300)))
      chunks = model.seen[1]?.chunks ?? 0;
    expect(chunks).toBeLessThan(400_000);
    expect(residentBytes(started) - before).toBeLessThan(32 * 1024 * 1024);
    hub.sendJson('cancel', { reason: 'caller' }, job.number);
    expect((await hub.waitEnd(job.number)).receipt.finish).toBe(FINISH.cancelled);
  }, 20_000);
});

describe('losing and finding the hub', () => {
  test('a cut socket is dialled again with the token, and the late receipt is offered until it is acknowledged', async () => {
    hub.isAccepting = false;
    await upAndReady();
    const job = hub.give({ model: 'mock-5000x5', maxTokens: 10_000 });
    await hub.waitFor((heard) => heard.name === 'data' && hub.dataOf(job.number).length >= 2);
    const dials = hub.dials;
    hub.cut();
    await until(() => hub.dials > dials);
    expect(hub.headers.at(-1)?.authorization).toBe('Bearer token-of-the-hub');
    const offered = await hub.waitFor((heard) => heard.name === 'receipt');
    const late = lateReceiptSchema.parse(offered.json);
    expect(late.receipt).toMatchObject({ ticketHash: job.ticketHash, finish: FINISH.error });
    expect(late.receipt.outputTokens).toBeGreaterThan(0);
    expect(late.ticketSignature).toBe(job.signature);
    expect(outboxFiles().length).toBe(1);
    await until(() => model.seen[0]?.isGone === true);
    hub.accept(late.receipt);
    await until(() => outboxFiles().length === 0);
  });

  test('a restarted router is found again, and work goes on', async () => {
    await upAndReady();
    const { port } = hub;
    await hub.stop();
    await agent?.waitForOutput(/cannot be reached|ended/);
    hub = await TestHub.start(port);
    await hub.waitReady();
    const job = hub.give({});
    await hub.waitEnd(job.number);
  });

  test('killed between jobs it never uses a number twice', async () => {
    hub.isAccepting = false;
    await upAndReady();
    for (let i = 0; i < 3; i++) await hub.waitEnd(hub.give({}).number);
    await killAgent(agent);
    hub.heard.length = 0;
    hub.isAccepting = true;
    await upAndReady();
    const fourth = await hub.waitEnd(hub.give({}).number);
    const numbers = new Map(hub.receipts.map((receipt) => [receipt.ticketHash, receipt.seq]));
    expect([...numbers.values()].sort()).toEqual([1n, 2n, 3n, 4n]);
    const third = hub.receipts.find((receipt) => receipt.seq === 3n);
    expect(fourth.receipt.prevReceipt).toBe(signer.hash(USAGE_RECEIPT, third!));
    await until(() => outboxFiles().length === 0);
    await killAgent(agent);
    hub.heard.length = 0;
    await upAndReady();
    expect((await hub.waitEnd(hub.give({}).number)).receipt.seq).toBe(5n);
  });

  test('a revoked node is told so in a sentence and stays away', async () => {
    await upAndReady();
    hub.refusal = { status: 403, code: 'node_revoked', message: 'revoked' };
    const { dials } = hub;
    hub.sendJson('error', { code: 'node_revoked', message: 'told to go', isFinal: true });
    await agent?.waitForOutput(/This node was revoked/);
    await new Promise((done) => setTimeout(done, 800));
    expect(hub.dials).toBe(dials);
  });

  test('replaced by another connection it stays away instead of fighting', async () => {
    await upAndReady();
    hub.socket?.close(4409, 'replaced by a newer connection');
    await agent?.waitForOutput(/Another agent connected with the key/);
    expect(agent?.output()).toMatch(/nextTryInMs=60000/);
    expect(hub.dials).toBe(1);
  });

  test('moved means dial again at once, after the running job', async () => {
    await upAndReady();
    const job = hub.give({ model: 'mock-20x5' });
    await hub.waitForFrame('head', job.number);
    hub.sendJson('moved', { reason: 'split' });
    const late = hub.give({});
    expect((await hub.waitForFrame('refuse', late.number)).json).toMatchObject({ code: 'paused' });
    await hub.waitEnd(job.number);
    await until(() => hub.dials === 2);
  });

  test('sync is answered with what runs', async () => {
    await upAndReady();
    const job = hub.give({ model: 'hang' });
    await hub.waitForFrame('head', job.number);
    hub.sendJson('sync', { protocol: 1 });
    expect((await hub.waitForFrame('running')).json).toEqual({
      jobs: [{ job: job.number, ticketHash: job.ticketHash }],
    });
  });
});

describe('stopping', () => {
  test('SIGTERM finishes the running job, takes no new one, and exits with 0', async () => {
    await upAndReady();
    const job = hub.give({ model: 'mock-40x10' });
    await hub.waitForFrame('head', job.number);
    agent?.child.kill('SIGTERM');
    await hub.waitFor((heard) => heard.name === 'state' && (heard.json as { paused: string }).paused === 'draining');
    const late = hub.give({});
    expect((await hub.waitForFrame('refuse', late.number)).json).toMatchObject({ code: 'paused' });
    expect((await hub.waitEnd(job.number)).receipt.outputTokens).toBe(40);
    expect(await agent?.ended).toBe(0);
    expect(outboxFiles()).toEqual([]);
  });

  test('a second signal ends it at once', async () => {
    const started = await upAndReady();
    const job = hub.give({ model: 'hang' });
    await hub.waitForFrame('head', job.number);
    started.child.kill('SIGINT');
    await started.waitForOutput(/finishing what runs/);
    started.child.kill('SIGINT');
    expect(await started.ended).toBe(130);
  });

  test('status tells what runs, and that nothing runs afterwards', async () => {
    const started = await upAndReady('--name', 'attic');
    await hub.waitEnd(hub.give({}).number);
    await until(() => JSON.parse(readFileSync(join(state, 'status.json'), 'utf8')).jobs === 1);
    const running = startAgent(['status', '--json', '--state', state]);
    expect(await running.ended).toBe(0);
    expect(JSON.parse(running.output())).toMatchObject({
      running: true,
      status: { state: 'connected', name: 'attic', hub: 'hub:weur:0', outputTokens: 3 },
    });
    started.child.kill('SIGTERM');
    expect(await started.ended).toBe(0);
    const stopped = startAgent(['status', '--state', state]);
    expect(await stopped.ended).toBe(1);
    expect(stopped.output()).toContain('not running');
  });
});

describe('pauses', () => {
  test('a backend that goes away pauses the home, and its return resumes it', async () => {
    model.isUp = false;
    up();
    await hub.waitFor(
      (heard) => heard.name === 'state' && (heard.json as { paused: string }).paused === 'backend-down',
    );
    expect(agent?.output()).toContain('No server answers');
    model.isUp = true;
    await hub.waitFor((heard) => heard.name === 'state' && (heard.json as { paused: null }).paused === null, 20_000);
    await hub.waitEnd(hub.give({}).number);
  }, 40_000);

  test('too many receipts without an answer pause the home until some are acknowledged', async () => {
    hub.isAccepting = false;
    await upAndReady('--exposure', '2');
    for (let i = 0; i < 3; i++) await hub.waitEnd(hub.give({}).number);
    await hub.waitFor((heard) => heard.name === 'state' && (heard.json as { paused: string }).paused === 'exposure');
    const refused = hub.give({});
    expect((await hub.waitForFrame('refuse', refused.number)).json).toMatchObject({ code: 'paused' });
    hub.heard.length = 0;
    for (const receipt of [...hub.receipts]) hub.accept(receipt);
    await hub.waitReady();
  });
});

test('frames of a later version are answered with an error frame and nothing breaks', async () => {
  await upAndReady();
  const strange = encodeFrame('data', { job: 3, payload: Uint8Array.of(1, 2, 3) });
  strange[0] = 63;
  hub.sendRaw(strange);
  expect((await hub.waitForFrame('error', 3)).json).toMatchObject({ code: 'unknown-type' });
  hub.sendRaw(Uint8Array.of(FRAME.job, 1, 2));
  await hub.waitFor((heard) => heard.name === 'error' && (heard.json as { code: string }).code === 'bad-frame');
  await hub.waitEnd(hub.give({}).number);
});
