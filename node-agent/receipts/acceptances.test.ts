import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { judgeEvidence } from '../../schema/evidence.ts';
import { signHandover } from '../../schema/handover.ts';
import { ACCEPTANCE, ACCEPTANCE_STATUS } from '../../schema/receipt.ts';
import { SEAL_KIND } from '../../schema/seal.ts';
import { addressOfPrivateKey, PLACEHOLDER_DOMAIN, ZERO_WORD } from '../../schema/typed-data.ts';
import { collectLog } from '../test/collect-log.ts';
import { ROUTER, ROUTER_KEY, signer } from '../test/hub-seals.ts';
import { acceptanceOf, accepted, acceptOne, draft, NODE, NODE_KEY, refuse } from '../test/receipt-bench.ts';
import { DISK } from './append-file.ts';
import type { LogDisk } from './append-file.ts';
import { encodeLogLine } from './log-lines.ts';
import { encodeRecord } from './log-records.ts';
import { ReceiptBook } from './receipt-book.ts';
import type { AcceptedFrame } from './receipt-book.ts';

let folder: string;
let now: number;
let { log, lines } = collectLog();
beforeEach(() => {
  ({ log, lines } = collectLog());
  folder = mkdtempSync(join(tmpdir(), 'irori-book-'));
  now = 1_000_000;
});
afterEach(() => rmSync(folder, { recursive: true }));

function open(disk?: LogDisk): Promise<ReceiptBook> {
  return ReceiptBook.open(folder, NODE_KEY, { now: () => now, log, ...(disk ? { disk } : {}) });
}

/** A disk that refuses to sync while it is full. */
function fullDisk(): { disk: LogDisk; state: { isFull: boolean } } {
  const state = { isFull: false };
  const sync: LogDisk['sync'] = async (file) => {
    if (state.isFull) throw new Error('ENOSPC');
    await DISK.sync(file);
  };
  return { disk: { ...DISK, sync }, state };
}

describe('acceptances', () => {
  test("only the router's own seal over this receipt's acceptance lets it go", async () => {
    const book = await open();
    const issued = await book.issue(draft(1));
    const other = await book.issue(draft(2));
    const good = acceptOne(issued, 1n);
    const [answer = expect.fail('no answer')] = good.answers;
    expect(book.accept(acceptOne(issued, 1n, NODE_KEY))).toEqual(['bad-signature']);
    const swapped = { ...acceptOne(other, 1n).answers[0]!, ticketHash: issued.receipt.ticketHash };
    expect(book.accept({ ...acceptOne(other, 1n), answers: [swapped] })).toEqual(['bad-signature']);
    expect(book.accept({ ...good, answers: [{ ...answer, ticketHash: ZERO_WORD }] })).toEqual(['unknown']);
    const raised = { ...answer, acceptance: { ...answer.acceptance!, cumulativeAmount: 99n } };
    expect(book.accept({ ...good, answers: [raised] })).toEqual(['bad-signature']);
    expect(book.accept({ ...good, seal: null, signature: null })).toEqual(['bad-signature']);
    const acceptances = [{ to: issued, acceptance: acceptanceOf(issued, 1n) }];
    expect(book.accept(accepted(acceptances, { kind: SEAL_KIND.tickets }))).toEqual(['bad-signature']);
    expect(book.accept(accepted(acceptances, { node: ROUTER }))).toEqual(['bad-signature']);
    expect(book.unacknowledged).toBe(2);
    expect(book.accept(good)).toEqual(['taken']);
    expect(book.unacknowledged).toBe(1);
    expect(book.accept(good)).toEqual(['unknown']);
  });

  test('one seal answers many receipts, each with its proof, and refusals beside them', async () => {
    const book = await open();
    const issued = await Promise.all([1, 2, 3, 4, 5].map((job) => book.issue(draft(job))));
    const answers = issued.map((to, i) => ({ to, acceptance: acceptanceOf(to, BigInt(i + 1)) }));
    const frame = accepted(answers.slice(0, 4));
    frame.answers[1] = { ...frame.answers[1]!, proof: frame.answers[2]!.proof };
    frame.answers.push(...refuse(issued[4]!, 'too late').answers);
    expect(book.accept(frame)).toEqual(['taken', 'bad-signature', 'taken', 'taken', 'refused']);
    expect(book.unacknowledged).toBe(1);
    expect(book.earned?.acceptance).toMatchObject({ count: 4n, cumulativeAmount: 8n });
  });

  test('one that was signed for itself, before there were seals, is taken when it is told again', async () => {
    const book = await open();
    const issued = await book.issue(draft(1));
    const acceptance = acceptanceOf(issued, 1n);
    const told = (key: Uint8Array): AcceptedFrame => ({
      seal: null,
      signature: signer.sign(ACCEPTANCE, acceptance, key),
      answers: [{ ticketHash: issued.receipt.ticketHash, acceptance, proof: [], reason: null }],
    });
    expect(book.accept(told(NODE_KEY))).toEqual(['bad-signature']);
    expect(book.accept(told(ROUTER_KEY))).toEqual(['taken']);
    expect(book.earned).toMatchObject({ acceptance, sealed: null });
  });

  test('those that earn nothing are counted, and how many came last', async () => {
    const book = await open();
    const paid = [false, true, false, false];
    const issued = await Promise.all(paid.map((_, i) => book.issue(draft(i + 1))));
    issued.forEach((to, i) => {
      const status = paid[i] === true ? ACCEPTANCE_STATUS.accepted : ACCEPTANCE_STATUS.unpaid;
      const acceptance = acceptanceOf(to, BigInt(i + 1), { status });
      expect(book.accept(accepted([{ to, acceptance }]))).toEqual(['taken']);
    });
    expect(book.unpaid).toEqual({ answered: 4, unpaid: 3, inARow: 2 });
  });

  test('a receipt that the router refuses for good leaves too', async () => {
    const book = await open();
    const issued = await book.issue(draft(1));
    expect(book.accept(refuse(issued, 'too late'))).toEqual(['refused']);
    await book.settled();
    expect((await open()).unacknowledged).toBe(0);
  });

  test('where the disk refuses an answer the owner is told, and the receipt is there again after a restart', async () => {
    const { disk, state } = fullDisk();
    const broken: LogDisk = {
      ...disk,
      write: (...all) => {
        if (state.isFull) throw new Error('EIO');
        return DISK.write(...all);
      },
    };
    const book = await open(broken);
    const issued = await book.issue(draft(1));
    state.isFull = true;
    expect(book.accept(acceptOne(issued, 1n))).toEqual(['taken']);
    await book.settled();
    expect(lines.join('')).toMatch(/answers to receipts cannot be written.*reason=E/);
    expect((await open()).unacknowledged).toBe(1);
    state.isFull = false;
    await book.settled();
    expect((await open()).unacknowledged).toBe(0);
  });

  test("the highest total with its seal is kept as the owner's proof, also over a restart", async () => {
    const book = await open();
    const one = await book.issue(draft(1));
    const two = await book.issue(draft(2));
    const newest = acceptOne(two, 2n);
    book.accept(newest);
    book.accept(acceptOne(one, 1n));
    await book.settled();
    const { earned } = await open();
    expect(earned?.acceptance).toMatchObject({ count: 2n, cumulativeAmount: 4n });
    expect(earned?.sealed).toEqual({ seal: newest.seal, proof: [] });
    expect(signer.isSealSignedBy(earned!.sealed!.seal, earned!.signature, ROUTER)).toBe(true);
  });
});

