// What the books say of a home holds at its hubs from the operator's call on: pools, everyone or not, revoked, its owner disabled.
import { evictDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, test } from 'vitest';
import { NO_WISH } from '../../../schema/placement.ts';
import type { PoolWish } from '../../../schema/placement.ts';
import type { OfferRefusal } from '../../../schema/offer.ts';
import { tellStanding } from '../../routes/tell-standing.ts';
import { makeJobOffer } from '../make-job-offer.ts';
import { faults } from './billing-worker.ts';
import { ask, bookNode, dialHub, joinHub, openHub, ORIGIN, readRecords, waitFor } from './join-hub.ts';
import type { HubStub } from './join-hub.ts';
import { makeNode, makePart } from './make-settlement.ts';

const POOL = 'pool_lab';
const doors = {
  nodeAccount: (nodeId: string) => env.NODE_ACCOUNT.getByName(nodeId),
  hub: (hub: string) => env.HUB.getByName(hub),
};

beforeEach(() => {
  faults.refusePrepare = 0;
  faults.isSilent = false;
});

async function run(sql: string, ...values: string[]): Promise<void> {
  await env.DB.prepare(sql)
    .bind(...values)
    .run();
}

async function enterPool(nodeId: string): Promise<void> {
  await run('INSERT OR IGNORE INTO accounts (id, name, created_at) VALUES (?1, ?1, 1)', 'acct_lab');
  await run("INSERT OR IGNORE INTO pools VALUES (?1, 'lab', 'acct_lab', 1)", POOL);
  await run('INSERT INTO node_pools (node_id, pool_id) VALUES (?, ?)', nodeId, POOL);
}

const leavePool = (nodeId: string): Promise<void> => run('DELETE FROM node_pools WHERE node_id = ?', nodeId);
const revoke = (nodeId: string): Promise<void> =>
  run("UPDATE nodes SET revoked_at = 5, revoked_reason = 'stolen' WHERE id = ?", nodeId);

function askFor(stub: HubStub, pool: PoolWish): Promise<Response> {
  return ask(stub, makeJobOffer({ wish: { ...NO_WISH, pool }, isForced: true }));
}

async function refusalOf(stub: HubStub, pool: PoolWish): Promise<string> {
  const response = await askFor(stub, pool);
  expect(response.status).toBe(409);
  return (await response.json<OfferRefusal>()).code;
}

const LAB = { kind: 'pool', id: POOL } as const;
const PUBLIC = { kind: 'public' } as const;

/** A home in the lab's pool that answers for everyone besides, with two slots. */
async function joinLab(stub: HubStub) {
  const key = crypto.getRandomValues(new Uint8Array(32));
  const nodeId = await bookNode(key);
  await enterPool(nodeId);
  return { key, home: await joinHub(stub, { key, slots: 2 }) };
}

describe('a home that is taken out of a pool', () => {
  test('has no job of that pool from then on, while it works and without a new dial; what runs is finished', async () => {
    const stub = openHub();
    const { home } = await joinLab(stub);
    const running = askFor(stub, LAB);
    const job = await home.nextJob();
    job.head();
    job.say('on');
    await leavePool(home.nodeId);
    await tellStanding(doors, home.nodeId);
    expect(await refusalOf(stub, LAB)).toBe('none');
    job.say(' it goes');
    job.end();
    expect((await readRecords(await running)).at(-1)).toMatchObject({ finish: 'stop' });
    const from = home.heard.length;
    const other = askFor(stub, PUBLIC);
    const next = await home.nextJob(from);
    next.send('refuse', { code: 'busy', message: 'no' }, next.job);
    expect(await (await other).json()).toMatchObject({ code: 'busy', nodeId: home.nodeId });
    expect(home.heard.map(({ name }) => name)).not.toContain('closed');
  });

  test('stays out when it dials anew, at this hub or another, with what it was given while it was in', async () => {
    const stub = openHub();
    const { home, key } = await joinLab(stub);
    await leavePool(home.nodeId);
    await tellStanding(doors, home.nodeId);
    home.close();
    const elsewhere = openHub();
    for (const hub of [stub, elsewhere]) {
      await joinHub(hub, { key, slots: 2 });
      expect(await refusalOf(hub, LAB)).toBe('none');
    }
  });

  test('is out at every hub that it shows itself at, also one that slept', async () => {
    const [stub, other] = [openHub(), openHub()];
    const { home, key } = await joinLab(stub);
    await joinHub(other, { key, slots: 2 });
    await evictDurableObject(other);
    await leavePool(home.nodeId);
    await tellStanding(doors, home.nodeId);
    for (const hub of [stub, other]) expect(await refusalOf(hub, LAB)).toBe('none');
    await evictDurableObject(stub);
    expect(await refusalOf(stub, LAB)).toBe('none');
  });

  test('is not brought back by older news that comes late', async () => {
    const stub = openHub();
    const { home } = await joinLab(stub);
    const { standing: before } = await doors.nodeAccount(home.nodeId).recheck();
    await leavePool(home.nodeId);
    await tellStanding(doors, home.nodeId);
    if (!before) throw new Error('no standing');
    await stub.takeStanding(home.nodeId, before);
    expect(await refusalOf(stub, LAB)).toBe('none');
  });
});

