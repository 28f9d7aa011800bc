// Roots on their way to a chain: each thing that can happen to one, by itself.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Hex } from '../../schema/bytes.ts';
import { encodePost, signEpochRoot } from '../../schema/chain-abi.ts';
import { DOMAIN, FIRST, GAS_ADDRESS, publishedOf, rootKey, STRANGER, World } from '../test/workerd/posting-world.ts';
import { FakeStorage } from '../test/workerd/sqlite-objects.ts';
import { RESEND_MS, STUCK_BLOCKS } from './decide-post.ts';
import { EpochPosting } from './epoch-posting.ts';
import { PostLog } from './post-log.ts';

let world: World;

beforeEach(() => void (world = new World()));
afterEach(() => void vi.unstubAllGlobals());

test('a root is signed, written down, sent once, made final when its window is over, and final for good when that lies deep', async () => {
  await expect(world.tick()).resolves.toEqual({ do: 'wait', why: 'in-flight' });
  expect(world.tell(FIRST)).toMatchObject({ state: 'sent', tx: world.sent[0]?.sent.hash, finalAt: null });
  await world.pass(1);
  const until = (world.chain.top.seconds + 50) * 1000;
  await expect(world.tick()).resolves.toEqual({ do: 'wait', why: 'in-window', until });
  expect(world.tell(FIRST)).toMatchObject({ state: 'sent', finalAt: until / 1000 });
  await world.pass(5);
  await expect(world.tick()).resolves.toEqual({ do: 'wait', why: 'in-flight' });
  await world.pass(1);
  await expect(world.tick()).resolves.toEqual({ do: 'wait', why: 'not-deep' });
  await world.pass(5);
  await expect(world.tick()).resolves.toEqual({ do: 'wait', why: 'nothing' });
  expect(world.tell(FIRST)).toEqual({
    epoch: FIRST,
    state: 'final',
    tx: world.sent[0]?.sent.hash,
    finalAt: until / 1000,
  });
  expect(world.sent.map(({ kind }) => kind)).toEqual(['post', 'finalise']);
  expect(world.chain.posted.get(FIRST)).toMatchObject({ root: publishedOf(FIRST).root });
});

test('a root that is due is made final by the next, where there is one', async () => {
  await world.tick();
  await world.pass(6);
  world.newest = FIRST + 1;
  await world.tick();
  await world.pass(1);
  expect(world.sent.map(({ kind }) => kind)).toEqual(['post', 'post']);
  expect(world.chain.top.state).toMatchObject({ last: { epoch: FIRST }, pending: { epoch: FIRST + 1 } });
});

test('a file that says what the last one said is not posted', async () => {
  await world.settle();
  world.newest = FIRST + 10;
  await world.pass(60);
  world.spoiled = publishedOf(FIRST).root;
  await world.settle();
  expect(world.stateOf(FIRST + 10)).toBe('passed-over');
  expect(world.sent.map(({ kind }) => kind)).toEqual(['post', 'finalise']);
});

test('a root that an acceptance may contradict is never signed, and the next holds all of it', async () => {
  world.unsigned = FIRST;
  await world.settle();
  expect(world.sent).toHaveLength(0);
  expect(world.stateOf(FIRST)).toBe('not-signed');
  world.newest = FIRST + 10;
  await world.settle();
  expect([...world.chain.posted.keys()]).toEqual([FIRST + 10]);
  expect(world.stateOf(FIRST + 10)).toBe('final');
});

test('while it is challenged nothing is sent; void it ends, and the next one pays', async () => {
  await world.tick();
  await world.pass(1);
  world.chain.change({ open: 1 });
  await world.pass(10);
  await expect(world.tick()).resolves.toEqual({ do: 'wait', why: 'challenged' });
  world.chain.change('void');
  await expect(world.tick()).resolves.toEqual({ do: 'wait', why: 'not-deep' });
  world.newest = FIRST + 2;
  // The next goes at once: by the time that it lies deep the contract names the void one no more.
  await world.tick();
  await world.pass(1);
  await world.settle();
  expect([world.stateOf(FIRST), world.stateOf(FIRST + 2)]).toEqual(['void', 'final']);
});

