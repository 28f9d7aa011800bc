// A session in this process: what is hard to provoke from outside, and frames of every kind of nonsense.
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { encodeCredit, encodeFrame, encodeJsonFrame, FRAME, LATE_RECEIPTS } from '../../schema/frames.ts';
import type { FrameName } from '../../schema/frames.ts';
import { FINISH, JOB_TICKET } from '../../schema/receipt.ts';
import { PLACEHOLDER_DOMAIN, ZERO_WORD } from '../../schema/typed-data.ts';
import type { AgentShared } from '../jobs/job-runner.ts';
import { aborted, FakeBackend } from './fake-backend.ts';
import { makeTicket, openSession } from './session-bench.ts';
import type { SessionBench } from './session-bench.ts';
import { buildWork } from '../receipts/build-receipt.ts';
import { encodeTickets, ROUTER, ROUTER_KEY, signer } from './hub-seals.ts';

let bench: SessionBench | undefined;
afterEach(() => {
  bench?.close();
  bench = undefined;
});

async function open(
  backend: FakeBackend,
  options: { windowMs?: number; isWelcomed?: boolean } = {},
): Promise<SessionBench> {
  bench = await openSession(backend, options);
  return bench;
}

function hasWritten(session: SessionBench, name: string, job = 0): () => boolean {
  return () => session.wrote().some((frame) => frame.name === name && frame.job === job);
}

function receiptOf(
  session: SessionBench,
  name: 'end' | 'fault',
  job: number,
): { finish: number; outputTokens: number; promptTokens: number } {
  const json = session.wrote().find((frame) => frame.name === name && frame.job === job)?.json;
  return (json as { work: never }).work;
}

function count(session: SessionBench, name: string): number {
  return session.wrote().filter((frame) => frame.name === name).length;
}

/** Receipts that no connection has carried. */
async function issueLate({ book }: AgentShared, many: number): Promise<void> {
  const done = { promptTokens: 1, outputTokens: 2, ttftMs: 1, durationMs: 2, responseHash: ZERO_WORD };
  const about = { router: ROUTER, domain: PLACEHOLDER_DOMAIN, signer, via: null };
  const tickets = Array.from({ length: many }, (_, i) => makeTicket(i + 1));
  await Promise.all(
    tickets.map((ticket) => {
      const ticketProof = { signature: signer.sign(JOB_TICKET, ticket, ROUTER_KEY), sealed: null };
      const work = buildWork(ticket, { ...done, finish: 'stop' });
      return book.issue({ ...about, ticket, ticketHash: signer.hash(JOB_TICKET, ticket), ticketProof, work });
    }),
  );
}

test('a prefetch is passed on as a hint, and not while the connection is being left', async () => {
  const session = await open(new FakeBackend(async () => undefined));
  const hints: string[] = [];
  Object.assign(session.shared, { onPrefetch: (model: string) => void hints.push(model) });
  session.session.hear(encodeJsonFrame('prefetch', { model: 'fake' }));
  session.session.hear(encodeJsonFrame('drain', { reason: 'deploy' }));
  session.session.hear(encodeJsonFrame('prefetch', { model: 'other' }));
  expect(hints).toEqual(['fake']);
});

test('while an engine is at work and nothing is sent, its sign of life is; while tokens flow none is', async () => {
  const backend = new FakeBackend(async (_job, sink, _signal, onAlive) => {
    onAlive();
    await sleep(1000);
    onAlive();
    onAlive();
    await sink({ text: 'a', tokens: 1 });
    onAlive();
  });
  const session = await open(backend, { windowMs: 0 });
  session.give(3).sign();
  await session.until(hasWritten(session, 'end', 3));
  expect(session.wrote().map(({ name }) => name)).toEqual(expect.arrayContaining(['head', 'alive', 'data', 'end']));
  expect(session.wrote().filter(({ name }) => name === 'alive')).toMatchObject([{ job: 3, bytes: 0 }]);
});

