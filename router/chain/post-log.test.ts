// The journal of posts, over real SQLite: what it refuses whoever asks, and what it lets go of.
import { beforeEach, expect, test } from 'vitest';
import type { Hex } from '../../schema/bytes.ts';
import { FakeStorage } from '../test/workerd/sqlite-objects.ts';
import type { SentPost } from './decide-post.ts';
import { PostLog } from './post-log.ts';

const wordOf = (number: number): Hex => `0x${number.toString(16).padStart(64, '0')}`;
const rootOf = (epoch: number) => ({ epoch, root: wordOf(epoch), fileHash: wordOf(1), total: 5n });
const sentOf = (epoch: number, nonce: number): SentPost => {
  const fees = { maxFee: 2n ** 70n, tip: 1n, gas: 3n };
  const call = { epoch, kind: 'post', data: wordOf(epoch), nonce } as const;
  return { ...call, hash: wordOf(1000 * epoch + nonce), raw: '0x02', ...fees, block: 4, at: 5, sentAt: 6 };
};

let log: PostLog;

beforeEach(() => void (log = new PostLog(new FakeStorage().open() as DurableObjectStorage)));

test('what is written down is read as it was', () => {
  log.add(rootOf(7));
  log.keep(sentOf(7, 0));
  const posts = [{ signed: rootOf(7), signature: null, seen: null, end: null }];
  expect(log.read()).toEqual({ posts, sent: [sentOf(7, 0)], anchor: null });
});

test('an epoch has one root, one file, one total and one signature', () => {
  log.add(rootOf(7));
  log.add(rootOf(7));
  for (const other of [{ root: wordOf(8) }, { fileHash: wordOf(2) }, { total: 6n }])
    expect(() => log.add({ ...rootOf(7), ...other })).toThrow('gets no other');
  log.sign(7, '0x01');
  log.sign(7, '0x02');
  expect(log.read().posts).toEqual([{ signed: rootOf(7), signature: '0x01', seen: null, end: null }]);
});

test('no epoch is added before one that is known', () => {
  log.add(rootOf(7));
  log.add(rootOf(6));
  expect(log.read().posts).toHaveLength(1);
});

test('a nonce is one call’s, however often it is sent', () => {
  log.keep(sentOf(7, 3));
  log.keep({ ...sentOf(7, 3), hash: wordOf(1) });
  expect(() => log.keep(sentOf(8, 3))).toThrow("the nonce 3 is another call's and not that of epoch 8");
  expect(log.read().sent).toHaveLength(2);
});

test('what an epoch ended as stays', () => {
  log.add(rootOf(7));
  log.end(7, 'final');
  log.end(7, 'void');
  expect(log.find(7)?.end).toBe('final');
  expect(log.read().posts).toEqual([]);
});

test('transactions are let go of once their epoch has ended and their nonce is used for ever, and not before', () => {
  log.add(rootOf(7));
  log.keep(sentOf(7, 0));
  log.keep(sentOf(7, 1));
  log.settle({ number: 9, hash: wordOf(9) }, 1);
  expect(log.read().sent).toHaveLength(2);
  log.end(7, 'final');
  log.settle({ number: 9, hash: wordOf(9) }, 1);
  expect(log.read().sent.map(({ nonce }) => nonce)).toEqual([1]);
});

test('epochs that ended are let go of behind the newest thousand, those that have not are kept', () => {
  for (let epoch = 1; epoch <= 1005; epoch++) {
    log.add(rootOf(epoch));
    if (epoch > 1) log.end(epoch, 'final');
  }
  log.settle({ number: 9, hash: wordOf(9) }, 0);
  expect([1, 2, 5, 6, 1005].map((epoch) => log.find(epoch)?.end)).toEqual([
    null,
    undefined,
    undefined,
    'final',
    'final',
  ]);
});

test('anyone is told how far an epoch is, where it was posted, and when it can be final', () => {
  log.add(rootOf(7));
  expect(log.tell(0, 9)).toEqual([{ epoch: 7, state: 'published', tx: null, finalAt: null }]);
  log.sign(7, '0x01');
  log.keep(sentOf(7, 0));
  log.see(7, { is: 'pending', finalAt: 60 });
  expect(log.tell(7, 7)).toEqual([{ epoch: 7, state: 'sent', tx: wordOf(7000), finalAt: 60 }]);
  log.see(7, { is: 'final', finalAt: null });
  log.end(7, 'final', wordOf(3));
  log.add(rootOf(8), 'not-signed');
  expect(log.tell(7, 8)).toEqual([
    { epoch: 7, state: 'final', tx: wordOf(3), finalAt: 60 },
    { epoch: 8, state: 'not-signed', tx: null, finalAt: null },
  ]);
  expect(log.tell(9, 20)).toEqual([]);
});

test('the chain is known by its newest deep block', () => {
  log.settle({ number: 9, hash: wordOf(9) }, 0);
  log.settle({ number: 8, hash: wordOf(8) }, 0);
  expect(log.read().anchor).toEqual({ number: 9, hash: wordOf(9) });
});
