// One suite, two stores behind the REST bridge: the embedded default, and a real redis-server where this machine has one.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { PresenceRow, PresenceSummary } from '../../schema/presence.ts';
import { PRESENCE_TTL_MS, packRow, rowKey, summaryKey } from '../../schema/presence.ts';
import { embeddedExecutor, redisExecutor } from '../local/redis-executor.ts';
import { makePresenceCache } from '../placement/presence-cache.ts';
import type { KnownHubs } from '../placement/presence-memory.ts';
import { openPresence } from '../placement/presence.ts';
import type { Presence } from '../placement/presence.ts';
import { HAS_REDIS, TOKEN, startEmbedded, startReal } from './presence-stores.ts';
import type { Store } from './presence-stores.ts';

const NOW = Date.now();
/** Stands in the title of what is skipped, so that the run says why. */
const WITHOUT_REDIS = HAS_REDIS ? '' : ' (skipped: no redis-server here; on Debian: apt-get install redis-server)';

function rowOf(node: string, change: Partial<PresenceRow> = {}): PresenceRow {
  const place = { lat: 48.9, lon: 2.4, country: 'FR' };
  const facts = {
    owner: 'acct_owner',
    pools: ['public'],
    slots: 2,
    rttMs: 20,
    loadMs: 0,
    promptTokensPerS: 900.5,
    decodeTokensPerS: 61.2,
    contextTokens: 8192,
    digest: 'sha256:ab',
    quantisation: 'q4_k_m',
  };
  return {
    node,
    hub: 'weur.0',
    ...place,
    ...facts,
    priceIn: 10,
    priceOut: 30,
    serves: [],
    contexts: [],
    cans: [],
    untilAt: NOW + PRESENCE_TTL_MS,
    ...change,
  };
}

function summaryOf(hub: string, change: Partial<PresenceSummary> = {}): PresenceSummary {
  return {
    hub,
    lat: 48.9,
    lon: 2.4,
    radiusKm: 12,
    free: 2,
    slots: 2,
    classes: { '2.20.12': [2, 2] },
    untilAt: NOW + PRESENCE_TTL_MS,
    ...change,
  };
}

const join1 = { modelKey: 'nano', area: 'weur', hub: 'weur.0', goneNodes: [] as string[] };

const stores = [
  { name: 'the embedded store', start: startEmbedded, isHere: true },
  { name: `a real redis-server${WITHOUT_REDIS}`, start: startReal, isHere: HAS_REDIS },
];