describe('what goes wrong in a backend', () => {
  test.each(['rejects', 'throws a token that cannot be handed on'])(
    'one that %s leaves a line without its words',
    async (how) => {
      const backend = new FakeBackend(async (job, sink) => {
        if (how === 'rejects')
          throw new Error(`cannot read "${job.kind === 'chat' && (job.messages[0]?.content as string)}"`);
        await sink({ text: null as never, tokens: 1 });
      });
      const session = await open(backend);
      session.give(1, { request: { messages: [{ role: 'user', content: 'a secret wish' }] } }).sign();
      await session.until(hasWritten(session, 'fault', 1));
      const lines = session.lines.join('');
      expect(lines).toMatch(/error: .* job=job_\w+ reason=(Type)?Error at /);
      expect(lines).not.toContain('secret');
    },
  );

  test('a prompt over the context is told with both numbers', async () => {
    const error = { code: 'context' as const, message: 'too long', promptTokens: 9001, contextTokens: 4096 };
    const session = await open(new FakeBackend(async () => ({ reason: 'error', error })));
    session.give(1).sign();
    await session.until(hasWritten(session, 'fault', 1));
    const fault = session.wrote().find(({ name }) => name === 'fault')?.json;
    expect(fault).toEqual({ ...error, work: null });
  });

  test('a server’s reason to refuse goes to the hub and stays out of the log', async () => {
    const error = { code: 'bad-request' as const, message: 'roles must alternate' };
    const session = await open(new FakeBackend(async () => ({ reason: 'error', error })));
    session.give(1).sign();
    await session.until(hasWritten(session, 'fault', 1));
    expect(session.wrote().find(({ name }) => name === 'fault')?.json).toMatchObject(error);
    expect(session.lines.join('')).toContain('the request was refused');
    expect(session.lines.join('')).not.toContain('alternate');
  });
});

