// The agent as a process: losing and finding its hub, stopping, pausing, and frames it cannot read.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { lateReceiptSchema } from '../../schema/frames-to-hub.ts';
import { FRAME, encodeFrame } from '../../schema/frames.ts';
import { FINISH, JOB_TICKET, USAGE_RECEIPT } from '../../schema/receipt.ts';
import { useBench } from './agent-bench.ts';
import { startAgent } from './agent-process.ts';
import { ROUTER, signer } from './hub-seals.ts';
import { TestHub } from './test-hub.ts';

const bench = useBench();

describe('losing and finding the hub', () => {
  test('a cut socket is dialled again with the token, and the late receipt is offered until it is acknowledged', async () => {
    bench.hub.isAccepting = false;
    await bench.upAndReady();
    const job = bench.hub.give({ model: 'say-5000x5', maxTokens: 10_000 });
    await bench.hub.waitFor((heard) => heard.name === 'data' && bench.hub.dataOf(job.number).length >= 2);
    const dials = bench.hub.dials;
    bench.hub.cut();
    await bench.until(() => bench.hub.dials > dials);
    expect(bench.hub.headers.at(-1)?.authorization).toBe('Bearer token-of-the-hub');
    const offered = await bench.hub.waitFor((heard) => heard.name === 'receipt');
    const late = lateReceiptSchema.parse(offered.json);
    expect(late.receipt).toMatchObject({ ticketHash: job.ticketHash, finish: FINISH.error });
    expect(late.receipt.outputTokens).toBeGreaterThan(0);
    const proof = { signature: late.ticketSignature, sealed: late.ticketSeal ?? null, address: ROUTER };
    expect(signer.isProvenBy(JOB_TICKET, late.ticket, proof)).toBe(true);
    await bench.until(() => bench.model.seen[0]?.abortedAt);
    bench.hub.accept(late.receipt);
    await bench.untilAnswered();
  });

  test('a restarted router is found again, and work goes on', async () => {
    await bench.upAndReady();
    const { port } = bench.hub;
    await bench.hub.stop();
    await bench.agent.waitForOutput(/cannot be reached|ended/);
    bench.hub = await TestHub.start(port);
    await bench.hub.waitReady();
    const job = bench.hub.give({});
    expect((await bench.hub.waitEnd(job.number)).receipt.outputTokens).toBe(3);
  });

  test('killed between jobs it never uses a number twice', async () => {
    bench.hub.isAccepting = false;
    await bench.upAndReady();
    for (let i = 0; i < 3; i++) await bench.hub.waitEnd(bench.hub.give({}).number);
    await bench.kill();
    bench.hub.heard.length = 0;
    bench.hub.isAccepting = true;
    await bench.upAndReady();
    const fourth = await bench.hub.waitEnd(bench.hub.give({}).number);
    const numbers = new Map(bench.hub.receipts.map((receipt) => [receipt.ticketHash, receipt.seq]));
    // Another copy of this home may have signed the fourth: each start leaves numbers out.
    const [last = 0n, ...before] = [...new Set(numbers.values())].toSorted((a, b) => (a < b ? 1 : -1));
    expect([...before, last > 1003n]).toEqual([3n, 2n, 1n, true]);
    const third = bench.hub.receipts.find((receipt) => receipt.seq === 3n);
    expect(fourth.receipt.prevReceipt).toBe(signer.hash(USAGE_RECEIPT, third!));
    await bench.untilAnswered();
    await bench.kill();
    bench.hub.heard.length = 0;
    await bench.upAndReady();
    const { seq } = (await bench.hub.waitEnd(bench.hub.give({}).number)).receipt;
    expect(seq).toBeGreaterThan(last + 1000n);
  });

  test('a revoked node is told so in a sentence and stays away', async () => {
    await bench.upAndReady();
    bench.hub.refusal = { status: 403, code: 'node_revoked', message: 'revoked' };
    const { dials } = bench.hub;
    bench.hub.sendJson('error', { code: 'node_revoked', message: 'told to go', isFinal: true });
    await bench.agent.waitForOutput(/This node was revoked/);
    await sleep(800);
    expect(bench.hub.dials).toBe(dials);
  });

  test('replaced by another connection it stays away instead of fighting', async () => {
    await bench.upAndReady();
    bench.hub.socket?.close(4409, 'replaced by a newer connection');
    await bench.agent.waitForOutput(/Another agent is connected with the key/);
    expect(bench.agent.output()).toMatch(/Trying again in 60 s\./);
    expect(bench.hub.dials).toBe(1);
  });

  test('moved means dial again at once, after the running job', async () => {
    await bench.upAndReady();
    const job = bench.hub.give({ model: 'say-20x5' });
    await bench.hub.waitForFrame('head', job.number);
    bench.hub.sendJson('moved', { reason: 'split' });
    const late = bench.hub.give({});
    expect((await bench.hub.waitForFrame('refuse', late.number)).json).toMatchObject({ code: 'paused' });
    await bench.hub.waitEnd(job.number);
    await bench.until(() => bench.hub.dials === 2);
  });

  test('sync is answered with what runs', async () => {
    await bench.upAndReady();
    const job = bench.hub.give({ model: 'say-9x0-hang0' });
    await bench.hub.waitForFrame('head', job.number);
    bench.hub.sendJson('sync', { protocol: 1 });
    expect((await bench.hub.waitForFrame('running')).json).toEqual({
      jobs: [{ job: job.number, ticketHash: job.ticketHash }],
    });
  });
});