test('a home that no longer answers for everyone has no stranger’s job from then on', async () => {
  const stub = openHub();
  const { home } = await joinLab(stub);
  await run('UPDATE nodes SET is_public = 0 WHERE id = ?', home.nodeId);
  await tellStanding(doors, home.nodeId);
  expect(await refusalOf(stub, PUBLIC)).toBe('none');
  const lab = askFor(stub, LAB);
  const job = await home.nextJob();
  job.head();
  job.say('hi');
  job.end();
  expect((await readRecords(await lab)).at(-1)).toMatchObject({ finish: 'stop' });
});

describe('a home that may not be here', () => {
  test('is told why and closed at each of its hubs, and let in at none', async () => {
    const [stub, other] = [openHub(), openHub()];
    const { home, key } = await joinLab(stub);
    const second = await joinHub(other, { key });
    await revoke(home.nodeId);
    await tellStanding(doors, home.nodeId);
    for (const { heard } of [home, second]) {
      expect((await waitFor(heard, 'error')).json).toMatchObject({
        code: 'node_revoked',
        message: 'stolen',
        isFinal: true,
      });
      await waitFor(heard, 'closed');
    }
    for (const hub of [stub, other, openHub()]) {
      const { heard } = await dialHub(hub, { key });
      expect((await waitFor(heard, 'error')).json).toMatchObject({ code: 'node_revoked', isFinal: true });
      await waitFor(heard, 'closed');
      expect(heard.map(({ name }) => name)).not.toContain('welcome');
    }
  });

  test('is also one whose owner’s account is disabled', async () => {
    const stub = openHub();
    const key = crypto.getRandomValues(new Uint8Array(32));
    const nodeId = await bookNode(key, 'acct_to_disable');
    const { heard } = await joinHub(stub, { key, owner: 'acct_to_disable' });
    await run('UPDATE accounts SET disabled_at = 5 WHERE id = ?', 'acct_to_disable');
    await tellStanding(doors, nodeId);
    expect((await waitFor(heard, 'error')).json).toMatchObject({ code: 'node_revoked', isFinal: true });
    await waitFor(heard, 'closed');
  });

  test('is also one that the books never knew, or lost', async () => {
    const stub = openHub();
    const stranger = await dialHub(stub);
    expect((await waitFor(stranger.heard, 'error')).json).toMatchObject({ code: 'node_unenrolled', isFinal: true });
    const { home } = await joinLab(stub);
    await leavePool(home.nodeId);
    await run('DELETE FROM nodes WHERE id = ?', home.nodeId);
    await tellStanding(doors, home.nodeId);
    await waitFor(home.heard, 'closed');
  });
});