describe('a job', () => {
  test('of an unknown kind is refused as unfit, and the next one of a known kind runs', async () => {
    const session = await open(new FakeBackend(async () => undefined));
    session.session.hear(encodeJsonFrame('job', { request: { kind: 'dream', model: 'fake' } }, 1));
    await session.until(hasWritten(session, 'refuse', 1));
    expect(session.wrote().find(({ name }) => name === 'refuse')).toMatchObject({
      job: 1,
      json: { code: 'unfit', message: expect.stringContaining("'dream'") },
    });
    session.give(2).sign();
    await session.until(hasWritten(session, 'end', 2));
    expect(hasWritten(session, 'error', 1)()).toBe(false);
  });

  test('of a hub that names no kind is a chat', async () => {
    const backend = new FakeBackend(async () => undefined);
    const session = await open(backend);
    session.give(1, { request: { kind: undefined as never } }).sign();
    await session.until(hasWritten(session, 'end', 1));
    expect(backend.jobs).toMatchObject([{ kind: 'chat' }]);
  });

  test('the first token leaves in the turn in which it came, the next ones wait', async () => {
    let push: (text: string) => void = () => undefined;
    const backend = new FakeBackend(async (_job, sink, signal) => {
      push = (text) => void sink({ text, tokens: 1, tokenIds: [7] });
      await aborted(signal);
    });
    const session = await open(backend);
    session.give(1).sign();
    await session.until(hasWritten(session, 'head', 1));
    await sleep(30);
    push('first');
    expect(
      session
        .wrote()
        .filter((frame) => frame.name === 'data')
        .map((frame) => frame.tokens),
    ).toEqual([1]);
    push('second');
    push('third');
    expect(session.wrote().filter((frame) => frame.name === 'data').length).toBe(1);
    await session.until(() => session.wrote().filter((frame) => frame.name === 'data').length === 2);
    expect(session.wrote().filter((frame) => frame.name === 'data')[1]?.tokens).toBe(2);
    session.session.hear(encodeJsonFrame('cancel', { reason: 'caller' }, 1));
    await session.until(hasWritten(session, 'end', 1));
    expect(receiptOf(session, 'end', 1)).toMatchObject({ finish: FINISH.cancelled, outputTokens: 3 });
  });

  test('a backend that ignores its limit is stopped at it', async () => {
    const backend = new FakeBackend(async (_job, sink, signal) => {
      for (let i = 0; i < 1000 && !signal.aborted; i++) {
        await sink({ text: 'x', tokens: 1 });
        await new Promise((done) => setImmediate(done));
      }
    });
    const session = await open(backend);
    session.give(1, { maxTokens: 20 }).sign();
    await session.until(hasWritten(session, 'end', 1));
    expect(receiptOf(session, 'end', 1)).toMatchObject({ finish: FINISH.length, outputTokens: 20 });
  });

  test('a backend that does not let go after a cancel is not waited for, and keeps its slot', async () => {
    const backend = new FakeBackend(() => new Promise(() => undefined));
    backend.slotCount = 1;
    const session = await open(backend);
    session.give(1).sign();
    await session.until(hasWritten(session, 'head', 1));
    session.session.hear(encodeJsonFrame('cancel', { reason: 'caller' }, 1));
    await session.until(hasWritten(session, 'end', 1));
    session.give(2).sign();
    expect(session.shared.slots.running).toBe(1);
    await session.until(hasWritten(session, 'refuse', 2));
  });

  test('a backend that rejects, against its contract, is a fault without its words', async () => {
    const session = await open(new FakeBackend(() => Promise.reject(new Error('secret prompt text'))));
    session.give(1).sign();
    await session.until(hasWritten(session, 'fault', 1));
    expect(JSON.stringify(session.wrote())).not.toContain('secret');
    expect(session.lines.join('')).not.toContain('secret');
    expect(session.shared.slots.running).toBe(0);
  });

  test('what was made before a backend failed is sent and receipted', async () => {
    const backend = new FakeBackend(async (_job, sink) => {
      await sink({ text: 'a', tokens: 1 });
      await sink({ text: 'b', tokens: 1 });
      return { reason: 'error', error: { code: 'internal', message: 'out of memory' } };
    });
    const session = await open(backend);
    session.give(1).sign();
    await session.until(hasWritten(session, 'fault', 1));
    expect(receiptOf(session, 'fault', 1)).toMatchObject({ finish: FINISH.error, outputTokens: 2 });
  });

  test('a seal that comes when the answer is complete still lets it end', async () => {
    const session = await open(
      new FakeBackend(async (_job, sink) => {
        await sink({ text: 'all', tokens: 3 });
      }),
    );
    const job = session.give(1);
    await session.until(() => session.shared.slots.running === 0);
    await session.until(hasWritten(session, 'data', 1));
    expect(hasWritten(session, 'end', 1)()).toBe(false);
    job.sign();
    await session.until(hasWritten(session, 'end', 1));
    expect(receiptOf(session, 'end', 1)).toMatchObject({ finish: FINISH.stop, outputTokens: 3, promptTokens: 3 });
  });

  test('cancelled before its ticket came, a job is a fault and owes nothing', async () => {
    const session = await open(new FakeBackend((_job, _sink, signal) => aborted(signal)));
    session.give(1);
    session.session.hear(encodeJsonFrame('cancel', { reason: 'watchdog' }, 1));
    await session.until(hasWritten(session, 'fault', 1));
    expect(session.wrote().at(-1)?.json).toEqual({ code: 'cancelled', message: expect.any(String), work: null });
    expect(session.shared.book.unacknowledged).toBe(0);
  });

  test('the owner who wants the machine back ends a job as preempted', async () => {
    const session = await open(
      new FakeBackend(async (_job, sink, signal) => {
        await sink({ text: 'a', tokens: 1 });
        await aborted(signal);
      }),
    );
    session.give(1).sign();
    await session.until(hasWritten(session, 'data', 1));
    session.session.runner?.preemptAll();
    await session.until(hasWritten(session, 'end', 1));
    expect(receiptOf(session, 'end', 1)).toMatchObject({ finish: FINISH.preempted, outputTokens: 1 });
  });

  test('the same ticket twice, or a number in use, is refused', async () => {
    const session = await open(new FakeBackend((_job, _sink, signal) => aborted(signal)));
    const ticket = { jobId: `0x${'77'.repeat(32)}`, expiresAtMs: BigInt(Date.now() + 60_000) } as const;
    session.give(1, { ticket }).sign();
    session.give(2, { ticket }).sign();
    session.give(1).sign();
    await session.until(() => session.wrote().filter((frame) => frame.name === 'refuse').length === 2);
    expect(
      session
        .wrote()
        .filter((frame) => frame.name === 'refuse')
        .map((frame) => (frame.json as { code: string }).code),
    ).toEqual(['bad-ticket', 'bad-request']);
  });

  test('a stream that fills the socket waits, and goes on when it drains', async () => {
    let given = 0;
    const backend = new FakeBackend(async (_job, sink) => {
      for (; given < 90; given++) await sink({ text: 'word '.repeat(1000), tokens: 1 });
    });
    const session = await open(backend, { windowMs: 0 });
    session.socket.bufferedAmount = 10_000_000;
    session.give(1, { creditBytes: 10_000_000 }).sign();
    await sleep(100);
    expect(given).toBeLessThan(30);
    session.socket.bufferedAmount = 0;
    await session.until(hasWritten(session, 'end', 1));
    expect(receiptOf(session, 'end', 1)).toMatchObject({ outputTokens: 90 });
  });

  test('a continued answer begins without a role', async () => {
    const backend = new FakeBackend(async (_job, sink) => {
      await sink({ text: ' more', tokens: 1 });
    });
    const session = await open(backend);
    session.give(1, { resume: { text: 'so far', count: 2 } }).sign();
    await session.until(hasWritten(session, 'end', 1));
    expect(backend.jobs[0]?.resume).toEqual({ text: 'so far', count: 2 });
  });
});