describe('evidence against a router', () => {
  test('two seals of one number that differ are kept and told, once, also over a restart', async () => {
    const book = await open();
    const issued = await Promise.all([1, 2, 3].map((job) => book.issue(draft(job))));
    book.accept(acceptOne(issued[0]!, 1n));
    book.accept(accepted([{ to: issued[1]!, acceptance: acceptanceOf(issued[1]!, 2n) }], { number: 1n }));
    book.accept(accepted([{ to: issued[2]!, acceptance: acceptanceOf(issued[2]!, 3n) }], { number: 1n }));
    expect(book.evidence).toHaveLength(1);
    expect(judgeEvidence(book.evidence[0]!)).toEqual({ ok: true, value: 'seal-number' });
    expect(book.evidence[0]).toMatchObject({
      signer: ROUTER,
      one: { seal: { total: 2n } },
      other: { seal: { total: 4n } },
    });
    expect(lines.filter((line) => line.includes('cannot both hold'))).toHaveLength(1);
    await book.settled();
    expect((await open()).evidence).toMatchObject(book.evidence);
  });

  test('a total that falls is evidence, in whatever order the seals came and over a restart', async () => {
    const first = await open();
    const issued = await Promise.all([1, 2].map((job) => first.issue(draft(job))));
    first.accept(accepted([{ to: issued[0]!, acceptance: acceptanceOf(issued[0]!, 1n) }], { number: 5n, total: 10n }));
    await first.settled();
    const book = await open();
    book.accept(accepted([{ to: issued[1]!, acceptance: acceptanceOf(issued[1]!, 2n) }], { number: 4n, total: 11n }));
    expect(book.evidence).toMatchObject([{ one: { seal: { number: 5n } }, other: { seal: { number: 4n } } }]);
  });

  test('two acceptances under one count, and a running total that falls, are kept as documents that anyone can check', async () => {
    const book = await open();
    const issued = await Promise.all([1, 2, 3, 4].map((job) => book.issue(draft(job))));
    const take = (i: number, count: bigint, cumulativeAmount: bigint, total: bigint) =>
      book.accept(
        accepted([{ to: issued[i]!, acceptance: acceptanceOf(issued[i]!, count, { cumulativeAmount }) }], {
          number: BigInt(i + 1),
          total,
        }),
      );
    expect(take(0, 1n, 2n, 2n)).toEqual(['taken']);
    expect(take(1, 1n, 4n, 4n)).toEqual(['taken']);
    expect(take(2, 5n, 20n, 20n)).toEqual(['taken']);
    expect(take(3, 6n, 21n, 21n)).toEqual(['taken']);
    expect(book.evidence.map((one) => judgeEvidence(one))).toEqual([
      { ok: true, value: 'acceptance-count' },
      { ok: true, value: 'acceptance-total' },
    ]);
    await book.settled();
    expect((await open()).evidence).toEqual(book.evidence);
  });

  test('seals that an agent kept before there were documents are documents now', async () => {
    const signed = (total: bigint) => {
      const { seal, signature } = signer.seal(
        { kind: 3, node: NODE, number: 7n, previous: ZERO_WORD, total, atMs: 1n },
        [ZERO_WORD],
        ROUTER_KEY,
      );
      return { seal, signature };
    };
    const old = {
      kind: 'evidence',
      router: ROUTER,
      domain: PLACEHOLDER_DOMAIN,
      one: signed(1n),
      other: signed(2n),
    } as const;
    writeFileSync(join(folder, 'receipts.log'), encodeLogLine({ seal: 0n, seq: 0n }, encodeRecord(old)));
    expect((await open()).evidence.map((one) => judgeEvidence(one))).toEqual([{ ok: true, value: 'seal-number' }]);
  });

  test('totals that grow, and the same seal told twice, are none', async () => {
    const book = await open();
    const issued = await Promise.all([1, 2, 3].map((job) => book.issue(draft(job))));
    const answers = issued.map((to, i) => ({ to, acceptance: acceptanceOf(to, BigInt(i + 1)) }));
    const pair = accepted(answers.slice(0, 2));
    book.accept({ ...pair, answers: pair.answers.slice(0, 1) });
    book.accept({ ...pair, answers: pair.answers.slice(1) });
    book.accept(accepted(answers.slice(2)));
    expect(book.unacknowledged).toBe(0);
    expect(book.evidence).toEqual([]);
  });

  test('a seal that the router did not sign is none', async () => {
    const book = await open();
    const issued = await Promise.all([1, 2].map((job) => book.issue(draft(job))));
    book.accept(acceptOne(issued[0]!, 1n));
    const forged = accepted([{ to: issued[1]!, acceptance: acceptanceOf(issued[1]!, 1n) }], {
      total: 0n,
      key: NODE_KEY,
    });
    expect(book.accept(forged)).toEqual(['bad-signature']);
    expect(book.evidence).toEqual([]);
  });
});