describe('while the books are away', () => {
  test('a home enters by what they said last', async () => {
    const stub = openHub();
    const { home, key } = await joinLab(stub);
    await leavePool(home.nodeId);
    await tellStanding(doors, home.nodeId);
    home.close();
    faults.refusePrepare = 1000;
    await joinHub(stub, { key, slots: 2 });
    expect(await refusalOf(stub, LAB)).toBe('none');
  });

  test('a home enters by what they said last also where they never answer', async () => {
    const stub = openHub();
    const { home, key } = await joinLab(stub);
    home.close();
    faults.isSilent = true;
    const late = doors.nodeAccount(home.nodeId).recheck();
    late.catch(() => undefined);
    await joinHub(stub, { key, slots: 2 });
    expect(await refusalOf(stub, { kind: 'pool', id: 'pool_other' })).toBe('none');
  });

  test('a home that its object has never asked about is told to come back, and comes in then', async () => {
    const stub = openHub();
    const key = crypto.getRandomValues(new Uint8Array(32));
    await bookNode(key);
    faults.refusePrepare = 1000;
    const { heard } = await dialHub(stub, { key });
    const { json } = await waitFor(heard, 'error');
    expect(json).toMatchObject({ code: 'books_away' });
    expect((json as { retryMs: number }).retryMs).toBeGreaterThan(0);
    await waitFor(heard, 'closed');
    faults.refusePrepare = 0;
    await joinHub(stub, { key });
  });

  test('a change that cannot be told is refused to the operator, and told by the same call later', async () => {
    const stub = openHub();
    const { home } = await joinLab(stub);
    await leavePool(home.nodeId);
    faults.refusePrepare = 1000;
    await expect(tellStanding(doors, home.nodeId)).rejects.toThrow(/D1 is away/);
    faults.refusePrepare = 0;
    await tellStanding(doors, home.nodeId);
    expect(await refusalOf(stub, LAB)).toBe('none');
  });
});

describe('a hello', () => {
  async function refusalOfHello(said: object, shown: object = {}): Promise<unknown> {
    const key = crypto.getRandomValues(new Uint8Array(32));
    await bookNode(key);
    const { heard } = await dialHub(openHub(), { key, said, shown });
    const { json } = await waitFor(heard, 'error');
    await waitFor(heard, 'closed');
    expect(heard.map(({ name }) => name)).not.toContain('welcome');
    return json;
  }

  test('that was signed for another router is refused, whatever origin is shown with it', async () => {
    const evil = { origin: 'https://evil.example' };
    const refused = await refusalOfHello(evil);
    expect(refused).toMatchObject({ code: 'other-origin', isFinal: true });
    expect((refused as { message: string }).message).toContain(ORIGIN);
    expect(await refusalOfHello(evil, { origin: ORIGIN })).toMatchObject({ code: 'bad-hello' });
    expect(await refusalOfHello({}, { origin: undefined })).toMatchObject({ code: 'other-origin' });
  });

  test('of an agent of another version is told which one is to be updated', async () => {
    const old = await refusalOfHello({ protocol: 1 }, { origin: undefined });
    expect(old).toMatchObject({ code: 'protocol-version', isFinal: true });
    expect((old as { message: string }).message).toMatch(/version 1 .*this router 3: update the agent/);
    const newer = await refusalOfHello({ protocol: 4 });
    expect(newer).toMatchObject({ code: 'protocol-version' });
    expect((newer as { message: string }).message).toContain('this router is older than the agent');
  });
});

test('a home is told the highest of its receipts that the router has', async () => {
  const stub = openHub();
  const node = makeNode('told-its-chain');
  await bookNode(node.key);
  const first = await joinHub(stub, { key: node.key });
  expect((await waitFor(first.heard, 'welcome')).json).toMatchObject({ lastReceipt: null });
  first.close();
  const account = doors.nodeAccount(node.id);
  const parts = [2n, 1n, 2n].map((seq) => makePart(node, { receipt: { seq } }).withReceipt);
  for (const part of parts) await account.accept(part);
  await evictDurableObject(account);
  const again = await joinHub(stub, { key: node.key });
  const { receipt, receiptSignature: signature } = parts[0] ?? {};
  expect((await waitFor(again.heard, 'welcome')).json).toMatchObject({ lastReceipt: { receipt, signature } });
});

test('weights that are taken off the catalogue are granted no more at once, and again when they are back', async () => {
  const stub = openHub();
  const home = await joinHub(stub);
  await stub.refresh({ model: 'm', digests: [] });
  expect(await refusalOf(stub, PUBLIC)).toBe('none');
  await stub.refresh({ model: 'm', digests: ['a'.repeat(64)] });
  const asked = askFor(stub, PUBLIC);
  const job = await home.nextJob();
  job.send('refuse', { code: 'busy', message: 'no' }, job.job);
  expect(await (await asked).json()).toMatchObject({ code: 'busy', nodeId: home.nodeId });
});