describe('nonsense', () => {
  test('bytes that are no frames never throw', async () => {
    const session = await open(new FakeBackend(async () => undefined));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        session.session.hear(bytes);
      }),
      { numRuns: 300 },
    );
    expect(session.outcomes[0]).toMatchObject({ kind: 'silent' });
  });

  test('frames of every type with any JSON never throw, before and after the welcome', async () => {
    const names = fc.constantFrom<FrameName>(...(Object.keys(FRAME) as FrameName[]));
    for (const isWelcomed of [true, false]) {
      const session = await open(new FakeBackend(async () => undefined), { isWelcomed });
      fc.assert(
        fc.property(names, fc.jsonValue(), fc.nat(5), (name, value, job) => {
          session.session.hear(encodeJsonFrame(name, value, job));
          session.session.hear(encodeFrame(name, { job, payload: Uint8Array.of(1, 2, 3) }));
        }),
        { numRuns: 200 },
      );
      expect(session.wrote().some((frame) => frame.name === 'error')).toBe(true);
      session.close();
    }
  });

  test('a job of the right shape with extreme numbers is answered', async () => {
    const session = await open(
      new FakeBackend(async (_job, sink) => {
        await sink({ text: 'x', tokens: 1 });
      }),
    );
    const max64 = 2n ** 64n - 1n;
    session.give(1, { ticket: { priceIn: max64, priceOut: max64, seed: max64, expiresAtMs: max64 } }).sign();
    await session.until(hasWritten(session, 'end', 1));
    expect(receiptOf(session, 'end', 1)).toMatchObject({ outputTokens: 1 });
  });

  test('a welcome whose domain cannot be signed for is answered with an error', async () => {
    const session = await open(new FakeBackend(async () => undefined), { isWelcomed: false });
    const domain = { ...PLACEHOLDER_DOMAIN, chainId: -5 };
    session.session.hear(
      encodeJsonFrame('welcome', {
        node: 'n',
        area: 'a',
        hub: 'h',
        router: ROUTER,
        domain,
        token: 't',
        tokenUntilAt: 0,
      }),
    );
    await session.until(hasWritten(session, 'error'));
    expect(session.session.runner).toBeNull();
  });

  test('frames for jobs that have ended are late, not wrong', async () => {
    const session = await open(new FakeBackend(async () => undefined));
    session.session.hear(encodeCredit(9, 100));
    session.session.hear(encodeJsonFrame('cancel', { reason: 'caller' }, 9));
    session.session.hear(encodeTickets([{ number: 9, ticketHash: ZERO_WORD }]));
    await sleep(20);
    expect(session.wrote().filter((frame) => frame.name === 'error')).toEqual([]);
  });

  test('of many receipts without an answer so many are offered at once, the rest later', async () => {
    const session = await open(new FakeBackend(async () => undefined), { isWelcomed: false });
    await issueLate(session.shared, LATE_RECEIPTS.brim + 20);
    session.welcome();
    await session.until(() => count(session, 'receipt') >= LATE_RECEIPTS.brim);
    session.session.offerUnsent();
    await sleep(20);
    expect(count(session, 'receipt')).toBeLessThan(LATE_RECEIPTS.brim + 10);
    await session.until(() => count(session, 'receipt') === LATE_RECEIPTS.brim + 20);
  });

  test('a hub of a protocol before ours is left, with the versions named', async () => {
    const session = await open(new FakeBackend(async () => undefined), { isWelcomed: false });
    session.session.hear(encodeJsonFrame('challenge', { nonce: `0x${'00'.repeat(32)}`, protocol: 0, serverTimeAt: 0 }));
    const message = expect.stringMatching(/speaks version 0 .* this agent version 3: whoever runs the router/);
    expect(session.outcomes).toMatchObject([{ kind: 'error-frame', code: 'protocol-version', message, isFinal: true }]);
  });
});