test('a chain that is away is waited for', async () => {
  world.isAway = true;
  await expect(world.tick()).resolves.toEqual({ do: 'wait', why: 'chain-away' });
  world.isAway = false;
  await world.tick();
  expect(world.sent).toHaveLength(1);
});

test('an answer that was lost is unknown: the same bytes go again, and once it is seen on the chain nothing more', async () => {
  world.lost = 'arrives';
  await world.tick();
  await world.pass(1);
  await world.tick();
  expect(world.sent).toHaveLength(1);
});

test('what never arrived is sent again as it is', async () => {
  world.lost = 'is-gone';
  await world.tick();
  world.lost = null;
  await expect(world.tick()).resolves.toEqual({ do: 'wait', why: 'in-flight' });
  expect(world.sent).toHaveLength(1);
  world.now += RESEND_MS;
  await world.tick();
  expect(new Set(world.sent.map(({ sent }) => sent.raw)).size).toBe(1);
  await world.pass(1);
  expect(world.chain.posted.size).toBe(1);
});

test('what is stuck is replaced: the same nonce, the same root, a fee that is clearly higher', async () => {
  await world.tick();
  world.chain.baseFee *= 10n;
  await world.pass(STUCK_BLOCKS);
  await world.tick();
  const [first, second] = world.sent;
  expect(second?.sent.nonce).toBe(first?.sent.nonce);
  expect(second?.data).toBe(first?.data);
  expect(second!.sent.maxFee * 4n).toBeGreaterThanOrEqual(first!.sent.maxFee * 5n);
  await world.pass(1);
  expect(world.chain.posted.size).toBe(1);
  expect(world.chain.countOf(GAS_ADDRESS)).toBe(1);
});

test.each([true, false])(
  'a root that a reorg of 3 took away is posted again by its own nonce (it waits again: %s)',
  async (isKept) => {
    await world.tick();
    await world.pass(1);
    await world.pass(2);
    world.chain.reorganise(3, isKept);
    expect(world.chain.posted.size).toBe(0);
    world.now += RESEND_MS;
    await world.tick();
    await world.pass(1);
    expect(world.chain.posted.size).toBe(1);
    expect(new Set(world.sent.map(({ sent }) => sent.nonce))).toEqual(new Set([0]));
  },
);

test('a nonce that the gas key used otherwise, and that a reorg gave back, is filled by the same root', async () => {
  world.spend(false);
  await world.pass(1);
  await world.tick();
  await world.pass(1);
  world.chain.reorganise(2, false);
  await expect(world.tick()).resolves.toEqual({ do: 'wait', why: 'retry' });
  world.now += 2 * RESEND_MS;
  await world.tick();
  expect(world.sent.map(({ sent }) => sent.nonce)).toEqual([1, 0]);
  expect(world.sent[1]?.data).toBe(world.sent[0]?.data);
  await world.settle();
  expect(world.stateOf(FIRST)).toBe('final');
});

test('where somebody else has posted it too, its root stands once, and the nonce is used up', async () => {
  world.lost = 'is-gone';
  await world.tick();
  world.copy();
  world.lost = null;
  await world.pass(1);
  await world.settle();
  expect(world.chain.posted.size).toBe(1);
  expect(world.stateOf(FIRST)).toBe('final');
});

test('one whose journal is gone signs the same message to the byte', async () => {
  await world.tick();
  world.storage = new FakeStorage();
  world.chain.waiting = [];
  world.posting = world.open();
  world.now += 3 * 3_600_000;
  await world.tick();
  expect(world.sent).toHaveLength(2);
  expect(world.sent[1]?.data).toBe(world.sent[0]?.data);
});

test('another file for an epoch is refused', async () => {
  await world.tick();
  world.spoiled = `0x${'ee'.repeat(32)}`;
  await expect(world.posting.tick()).rejects.toThrow('gets no other');
});

test('of epochs that were closed while the chain was away only the newest is posted', async () => {
  world.isAway = true;
  await world.tick();
  for (const epoch of [FIRST + 1, FIRST + 2]) {
    world.newest = epoch;
    await world.pass(5);
    await world.tick();
  }
  world.isAway = false;
  await world.settle();
  expect([...world.chain.posted.keys()]).toEqual([FIRST + 2]);
  expect([FIRST, FIRST + 1, FIRST + 2].map((epoch) => world.stateOf(epoch))).toEqual([
    'passed-over',
    'passed-over',
    'final',
  ]);
});