describe('stopping', () => {
  test.each(['SIGTERM', 'SIGHUP'] as const)(
    '%s finishes the running job, takes no new one, and exits with 0',
    async (signal) => {
      await bench.upAndReady();
      const job = bench.hub.give({ model: 'say-40x10' });
      await bench.hub.waitForFrame('head', job.number);
      bench.agent.child.kill(signal);
      await bench.hub.waitFor(
        (heard) => heard.name === 'state' && (heard.json as { paused: string }).paused === 'draining',
      );
      const late = bench.hub.give({});
      expect((await bench.hub.waitForFrame('refuse', late.number)).json).toMatchObject({ code: 'paused' });
      expect((await bench.hub.waitEnd(job.number)).receipt.outputTokens).toBe(40);
      expect(await bench.agent.ended).toBe(0);
      expect(bench.waiting()).toBe(0);
    },
  );

  test('a second signal ends it at once', async () => {
    const started = await bench.upAndReady();
    const job = bench.hub.give({ model: 'say-9x0-hang0' });
    await bench.hub.waitForFrame('head', job.number);
    started.child.kill('SIGINT');
    await started.waitForOutput(/finishing what runs/);
    started.child.kill('SIGINT');
    expect(await started.ended).toBe(130);
  });

  test('a start while the one before finishes its job waits for it', async () => {
    const first = await bench.upAndReady();
    const job = bench.hub.give({ model: 'say-9x0-hang0' });
    await bench.hub.waitForFrame('head', job.number);
    first.child.kill('SIGINT');
    await first.waitForOutput(/finishing what runs/);
    const second = bench.up();
    await second.waitForOutput(/finishes its jobs: waiting for it/);
    bench.hub.sendJson('cancel', { reason: 'caller' }, job.number);
    await bench.hub.waitEnd(job.number);
    expect(await first.ended).toBe(0);
    await second.waitForOutput(/connected hub=/);
  });

  test('status tells what runs, and that nothing runs afterwards', async () => {
    const started = await bench.upAndReady('--name', 'attic');
    await bench.hub.waitEnd(bench.hub.give({}).number);
    await bench.until(() => JSON.parse(readFileSync(join(bench.state, 'status.json'), 'utf8')).jobs === 1);
    const running = startAgent(['status', '--json', '--state', bench.state]);
    expect(await running.ended).toBe(0);
    expect(JSON.parse(running.output())).toMatchObject({
      running: true,
      status: { state: 'connected', name: 'attic', hub: 'hub:weur:0', outputTokens: 3 },
    });
    started.child.kill('SIGTERM');
    expect(await started.ended).toBe(0);
    const stopped = startAgent(['status', '--state', bench.state]);
    expect(await stopped.ended).toBe(1);
    expect(stopped.output()).toContain('not running');
  });
});