for (const { name, start, isHere } of stores)
  describe.skipIf(!isHere)(`presence on ${name}`, () => {
    let store: Store;
    let presence: Presence;

    beforeAll(async () => {
      store = await start();
      // Writes of a busy machine are not to come late, into the next test.
      presence = openPresence({ url: store.bridge.url, token: TOKEN, timeoutMs: 20_000 });
    });
    afterAll(async () => store.stop());
    beforeEach(async () => {
      await send(['FLUSHDB']);
    });

    async function send(command: readonly (string | number)[]): Promise<{ result?: unknown; error?: string }> {
      const headers = { authorization: `Bearer ${TOKEN}` };
      const response = await fetch(store.bridge.url, { method: 'POST', headers, body: JSON.stringify(command) });
      return (await response.json()) as { result?: unknown; error?: string };
    }

    async function read(modelKey = 'nano') {
      const answer = await presence.read({ modelKey, areas: ['weur'], hubs: ['weur.0', 'weur.1'] }, NOW);
      if (!answer.ok) throw new Error(answer.error.detail);
      const { summaries, rows } = answer.value;
      return {
        summaries: summaries.get('weur') ?? [],
        rows0: rows.get('weur.0') ?? [],
        rows1: rows.get('weur.1') ?? [],
      };
    }

    test('what a hub wrote is read back whole, in the keys of the design', async () => {
      const row = rowOf('node_a', { serves: ['llama-*', 'qwen'], contexts: [8192, 4096] });
      expect(await presence.write([{ ...join1, rows: [row], summary: summaryOf('weur.0') }])).toEqual({
        ok: true,
        value: null,
      });
      expect(await read()).toEqual({ summaries: [summaryOf('weur.0')], rows0: [row], rows1: [] });
      expect(await send(['EXISTS', 'presence:nano:weur', 'presence:nano:weur.0'])).toEqual({ result: 2 });
      expect(await presence.readNear({ modelKey: 'nano', areas: ['weur', 'apac'] }, NOW)).toEqual({
        ok: true,
        value: [summaryOf('weur.0')],
      });
      expect(await presence.readHubs({ modelKey: 'nano', hubs: ['weur.0'] }, NOW)).toEqual({ ok: true, value: [row] });
    });

    test('a model or hub that nobody wrote reads as empty, and asking for nothing sends nothing', async () => {
      expect(await read('never')).toEqual({ summaries: [], rows0: [], rows1: [] });
      const nothing = await presence.read({ modelKey: 'nano', areas: [], hubs: [] }, NOW);
      expect(nothing).toEqual({ ok: true, value: { summaries: new Map(), rows: new Map() } });
      expect(await presence.write([])).toEqual({ ok: true, value: null });
    });

    test('each write gives both keys 13 hours from now', async () => {
      await presence.write([{ ...join1, rows: [rowOf('node_a')], summary: summaryOf('weur.0') }]);
      for (const key of [rowKey('nano', 'weur.0'), summaryKey('nano', 'weur')]) {
        await send(['EXPIRE', key, 5]);
        expect(await send(['TTL', key])).toEqual({ result: 5 });
      }
      await presence.write([{ ...join1, rows: [rowOf('node_a')], summary: summaryOf('weur.0') }]);
      for (const key of [rowKey('nano', 'weur.0'), summaryKey('nano', 'weur')]) {
        expect((await send(['TTL', key])).result).toBeGreaterThan(PRESENCE_TTL_MS / 1000 - 60);
      }
    });

    test('a key that expired reads as empty', async () => {
      await presence.write([{ ...join1, rows: [rowOf('node_a')], summary: summaryOf('weur.0') }]);
      await send(['PEXPIRE', rowKey('nano', 'weur.0'), 1]);
      await expect.poll(async () => (await read()).rows0).toEqual([]);
      expect((await read()).summaries).toHaveLength(1);
    });

    test('two hubs of one area that write at once never overwrite each other', async () => {
      const writes = Array.from({ length: 20 }, async (_, at) => {
        const hub = `weur.${at % 2}`;
        const rows = [rowOf(`node_${at}`, { hub })];
        return presence.write([{ ...join1, hub, rows, summary: summaryOf(hub, { slots: 20 }) }]);
      });
      await Promise.all(writes);
      const { summaries, rows0, rows1 } = await read();
      expect(summaries.map((each) => each.hub).toSorted()).toEqual(['weur.0', 'weur.1']);
      expect([rows0.length, rows1.length]).toEqual([10, 10]);
    });

    test('a home that leaves is removed and its neighbours stay; a hub that leaves takes its rows along', async () => {
      const other = {
        ...join1,
        hub: 'weur.1',
        rows: [rowOf('node_c', { hub: 'weur.1' })],
        summary: summaryOf('weur.1'),
      };
      await presence.write([
        { ...join1, rows: [rowOf('node_a'), rowOf('node_b')], summary: summaryOf('weur.0') },
        other,
      ]);
      await presence.write([{ ...join1, rows: [], goneNodes: ['node_a'], summary: summaryOf('weur.0', { slots: 1 }) }]);
      expect((await read()).rows0.map((row) => row.node)).toEqual(['node_b']);
      await presence.write([{ ...join1, rows: [], summary: null }]);
      expect(await read()).toEqual({ summaries: [summaryOf('weur.1')], rows0: [], rows1: other.rows });
    });

    test('a row or summary past its time is dropped by the reader', async () => {
      const rows = [rowOf('node_old', { untilAt: NOW }), rowOf('node_new', { untilAt: NOW + 1 })];
      await presence.write([{ ...join1, rows, summary: summaryOf('weur.0', { untilAt: NOW - 1 }) }]);
      const answer = await read();
      expect(answer.rows0.map((row) => row.node)).toEqual(['node_new']);
      expect(answer.summaries).toEqual([]);
    });

    test('garbled and newer fields are left out, the rest is read', async () => {
      await presence.write([{ ...join1, rows: [rowOf('node_a')], summary: summaryOf('weur.0') }]);
      const garbled = [
        '',
        'null',
        '{',
        '42',
        '"text"',
        '[]',
        '[2,"newer"]',
        packRow(rowOf('x')).replace('48.9', '"48.9"'),
        '\u0000',
      ];
      for (const [at, text] of garbled.entries()) await send(['HSET', rowKey('nano', 'weur.0'), `bad_${at}`, text]);
      await send(['HSET', summaryKey('nano', 'weur'), '__proto__', '{}', 'weur.9', 'x']);
      const answer = await read();
      expect(answer.rows0.map((row) => row.node)).toEqual(['node_a']);
      expect(answer.summaries).toHaveLength(1);
    });

    test('names of any script and numbers that look like text survive', async () => {
      const names = ['囲炉裏', '🏠-🔥', 'ünï\n"quoted"\\', '007', '1e5', '__proto__', 'true'];
      const rows = names.map((node) => rowOf(node, { serves: [node] }));
      await presence.write([{ ...join1, modelKey: '~acct_é', rows, summary: summaryOf('weur.0') }]);
      const answer = await read('~acct_é');
      expect(answer.rows0.map((row) => row.node).toSorted()).toEqual(names.toSorted());
      expect(answer.rows0.every((row) => row.serves[0] === row.node)).toBe(true);
    });

    test('a hub of 1,500 homes is written and read in one trip each', async () => {
      const rows = Array.from({ length: 1_500 }, (_, at) => rowOf(`node_${at}`));
      await presence.write([{ ...join1, rows, summary: summaryOf('weur.0') }]);
      expect((await read()).rows0).toHaveLength(1_500);
    });

    test('sweep removes what a hub that died left behind, and only that', async () => {
      const longAgo = NOW - PRESENCE_TTL_MS;
      await presence.write([{ ...join1, hub: 'weur.1', rows: [], summary: summaryOf('weur.1', { untilAt: longAgo }) }]);
      await presence.write([{ ...join1, rows: [], summary: summaryOf('weur.0') }]);
      expect(await presence.sweep({ modelKey: 'nano', area: 'weur' }, NOW)).toEqual({ ok: true, value: 1 });
      expect(await send(['HLEN', summaryKey('nano', 'weur')])).toEqual({ result: 1 });
      expect(await presence.sweep({ modelKey: 'nano', area: 'weur' }, NOW)).toEqual({ ok: true, value: 0 });
    });

    test('a wrong token is refused and reads as away, with the reason', async () => {
      const stranger = openPresence({ url: store.bridge.url, token: 'wrong' });
      const answer = await stranger.read({ modelKey: 'nano', areas: ['weur'], hubs: [] }, NOW);
      expect(answer).toMatchObject({
        ok: false,
        error: { code: 'presence-away', detail: expect.stringContaining('WRONGPASS') },
      });
      expect(await stranger.ping()).toBe(false);
      expect(await presence.ping()).toBe(true);
    });

    test('an unknown command is an error of that command alone', async () => {
      expect((await send(['NOSUCH', 'a'])).error).toMatch(/^ERR unknown command/);
      const headers = { authorization: `Bearer ${TOKEN}`, 'upstash-encoding': 'base64' };
      const body = JSON.stringify([['HSET', 'k', 'f', 'é'], ['NOSUCH'], ['HGET', 'k', 'f'], ['FLUSHDB']]);
      const response = await fetch(`${store.bridge.url}/pipeline`, { method: 'POST', headers, body });
      expect(await response.json()).toEqual([
        { result: 1 },
        { error: expect.stringMatching(/^ERR unknown command/) },
        { result: 'w6k=' },
        { result: 'OK' },
      ]);
    });

    test('commands of /multi-exec answer in order', async () => {
      const headers = { authorization: `Bearer ${TOKEN}` };
      const body = JSON.stringify([
        ['HSET', 'k', 'f', 1],
        ['HGETALL', 'k'],
        ['DEL', 'k'],
      ]);
      const response = await fetch(`${store.bridge.url}/multi-exec`, { method: 'POST', headers, body });
      expect(await response.json()).toEqual([{ result: 1 }, { result: ['f', '1'] }, { result: 1 }]);
    });

    test.each([
      ['GET', '/', undefined, 405],
      ['POST', '/nowhere', '["PING"]', 404],
      ['POST', '/', 'no json', 400],
      ['POST', '/', '{"a":1}', 400],
      ['POST', '/pipeline', '["PING"]', 400],
    ])('the bridge refuses %s %s %s with %i', async (method, path, body, status) => {
      const headers = { authorization: `Bearer ${TOKEN}` };
      const response = await fetch(`${store.bridge.url}${path}`, {
        method,
        headers,
        ...(body === undefined ? {} : { body }),
      });
      expect(response.status).toBe(status);
      expect(await response.json()).toEqual({ error: expect.stringMatching(/^ERR /) });
    });

    test('a store killed between two reads: an error, then older copies, then itself again', async () => {
      let nowAt = NOW;
      const cache = makePresenceCache(() => nowAt);
      const look = {
        modelKey: 'nano',
        areas: ['weur'],
        chooseHubs: (known: KnownHubs) => known.all().map((each) => each.hub),
      };
      const change = { ...join1, rows: [rowOf('node_a')], summary: summaryOf('weur.0') };
      await presence.write([change]);
      expect(await cache.look(presence, look)).toMatchObject({
        ok: true,
        value: { isDegraded: false, rows: [{ node: 'node_a' }] },
      });
      await store.kill();
      expect(await presence.read({ modelKey: 'nano', areas: ['weur'], hubs: [] }, NOW)).toMatchObject({
        ok: false,
        error: { code: 'presence-away' },
      });
      expect(await presence.write([change])).toMatchObject({ ok: false, error: { code: 'presence-away' } });
      nowAt += 20_000;
      expect(await cache.look(presence, look)).toMatchObject({
        ok: true,
        value: { isDegraded: true, rows: [{ node: 'node_a' }] },
      });
      await store.revive();
      await expect.poll(async () => presence.ping()).toBe(true);
      await presence.write([change]);
      nowAt += 20_000;
      expect(await cache.look(presence, look)).toMatchObject({
        ok: true,
        value: { isDegraded: false, rows: [{ node: 'node_a' }] },
      });
    });
  });

