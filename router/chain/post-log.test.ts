// The journal of posts, over real SQLite: what it refuses whoever asks, and what it lets go of.
import { beforeEach, expect, test } from 'vitest';
import type { Hex } from '../../schema/bytes.ts';
import { FakeStorage } from '../test/workerd/sqlite-objects.ts';
import type { SentPost } from './decide-post.ts';
import { PostLog } from './post-log.ts';

const wordOf = (number: number): Hex => `0x${number.toString(16).padStart(64, '0')}`;
const rootOf = (epoch: number) => ({ epoch, root: wordOf(epoch), fileHash: wordOf(1), total: 5n, deadline: 9 });
const sentOf = (epoch: number, nonce: number): SentPost => {
  const fees = { maxFee: 2n ** 70n, tip: 1n, gas: 3n };
  return { epoch, nonce, hash: wordOf(1000 * epoch + nonce), raw: '0x02', ...fees, block: 4, at: 5, sentAt: 6 };
};

let log: PostLog;

beforeEach(() => void (log = new PostLog(new FakeStorage().open() as DurableObjectStorage)));

test('what is written down is read as it was', () => {
  log.add(rootOf(7));
  log.keep(sentOf(7, 0));
  const posts = [{ signed: rootOf(7), signature: null, end: null }];
  expect(log.read()).toEqual({ posts, sent: [sentOf(7, 0)], anchor: null });
});

test('an epoch has one root, one file, one total and one signature', () => {
  log.add(rootOf(7));
  log.add(rootOf(7));
  for (const other of [{ root: wordOf(8) }, { fileHash: wordOf(2) }, { total: 6n }])
    expect(() => log.add({ ...rootOf(7), ...other })).toThrow('gets no other');
  log.sign(7, '0x01');
  log.sign(7, '0x02');
  expect(log.read().posts).toEqual([{ signed: rootOf(7), signature: '0x01', end: null }]);
});

test('no epoch is added before one that is known', () => {
  log.add(rootOf(7));
  log.add(rootOf(6));
  expect(log.read().posts).toHaveLength(1);
});

test('a nonce is one epoch’s, however often it is sent', () => {
  log.keep(sentOf(7, 3));
  log.keep({ ...sentOf(7, 3), hash: wordOf(1) });
  expect(() => log.keep(sentOf(8, 3))).toThrow("the nonce 3 is another epoch's and not 8's");
  expect(log.read().sent).toHaveLength(2);
});

test('what an epoch ended as stays', () => {
  log.add(rootOf(7));
  log.end(7, 'final');
  log.end(7, 'void');
  expect(log.read().posts[0]?.end).toBe('final');
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

test('epochs that ended are let go of behind the newest, those that have not are kept', () => {
  for (let epoch = 1; epoch <= 40; epoch++) log.add(rootOf(epoch));
  for (let epoch = 2; epoch <= 40; epoch++) log.end(epoch, 'final');
  log.settle({ number: 9, hash: wordOf(9) }, 0);
  const kept = log.read().posts.map(({ signed }) => signed.epoch);
  expect(kept).toEqual([1, ...Array.from({ length: 32 }, (_, i) => 9 + i)]);
});

test('the chain is known by its newest deep block', () => {
  log.settle({ number: 9, hash: wordOf(9) }, 0);
  log.settle({ number: 8, hash: wordOf(8) }, 0);
  expect(log.read().anchor).toEqual({ number: 9, hash: wordOf(9) });
});