describe('a router whose key was rotated', () => {
  const nextKey = new Uint8Array(32).fill(11);
  const next = addressOfPrivateKey(nextKey);
  const handover = signHandover(signer, { previous: ROUTER, next, atMs: 1n }, ROUTER_KEY);

  test('is offered what was done for the key before, and answers it with either key', async () => {
    const book = await open();
    const issued = await Promise.all([1, 2].map((job) => book.issue(draft(job, null))));
    book.learnRouter(next, PLACEHOLDER_DOMAIN, [handover]);
    expect(book.takeLate(next)).toHaveLength(2);
    // What the old key had signed is told again as it was.
    expect(book.accept(acceptOne(issued[0]!, 1n))).toEqual(['taken']);
    expect(book.accept(acceptOne(issued[1]!, 2n, nextKey))).toEqual(['taken']);
    expect(book.earned).toMatchObject({ router: next, acceptance: { count: 2n } });
    expect(book.evidence).toEqual([]);
  });

  test('counts on: what the old key signed late is no newer total, and seals of two keys under one number are no evidence', async () => {
    const book = await open();
    const issued = await Promise.all([1, 2].map((job) => book.issue(draft(job, null))));
    book.learnRouter(next, PLACEHOLDER_DOMAIN, [handover]);
    expect(
      book.accept(
        accepted([{ to: issued[1]!, acceptance: acceptanceOf(issued[1]!, 2n) }], { number: 1n, key: nextKey }),
      ),
    ).toEqual(['taken']);
    expect(
      book.accept(accepted([{ to: issued[0]!, acceptance: acceptanceOf(issued[0]!, 1n) }], { number: 1n })),
    ).toEqual(['taken']);
    expect(book.earned).toMatchObject({ router: next, acceptance: { count: 2n } });
    expect(book.evidence).toEqual([]);
  });

  test('is none where the old key has not signed for it: nothing is offered, nothing is believed', async () => {
    const book = await open();
    const issued = await book.issue(draft(1, null));
    const forged = signHandover(signer, { previous: ROUTER, next, atMs: 1n }, nextKey);
    book.learnRouter(next, PLACEHOLDER_DOMAIN, [forged]);
    expect(book.takeLate(next)).toEqual([]);
    expect(book.accept(acceptOne(issued, 1n, nextKey))).toEqual(['bad-signature']);
    expect(book.unacknowledged).toBe(1);
  });
});

test('no second receipt is signed for a ticket that had its answer, over a restart and a rewritten log too', async () => {
  const book = await open();
  const issued = await book.issue(draft(1));
  expect(book.accept(acceptOne(issued, 1n))).toEqual(['taken']);
  expect(book.has(issued.receipt.ticketHash)).toBe(true);
  await book.settled();
  const again = await open();
  expect([again.unacknowledged, again.has(issued.receipt.ticketHash), again.has(draft(2).ticketHash)]).toEqual([
    0,
    true,
    false,
  ]);
});