describe('pauses', () => {
  test('a backend that goes away pauses the home, and its return resumes it', async () => {
    await bench.upAndReady();
    await bench.kill();
    bench.model.isUp = false;
    bench.up();
    await bench.hub.waitFor(
      (heard) => heard.name === 'state' && (heard.json as { paused: string }).paused === 'backend-down',
    );
    expect(bench.agent.output()).toContain('No server answers');
    bench.hub.heard.length = 0;
    bench.model.isUp = true;
    await bench.hub.waitFor(
      (heard) => heard.name === 'state' && (heard.json as { paused: null }).paused === null,
      20_000,
    );
    await bench.hub.waitEnd(bench.hub.give({}).number);
  });

  test('a code is not spent on a server that does not answer, and the home joins when it does', async () => {
    bench.model.isUp = false;
    bench.up();
    await bench.agent.waitForOutput(/nothing to share yet/);
    expect(bench.hub.enrolments).toEqual([]);
    bench.model.isUp = true;
    await bench.hub.waitReady();
    expect(bench.hub.enrolments).toHaveLength(1);
  });

  test('work of too much value without an answer pauses the home, which says so, until half of it is accepted', async () => {
    bench.hub.isAccepting = false;
    await bench.upAndReady();
    // Three tokens at a credit each.
    const dear = { ticket: { priceOut: 1_000_000_000_000n } };
    for (let i = 0; i < 4; i++) await bench.hub.waitEnd(bench.hub.give(dear).number);
    await bench.hub.waitFor(
      (heard) => heard.name === 'state' && (heard.json as { paused: string }).paused === 'outbox',
    );
    await bench.until(() => readFileSync(join(bench.state, 'status.json'), 'utf8').includes('"paused": "outbox"'));
    expect(bench.agent.output()).toMatch(/too much work waits for the router’s acceptance.* receipts=4 credits=12/);
    bench.hub.heard.length = 0;
    for (const receipt of bench.hub.receipts.slice(0, 3)) bench.hub.accept(receipt);
    await bench.hub.waitReady();
    await bench.hub.waitEnd(bench.hub.give({}).number);
  });

  test('too many receipts without an answer pause the home until some are acknowledged', async () => {
    bench.hub.isAccepting = false;
    await bench.upAndReady('--exposure', '2');
    for (let i = 0; i < 3; i++) await bench.hub.waitEnd(bench.hub.give({}).number);
    await bench.hub.waitFor(
      (heard) => heard.name === 'state' && (heard.json as { paused: string }).paused === 'outbox',
    );
    const refused = bench.hub.give({});
    expect((await bench.hub.waitForFrame('refuse', refused.number)).json).toMatchObject({ code: 'paused' });
    bench.hub.heard.length = 0;
    for (const receipt of bench.hub.receipts) bench.hub.accept(receipt);
    await bench.hub.waitReady();
  });
});

test('frames of a later version are answered with an error frame and nothing breaks', async () => {
  await bench.upAndReady();
  const strange = encodeFrame('data', { job: 3, payload: Uint8Array.of(1, 2, 3) });
  strange[0] = 63;
  bench.hub.sendRaw(strange);
  expect((await bench.hub.waitForFrame('error', 3)).json).toMatchObject({ code: 'unknown-type' });
  bench.hub.sendRaw(Uint8Array.of(FRAME.job, 1, 2));
  await bench.hub.waitFor((heard) => heard.name === 'error' && (heard.json as { code: string }).code === 'bad-frame');
  await bench.hub.waitEnd(bench.hub.give({}).number);
});
