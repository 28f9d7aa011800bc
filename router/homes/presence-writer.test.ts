import { describe, expect, test } from 'vitest';
import { PRESENCE_REFRESH_MS, PRESENCE_TTL_MS } from '../../schema/presence.ts';
import { err, ok } from '../../schema/result.ts';
import { HubPresence } from './presence-writer.ts';
import type { HubPresenceDoors, WrittenOffer } from './presence-writer.ts';
import type { CatalogueEntry } from './make-presence.ts';
import type { NodeCandidate } from './find-entry.ts';

type Change = Parameters<HubPresenceDoors['write']>[0][number];
const A = 'a'.repeat(64);
const B = 'b'.repeat(64);
const HOUR_MS = 3_600_000;

function node(nodeId: string, facts: Partial<NodeCandidate> & { digest?: string } = {}): NodeCandidate {
  const { digest = A, ...rest } = facts;
  const speeds = { promptTokensPerS: 100, decodeTokensPerS: 50 };
  const model = { name: 'x', digest, contextTokens: 4096, quantisation: 'q8', resume: 'none' as const, ...speeds };
  const place = { lat: 48.9, lon: 2.4, country: 'FR' };
  const whose = { ownerAccountId: 'acct_o', pools: ['public'] };
  return { nodeId, ...whose, place, models: [model], slots: 1, active: 0, isPaused: false, ...rest };
}

/** A table in memory: what stands in it per model key, as the writes left it. */
function open(nodes: NodeCandidate[] = []) {
  const state = {
    nodes,
    catalogue: [
      { id: 'a', digests: [A], priceIn: 1, priceOut: 2 },
      { id: 'b', digests: [B], priceIn: 1, priceOut: 2 },
    ] as CatalogueEntry[],
    isAway: false,
    isCatalogueAway: false,
    saved: [] as readonly WrittenOffer[],
  };
  const writes: Change[][] = [];
  const table = new Map<string, Map<string, number>>();
  const presence = new HubPresence({
    onCatalogue: () => undefined,
    hub: 'hub:weur:0',
    area: 'weur',
    candidates: () => state.nodes,
    onUnusable: (_node, error) => {
      throw error;
    },
    tell: (_, { promptTokensPerS, decodeTokensPerS }) => ({ promptTokensPerS, decodeTokensPerS, rttMs: 10 }),
    catalogue: async () => {
      if (state.isCatalogueAway) throw new Error('D1 is away');
      return state.catalogue;
    },
    write: async (changes) => {
      if (state.isAway) return err('away');
      writes.push([...changes]);
      for (const { modelKey, rows, goneNodes } of changes) {
        const standing = table.get(modelKey) ?? new Map<string, number>();
        for (const row of rows) standing.set(row.node, row.untilAt);
        for (const gone of goneNodes) standing.delete(gone);
        table.set(modelKey, standing);
      }
      return ok(null);
    },
    save: (written) => void (state.saved = written),
  });
  return { presence, state, writes, table };
}

const nodesOf = (change: Change | undefined): string[] => (change?.rows ?? []).map((row) => row.node);

describe('publish', () => {
  test('a new home is written with its hub’s summary', async () => {
    const { presence, writes, state } = open([node('n1')]);
    expect(await presence.publish(0)).toBe(true);
    expect(writes).toEqual([
      [
        {
          modelKey: 'a',
          area: 'weur',
          hub: 'hub:weur:0',
          rows: [expect.objectContaining({ node: 'n1', untilAt: PRESENCE_TTL_MS })],
          goneNodes: [],
          summary: expect.objectContaining({ free: 1, slots: 1 }),
        },
      ],
    ]);
    expect(state.saved).toEqual([{ modelKey: 'a', nodes: ['n1'] }]);
  });

  test('what has not changed is not written again', async () => {
    const { presence, writes } = open([node('n1')]);
    await presence.publish(0);
    expect(await presence.publish(1_000)).toBe(true);
    expect(writes).toHaveLength(1);
  });

  test('only the home that came is written, and only under its model', async () => {
    const { presence, state, writes } = open([node('n1'), node('n2', { digest: B })]);
    await presence.publish(0);
    state.nodes = [...state.nodes, node('n3')];
    await presence.publish(1_000);
    expect(writes[1]?.map((change) => [change.modelKey, nodesOf(change)])).toEqual([['a', ['n3']]]);
  });

  test('a home that changed is written anew', async () => {
    const { presence, state, writes } = open([node('n1'), node('n2')]);
    await presence.publish(0);
    state.nodes = [node('n1', { slots: 4 }), node('n2')];
    await presence.publish(1_000);
    expect(nodesOf(writes[1]?.[0])).toEqual(['n1']);
  });

  test('a home that left is taken out, and a model without homes as a whole', async () => {
    const { presence, state, writes } = open([node('n1'), node('n2')]);
    await presence.publish(0);
    state.nodes = [node('n1')];
    await presence.publish(1_000);
    expect(writes[1]).toMatchObject([{ modelKey: 'a', rows: [], goneNodes: ['n2'], summary: { slots: 1 } }]);
    state.nodes = [];
    await presence.publish(2_000);
    expect(writes[2]).toMatchObject([{ modelKey: 'a', rows: [], goneNodes: ['n1'], summary: null }]);
    expect(state.saved).toEqual([]);
    await presence.publish(3_000);
    expect(writes).toHaveLength(3);
  });

  test('where the table is away nothing counts as written, and the next call writes all', async () => {
    const { presence, state, writes } = open([node('n1')]);
    state.isAway = true;
    expect(await presence.publish(0)).toBe(false);
    expect(state.saved).toEqual([]);
    state.isAway = false;
    expect(await presence.publish(5_000)).toBe(true);
    expect(nodesOf(writes[0]?.[0])).toEqual(['n1']);
  });

  test('a catalogue that cannot be read is not an empty one', async () => {
    const { presence, state, writes } = open([node('n1')]);
    await presence.publish(0);
    state.isCatalogueAway = true;
    expect(await presence.publish(1_000)).toBe(false);
    expect(writes).toHaveLength(1);
  });

  test('a catalogue that has become empty takes its models out', async () => {
    const { presence, state, writes } = open([node('n1')]);
    await presence.publish(0);
    state.catalogue = [];
    await presence.publish(1_000);
    expect(writes[1]?.map(({ modelKey, summary }) => [modelKey, summary === null])).toEqual([
      ['~acct_o', false],
      ['a', true],
    ]);
  });

  test('writes follow each other, also when they are asked for at once', async () => {
    const { presence, state, writes } = open([node('n1')]);
    const first = presence.publish(0);
    state.nodes = [node('n1'), node('n2')];
    await Promise.all([first, presence.publish(1)]);
    expect(writes.flat().flatMap(nodesOf).toSorted()).toEqual(['n1', 'n2']);
  });
});