describe('presence on a store that is there but silent', () => {
  test('reads and writes give up instead of hanging', async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const presence = openPresence({ url: `http://127.0.0.1:${(silent.address() as AddressInfo).port}`, token: TOKEN });
    expect(await presence.read({ modelKey: 'nano', areas: ['weur'], hubs: [] }, NOW)).toMatchObject({
      ok: false,
      error: { code: 'presence-away' },
    });
    silent.closeAllConnections();
    silent.close();
  });
});

describe.skipIf(!HAS_REDIS)(`the embedded store beside a real redis-server${WITHOUT_REDIS}`, () => {
  test('any sequence of its commands gets the same replies from both', async () => {
    const real = await startReal();
    const executor = redisExecutor(`redis://127.0.0.1:${await portOf(real)}`);
    const key = fc.constantFrom('a', 'b');
    const field = fc.constantFrom('f', 'g', 'é');
    const command = fc.oneof(
      fc.tuple(fc.constant('HSET'), key, field, fc.string()),
      fc.tuple(fc.constant('HSET'), key, field, fc.string(), field),
      fc.tuple(fc.constantFrom('HGET', 'HDEL', 'hdel'), key, field),
      fc.tuple(fc.constantFrom('HGETALL', 'HLEN', 'DEL', 'EXISTS', 'TTL', 'HSET'), key),
      fc.tuple(fc.constant('EXPIRE'), key, fc.constantFrom('100', '-1', '0', 'x', '1.5', '')),
      fc.tuple(fc.constantFrom('PING', 'DBSIZE', 'HGETALL')),
    );
    try {
      await fc.assert(
        fc.asyncProperty(fc.array(command, { maxLength: 30 }), async (commands) => {
          await executor.run([['FLUSHDB']]);
          expect(await embeddedExecutor().run(commands)).toEqual(await executor.run(commands));
        }),
        { numRuns: 150 },
      );
    } finally {
      await executor.close();
      await real.stop();
    }
  });
});

async function portOf(store: Store): Promise<number> {
  const headers = { authorization: `Bearer ${TOKEN}` };
  const response = await fetch(store.bridge.url, { method: 'POST', headers, body: '["CONFIG","GET","port"]' });
  const { result } = (await response.json()) as { result: [string, string] };
  return Number(result[1]);
}
