// The agent as a process: jobs, tickets, credit and cancels, as a hub sees them.
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { fromHex, toHex } from '../../schema/bytes.ts';
import { readContent } from '../../schema/read-chunks.ts';
import { FINISH, USAGE_RECEIPT } from '../../schema/receipt.ts';
import { words } from '../../router/test/model-server.ts';
import { residentBytes, useBench } from './agent-bench.ts';
import { signer } from './hub-seals.ts';

const bench = useBench();

describe('a streamed job', () => {
  test('gives head, complete events with counted tokens, and a receipt that holds', async () => {
    await bench.upAndReady();
    const job = bench.hub.give({ model: 'say-12x5' });
    const signed = await bench.hub.waitEnd(job.number);
    const data = bench.hub.dataOf(job.number);
    expect(bench.hub.heard.findIndex((one) => one.name === 'head' && one.job === job.number)).toBeLessThan(
      bench.hub.heard.indexOf(data[0]!),
    );
    expect(data.reduce((sum, one) => sum + one.tokens, 0)).toBe(12);
    expect(readContent(bench.hub.bytesOf(job.number).toString())).toBe(words(12));
    for (const one of data) expect(Buffer.from(one.events).toString()).toMatch(/^data: [^]*\n\n$/);
    const hash = createHash('sha256').update(fromHex(job.ticket.salt)).update(bench.hub.bytesOf(job.number)).digest();
    expect(signed.receipt).toMatchObject({
      ticketHash: job.ticketHash,
      node: bench.hub.address,
      seq: 1n,
      promptTokens: 7,
      outputTokens: 12,
      finish: FINISH.stop,
      amount: BigInt(7 + 24),
      responseHash: toHex(hash),
    });
    const { signature, sealed = null } = signed;
    expect(sealed?.seal).toMatchObject({ number: 1n, count: 1, total: signed.receipt.amount });
    expect(signer.isProvenBy(USAGE_RECEIPT, signed.receipt, { signature, sealed, address: bench.hub.address })).toBe(
      true,
    );
    await bench.untilAnswered();
  });

  test('the first token leaves alone, later ones share frames', async () => {
    // The pause between two tokens leaves even a busy machine time to check the ticket.
    await bench.upAndReady('--window', '1000');
    const job = bench.hub.give({ model: 'say-30x60' });
    await bench.hub.waitEnd(job.number);
    const data = bench.hub.dataOf(job.number);
    expect(data[0]?.tokens).toBe(1);
    expect(data.length).toBeLessThan(15);
  });

  test('with a window of 0 every delta is its own frame', async () => {
    await bench.upAndReady('--window', '0');
    const job = bench.hub.give({ model: 'say-20x3' });
    await bench.hub.waitEnd(job.number);
    expect(bench.hub.dataOf(job.number).map((one) => one.tokens)).toEqual(Array.from({ length: 20 }, () => 1));
  });

  test('frames of several jobs share messages', async () => {
    await bench.upAndReady();
    const jobs = [1, 2, 3, 4].map(() => bench.hub.give({ model: 'say-60x5' }));
    for (const job of jobs) await bench.hub.waitEnd(job.number);
    const data = jobs.flatMap((job) => bench.hub.dataOf(job.number));
    expect(new Set(data.map((one) => one.message)).size).toBeLessThan(data.length);
  });

  test('a whole answer travels in few large frames', async () => {
    await bench.upAndReady();
    const job = bench.hub.give({ model: 'say-300x0', stream: false });
    await bench.hub.waitEnd(job.number);
    const data = bench.hub.dataOf(job.number);
    expect(data.length).toBeLessThanOrEqual(4);
    expect(data.reduce((sum, one) => sum + one.tokens, 0)).toBe(300);
  });

  test('a backend that breaks after tokens gives a fault with a receipt for what was sent', async () => {
    await bench.upAndReady();
    const job = bench.hub.give({ model: 'say-9x5-die5' });
    await bench.hub.waitForFrame('fault', job.number);
    const { receipt } = await bench.hub.waitReceipt(job.number);
    const sent = bench.hub.dataOf(job.number).reduce((sum, one) => sum + one.tokens, 0);
    expect(sent).toBeGreaterThan(0);
    expect(receipt).toMatchObject({ outputTokens: sent, finish: FINISH.error });
    await bench.untilAnswered();
  });

  test('a backend that breaks before any token gives a fault without a receipt', async () => {
    await bench.upAndReady();
    const job = bench.hub.give({ model: 'say-9x0-die0' });
    expect((await bench.hub.waitForFrame('fault', job.number)).json).toMatchObject({ work: null });
  });

  test('--pace holds the tokens back', async () => {
    await bench.upAndReady('--pace', '50');
    const job = bench.hub.give({ model: 'say-10x0' });
    const { receipt } = await bench.hub.waitEnd(job.number);
    expect(receipt.durationMs).toBeGreaterThanOrEqual(150);
  });
});