describe('rows that stay', () => {
  test('are rewritten every six hours', async () => {
    const { presence, writes } = open([node('n1')]);
    await presence.publish(0);
    await presence.publish(PRESENCE_REFRESH_MS - 1);
    expect(writes).toHaveLength(1);
    await presence.publish(PRESENCE_REFRESH_MS);
    expect(nodesOf(writes[1]?.[0])).toEqual(['n1']);
  });

  test('never run out while others come and go', async () => {
    const { presence, state, table } = open([node('stays'), node('other', { digest: B })]);
    for (let hour = 0; hour <= 48; hour++) {
      const now = hour * HOUR_MS;
      const guests = [node(`guest-${hour}`), node('other', { digest: B })];
      state.nodes = [node('stays'), ...guests];
      await presence.publish(now);
      expect(table.get('a')?.get('stays')).toBeGreaterThan(now + HOUR_MS);
      expect(table.get('b')?.get('other')).toBeGreaterThan(now + HOUR_MS);
    }
  });
});

describe('a hub that woke without memory', () => {
  test('takes out what an earlier life wrote and is gone, and writes what stayed', async () => {
    const { presence, writes } = open([node('n1')]);
    presence.recall([
      { modelKey: 'a', nodes: ['n1', 'n0'] },
      { modelKey: '~acct_x', nodes: ['n9'] },
    ]);
    await presence.publish(1_000);
    expect(writes[0]).toMatchObject([
      { modelKey: 'a', rows: [{ node: 'n1' }], goneNodes: ['n0'] },
      { modelKey: '~acct_x', rows: [], goneNodes: ['n9'], summary: null },
    ]);
  });

  test('what it has written itself is not forgotten by a recall', async () => {
    const { presence, writes } = open([node('n1')]);
    await presence.publish(0);
    presence.recall([{ modelKey: 'a', nodes: ['n0'] }]);
    await presence.publish(1_000);
    expect(writes).toHaveLength(1);
  });
});

describe('free capacity', () => {
  const busy = (count: number, of = 8): NodeCandidate[] => [node('n1', { slots: of, active: count })];

  test('that crosses zero is written once it has stood for five seconds, ten after the last write', async () => {
    const { presence, state, writes } = open(busy(0, 1));
    await presence.publish(0);
    state.nodes = busy(1, 1);
    expect(presence.isFreeDue(3_000)).toBe(false);
    expect(presence.isFreeDue(9_000)).toBe(false);
    expect(presence.isFreeDue(10_000)).toBe(true);
    await presence.publish(10_000);
    expect(writes[1]).toMatchObject([{ modelKey: 'a', rows: [], summary: { free: 0 } }]);
    expect(presence.isFreeDue(30_000)).toBe(false);
  });

  test('that crosses zero and comes back is not written', async () => {
    const { presence, state } = open(busy(0, 1));
    await presence.publish(0);
    state.nodes = busy(1, 1);
    expect(presence.isFreeDue(20_000)).toBe(false);
    state.nodes = busy(0, 1);
    expect(presence.isFreeDue(22_000)).toBe(false);
    state.nodes = busy(1, 1);
    expect(presence.isFreeDue(26_000)).toBe(false);
    expect(presence.isFreeDue(31_000)).toBe(true);
  });

  test('of one model crossing zero is not forgotten because another model is quiet', async () => {
    const { presence, state } = open([node('n1'), node('n2', { digest: B })]);
    await presence.publish(0);
    state.nodes = [node('n1', { active: 1 }), node('n2', { digest: B })];
    expect(presence.isFreeDue(20_000)).toBe(false);
    expect(presence.isFreeDue(25_000)).toBe(true);
  });

  test('that changes by more than half is written, by less not', async () => {
    const { presence, state } = open(busy(0));
    await presence.publish(0);
    state.nodes = busy(3);
    expect(presence.isFreeDue(20_000)).toBe(false);
    state.nodes = busy(5);
    expect(presence.isFreeDue(9_999)).toBe(false);
    expect(presence.isFreeDue(10_000)).toBe(true);
  });

  test('of a model that was never written is not due: its first write says it', () => {
    expect(open(busy(0)).presence.isFreeDue(100_000)).toBe(false);
  });
});

test('an edge that cannot reach the table is told the rows of one model', async () => {
  const { presence } = open([node('n1'), node('n2', { digest: B })]);
  expect((await presence.offer('b', 5))?.rows.map((row) => row.node)).toEqual(['n2']);
  expect(await presence.offer('c', 5)).toBeNull();
});
