import { describe, expect, test } from 'vitest';
import { decodeFrames, nameFrame } from '../../schema/frames.ts';
import { JOB_TICKET, makeMessageSigner } from '../../schema/receipt.ts';
import { sampleTicket } from '../../schema/sample-messages.ts';
import { chainOfHub, readSealFrame, SEAL } from '../../schema/seal.ts';
import type { Seal, Sealed } from '../../schema/seal.ts';
import { addressOfPrivateKey, PLACEHOLDER_DOMAIN, ZERO_WORD } from '../../schema/typed-data.ts';
import { TICKET_SEALS } from './door-limits.ts';
import { TicketSeals } from './ticket-seals.ts';

const signer = makeMessageSigner(PLACEHOLDER_DOMAIN);
const key = new Uint8Array(32).fill(5);
const router = addressOfPrivateKey(key);

/** A hub's seals with the clock and the timers in the test's hands. */
function openSeals(running = 100) {
  const rung: { ms: number; run: () => void }[] = [];
  const sent: { socket: string; jobs: number[]; seal: Seal }[] = [];
  const errors: unknown[] = [];
  const clock = { now: 1000, numbers: 0, running, isBroken: false };
  const seals = new TicketSeals({
    hub: 'hub:weur:0',
    seal: (facts, digests) => {
      if (clock.isBroken) throw new Error('no key');
      return signer.seal(facts, digests, key);
    },
    hashSeal: (seal) => signer.hash(SEAL, seal),
    nextNumber: () => (clock.numbers += 1),
    running: () => clock.running,
    now: () => clock.now,
    later: (ms, run) => void rung.push({ ms, run }),
    onError: (error) => void errors.push(error),
  });
  const proven: boolean[] = [];
  const sockets = new Map<string, { send: (bytes: Uint8Array) => void }>();
  const socketOf = (name: string) => {
    const send = (bytes: Uint8Array): void => {
      const frames = decodeFrames(bytes);
      for (const frame of frames.ok ? frames.value : []) {
        const read = readSealFrame(frame.payload);
        if (!read.ok || nameFrame(frame.type) !== 'tickets') throw new Error('no seal');
        sent.push({ socket: name, seal: read.value.seal, jobs: read.value.jobs.map(({ job }) => job) });
      }
    };
    const known = sockets.get(name) ?? { send };
    sockets.set(name, known);
    return known;
  };
  const add = (job: number, { socket = 'a', maxOutputTokens = 10 } = {}): void => {
    const ticket = sampleTicket({ node: router, part: job, maxPromptTokens: 0, maxOutputTokens, priceOut: 1_000_000n });
    const onSealed = (signature: `0x${string}`, sealed: Sealed): void =>
      void proven.push(signer.isProvenBy(JOB_TICKET, ticket, { signature, sealed, address: router }));
    seals.add({ socket: socketOf(socket), job, ticket, ticketHash: signer.hash(JOB_TICKET, ticket), onSealed });
  };
  return { seals, clock, rung, sent, proven, errors, add };
}

describe('tickets are sealed', () => {
  test('in the next turn while few jobs run, and each seal has the one before it in it', () => {
    const { rung, sent, proven, clock, add } = openSeals(TICKET_SEALS.atOnceBelow - 1);
    for (const job of [1, 2]) {
      add(job);
      expect(rung.map(({ ms }) => ms)).toEqual(Array.from({ length: job }, () => 0));
      expect(sent).toHaveLength(job - 1);
      clock.now += 1;
      rung.at(-1)?.run();
    }
    expect(proven).toEqual([true, true]);
    const [first, second] = sent.map(({ seal }) => seal);
    expect(first).toMatchObject({
      kind: 1,
      node: chainOfHub('hub:weur:0'),
      number: 1n,
      previous: ZERO_WORD,
      count: 1,
      total: 10n,
      atMs: 1001n,
    });
    expect(second).toMatchObject({ number: 2n, previous: first && signer.hash(SEAL, first) });
  });

  test('together within 8 ms while many run, each home with a frame of its own jobs', () => {
    const { rung, sent, proven, add } = openSeals();
    add(1);
    add(1, { socket: 'b' });
    add(2);
    expect(rung.map(({ ms }) => ms)).toEqual([TICKET_SEALS.everyMs]);
    rung[0]?.run();
    expect(sent).toMatchObject([
      { socket: 'a', jobs: [1, 2], seal: { number: 1n, count: 3, total: 30n } },
      { socket: 'b', jobs: [1], seal: { number: 1n, count: 3, total: 30n } },
    ]);
    expect(proven).toEqual([true, true, true]);
  });

  test.each<[string, (opened: ReturnType<typeof openSeals>) => void]>([
    ['64 wait', ({ add }) => Array.from({ length: TICKET_SEALS.most }, (_, i) => add(i))],
    ['they may cost too much', ({ add }) => add(1, { maxOutputTokens: TICKET_SEALS.units })],
    [
      'the first has waited 8 ms, however late the timer is',
      ({ add, clock }) => {
        add(1);
        clock.now += TICKET_SEALS.everyMs;
        add(2);
      },
    ],
    [
      'somebody needs a signature',
      ({ add, seals }) => {
        add(1);
        seals.flush();
      },
    ],
  ])('at once where %s', (_title, act) => {
    const opened = openSeals();
    act(opened);
    expect(opened.seals.size).toBe(0);
    expect(opened.sent).toHaveLength(1);
    // The timer that was rung before finds nothing.
    for (const { run } of opened.rung) run();
    expect(opened.sent).toHaveLength(1);
  });
});

test('where nobody can sign their homes hear nothing, and the next ones are sealed again', () => {
  const { seals, clock, sent, errors, add } = openSeals();
  clock.isBroken = true;
  add(1);
  seals.flush();
  expect([sent, errors]).toEqual([[], [expect.any(Error)]]);
  clock.isBroken = false;
  add(2);
  seals.flush();
  expect(sent).toMatchObject([{ jobs: [2], seal: { count: 1, total: 10n } }]);
});