describe('tickets', () => {
  test('a ticket under a foreign seal is a fault, and nothing of it is sent any more', async () => {
    await bench.upAndReady();
    const job = bench.hub.give({ model: 'say-9x0-hang0', sealer: new Uint8Array(32).fill(3) });
    const fault = await bench.hub.waitForFrame('fault', job.number);
    expect(fault.json).toMatchObject({ code: 'bad-ticket', work: null });
    // The backend may have been stopped before the request reached its server at all.
    await bench.until(() => bench.model.seen.every((one) => one.abortedAt !== null));
    expect(bench.hub.dataOf(job.number)).toEqual([]);
  });

  test('the first tokens leave before the seal, and the end only after it', async () => {
    await bench.upAndReady();
    const job = bench.hub.give({ model: 'say-10x0', sealer: null });
    await bench.hub.waitFor((heard) => heard.name === 'data' && heard.job === job.number);
    await sleep(300);
    expect(bench.hub.heard.some(({ name }) => name === 'end')).toBe(false);
    bench.hub.sendTickets([job]);
    expect((await bench.hub.waitEnd(job.number)).receipt.outputTokens).toBe(10);
  });

  test('a ticket for another node, an expired one and one below the request are refused', async () => {
    await bench.upAndReady();
    const wishes = [
      { ticket: { node: `0x${'11'.repeat(20)}` } as const },
      { ticket: { expiresAtMs: 1n } },
      { ticket: { maxOutputTokens: 5 } },
    ];
    for (const wish of wishes) {
      const job = bench.hub.give(wish);
      expect((await bench.hub.waitForFrame('refuse', job.number)).json).toMatchObject({ code: 'bad-ticket' });
    }
    expect(bench.model.seen).toEqual([]);
  });

  test('an unknown model is refused as unfit', async () => {
    await bench.upAndReady();
    const job = bench.hub.give({ model: 'gpt-unknown' });
    expect((await bench.hub.waitForFrame('refuse', job.number)).json).toMatchObject({ code: 'unfit' });
  });
});

describe('flow and cancel', () => {
  test('past its slots it refuses as busy and never queues', async () => {
    await bench.upAndReady('--slots', '1');
    const first = bench.hub.give({ model: 'say-9x0-hang0' });
    await bench.hub.waitForFrame('head', first.number);
    const second = bench.hub.give({ model: 'say-3x0' });
    expect((await bench.hub.waitForFrame('refuse', second.number)).json).toMatchObject({ code: 'busy' });
    bench.hub.sendJson('cancel', { reason: 'caller' }, first.number);
    await bench.hub.waitEnd(first.number);
    const third = bench.hub.give({ model: 'say-3x0' });
    await bench.hub.waitEnd(third.number);
  });

  test('a cancel while tokens flow ends the backend and receipts what was sent', async () => {
    await bench.upAndReady();
    const job = bench.hub.give({ model: 'say-5000x5', maxTokens: 10_000 });
    await bench.hub.waitFor((heard) => heard.name === 'data' && bench.hub.dataOf(job.number).length >= 3);
    bench.hub.sendJson('cancel', { reason: 'caller' }, job.number);
    const { receipt } = await bench.hub.waitEnd(job.number);
    const sent = bench.hub.dataOf(job.number).reduce((sum, one) => sum + one.tokens, 0);
    expect(receipt).toMatchObject({ finish: FINISH.cancelled, outputTokens: sent });
    const hash = createHash('sha256').update(fromHex(job.ticket.salt)).update(bench.hub.bytesOf(job.number)).digest();
    expect(receipt.responseHash).toBe(toHex(hash));
    await bench.until(() => bench.model.seen[0]?.abortedAt);
  });

  test('a cancel in silence ends the backend', async () => {
    await bench.upAndReady();
    const job = bench.hub.give({ model: 'say-9x0-hang0' });
    await bench.hub.waitForFrame('head', job.number);
    await bench.until(() => bench.model.seen.length === 1);
    bench.hub.sendJson('cancel', { reason: 'caller' }, job.number);
    const { receipt } = await bench.hub.waitEnd(job.number);
    expect(receipt).toMatchObject({ finish: FINISH.cancelled, outputTokens: 0 });
    await bench.until(() => bench.model.seen[0]?.abortedAt);
  });

  test('without credit nothing leaves, and with it the rest follows', async () => {
    await bench.upAndReady();
    const job = bench.hub.give({ model: 'say-3000x0', maxTokens: 3000, creditBytes: 64 * 1024 });
    await bench.hub.waitFor((heard) => heard.name === 'data' && bench.hub.bytesOf(job.number).length > 50_000);
    await sleep(300);
    expect(bench.hub.bytesOf(job.number).length).toBeLessThanOrEqual(64 * 1024);
    bench.hub.credit(job.number, 100 * 1024 * 1024);
    expect((await bench.hub.waitEnd(job.number)).receipt.outputTokens).toBe(3000);
  });

  test('a hub that grants nothing pauses the backend: the agent does not grow', async () => {
    const started = await bench.upAndReady();
    await bench.hub.waitEnd(bench.hub.give({ model: 'say-50x0' }).number);
    const before = residentBytes(started);
    const job = bench.hub.give({ model: 'say-400000x0', maxTokens: 500_000, creditBytes: 64 * 1024 });
    await bench.hub.waitFor((heard) => heard.name === 'data' && bench.hub.bytesOf(job.number).length > 50_000);
    let chunks = -1;
    for (; chunks !== bench.model.seen[1]?.sent; await sleep(300)) chunks = bench.model.seen[1]?.sent ?? 0;
    expect(chunks).toBeLessThan(400_000);
    expect(residentBytes(started) - before).toBeLessThan(32 * 1024 * 1024);
    bench.hub.sendJson('cancel', { reason: 'caller' }, job.number);
    expect((await bench.hub.waitEnd(job.number)).receipt.finish).toBe(FINISH.cancelled);
  });
});