test('one that does not fit yet is refused by the contract and waits, without a nonce', async () => {
  world.newest = FIRST + 50;
  await expect(world.tick()).resolves.toMatchObject({ why: 'refused' });
  expect(world.sent).toHaveLength(0);
});

test('a node that once counts what nobody sent costs no gas: what waits for numbers that never come is not sent again and again', async () => {
  world.lie = (method, [, tag]) => (method === 'eth_getTransactionCount' && tag === 'pending' ? '0x40' : undefined);
  await world.tick();
  world.lie = null;
  await world.pass(3);
  await world.settle();
  expect(world.stateOf(FIRST)).toBe('final');
  expect(world.chain.reverts).toBe(0);
  expect(world.chain.countOf(GAS_ADDRESS)).toBe(2);
});

test.each(['0x0', '0x1', '0xffffffffffff'])('gas of %s is none that a root takes: it is asked again', async (gas) => {
  world.lie = (method) => (method === 'eth_estimateGas' ? gas : undefined);
  await expect(world.tick()).resolves.toEqual({ do: 'wait', why: 'chain-away' });
  expect(world.sent).toHaveLength(0);
  world.lie = null;
  await world.settle();
  expect(world.stateOf(FIRST)).toBe('final');
});

describe('it stops, and sends nothing more', () => {
  test('on a chain that is not on the list of test networks', async () => {
    world.chain.chainId = 1;
    await expect(world.tick()).resolves.toEqual({ do: 'stop', why: 'not-a-test-chain' });
    expect(world.sent).toHaveLength(0);
  });

  test('on another test chain than its own', async () => {
    world.chain.chainId = 84_532;
    await expect(world.tick()).resolves.toEqual({ do: 'stop', why: 'another-chain' });
  });

  test('on a chain that began anew', async () => {
    await world.settle();
    const blocks = world.chain.blocks.length;
    world.chain.reorganise(blocks, false);
    world.newest = FIRST + 20;
    await expect(world.tick()).resolves.toMatchObject({ why: 'chain-replaced' });
  });

  test('where what waits to be final was never published here, whatever the journal remembers', async () => {
    await world.settle();
    world.newest = FIRST + 20;
    await world.pass(120);
    const { isSignable: _, ...root } = publishedOf(FIRST + 15);
    const stolen = { ...root, root: `0x${'ab'.repeat(32)}` as Hex };
    const data = encodePost(stolen, signEpochRoot(DOMAIN, stolen, rootKey));
    world.chain.take({ hash: '0x01', raw: '0x', from: STRANGER, nonce: 0, maxFee: 10n ** 12n, data });
    await world.pass(1);
    await expect(world.tick()).resolves.toEqual({ do: 'wait', why: 'another-root-seen' });
    await world.pass(9);
    await expect(world.tick()).resolves.toEqual({ do: 'stop', why: 'another-root' });
    expect(world.sent.map(({ kind }) => kind)).toEqual(['post', 'finalise']);
  });

  test('where the root key has signed another root', async () => {
    const { isSignable: _, ...published } = publishedOf(FIRST);
    const root = { ...published, root: `0x${'ab'.repeat(32)}` as Hex };
    const data = encodePost(root, signEpochRoot(DOMAIN, root, rootKey));
    world.chain.take({ hash: '0x01', raw: '0x', from: STRANGER, nonce: 0, maxFee: 10n ** 12n, data });
    await world.pass(1);
    await expect(world.tick()).resolves.toEqual({ do: 'wait', why: 'another-root-seen' });
    await world.pass(5);
    await expect(world.tick()).resolves.toEqual({ do: 'stop', why: 'another-root' });
    expect(world.sent).toHaveLength(0);
  });
});

test('one key cannot be both, and no chain with value is taken', () => {
  const log = new PostLog(world.storage.open() as DurableObjectStorage);
  const doors = world.doors();
  expect(() => new EpochPosting(log, { ...doors, gasKey: rootKey })).toThrow('must be two');
  const mainnet = { ...DOMAIN, chainId: 1 };
  expect(() => new EpochPosting(log, { ...doors, domain: mainnet })).toThrow('not on the list of test networks');
});
