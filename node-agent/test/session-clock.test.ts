// What a home makes of clocks that are set and of a state folder that is older than its receipts.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test, vi } from 'vitest';
import { encodeJsonFrame, PROTOCOL_VERSION } from '../../schema/frames.ts';
import { FINISH, toMessageJson, USAGE_RECEIPT } from '../../schema/receipt.ts';
import { sampleReceipt } from '../../schema/sample-messages.ts';
import { ZERO_WORD } from '../../schema/typed-data.ts';
import { FakeBackend } from './fake-backend.ts';
import { openSession, SESSION_KEY } from './session-bench.ts';
import type { SessionBench } from './session-bench.ts';
import { signer } from './hub-seals.ts';

let bench: SessionBench | undefined;
afterEach(() => {
  bench?.close();
  bench = undefined;
});

function hasEnded(session: SessionBench, job: number): () => boolean {
  return () => session.wrote().some((frame) => frame.name === 'end' && frame.job === job);
}

function receiptOf(session: SessionBench, job: number): Record<string, unknown> & { durationMs: number } {
  const json = session.wrote().find((frame) => frame.name === 'end' && frame.job === job)?.json;
  return (json as { work: never }).work;
}

test('a clock that is set while a job runs ends no job, refuses none that follows, and is told', async () => {
  const wall = vi.spyOn(Date, 'now');
  try {
    const started = Date.now();
    const backend = new FakeBackend(async (_job, sink) => {
      for (let i = 0; i < 6; i++) {
        await sleep(20);
        // A year ahead, two years back, and so on.
        wall.mockReturnValue(started + (i % 2 === 0 ? 1 : -1) * 365 * 86_400_000);
        await sink({ text: 'a', tokens: 1 });
      }
    });
    bench = await openSession(backend, { windowMs: 0, isWelcomed: false });
    const session = bench;
    const challenge = { nonce: `0x${'ab'.repeat(32)}`, protocol: PROTOCOL_VERSION, serverTimeAt: started };
    session.session.hear(encodeJsonFrame('challenge', challenge));
    session.welcome();
    const ticket = { expiresAtMs: BigInt(started + 60_000) };
    for (const job of [1, 2, 3]) {
      session.give(job, { ticket }).sign();
      await session.until(hasEnded(session, job));
      expect(receiptOf(session, job)).toMatchObject({ finish: FINISH.stop, outputTokens: 6 });
      const { durationMs } = receiptOf(session, job);
      expect(durationMs).toBeGreaterThan(50);
      expect(durationMs).toBeLessThan(60_000);
    }
    expect(session.wrote().map(({ name }) => name)).not.toContain('refuse');
    await session.until(() => session.lines.join('').includes('clock of this machine'));
    expect(session.lines.join('')).toMatch(/clock="?365 d (ahead|behind)/);
  } finally {
    wall.mockRestore();
  }
});

test('a home whose state is older than the router’s newest receipt is told, and goes on behind that one', async () => {
  const receipt = sampleReceipt({ ticketHash: ZERO_WORD, node: SESSION_KEY.address, seq: 40n });
  const lastReceipt = {
    receipt: toMessageJson(receipt),
    signature: signer.sign(USAGE_RECEIPT, receipt, SESSION_KEY.privateKey),
  };
  bench = await openSession(
    new FakeBackend(async (_job, sink) => {
      await sink({ text: 'a', tokens: 1 });
    }),
    {
      windowMs: 0,
      lastReceipt,
    },
  );
  const session = bench;
  session.give(1).sign();
  await session.until(hasEnded(session, 1));
  const isSealed = ({ name }: { name: string }): boolean => name === 'receipts';
  await session.until(() => session.wrote().some(isSealed));
  expect(session.wrote().find(isSealed)?.receipts).toMatchObject({ seq: 1041n, seal: { number: 1001n } });
  expect(session.lines.join('')).toMatch(/older copy.* here="?0"? router="?40"? next="?1041/);
});
