import { describe, expect, test } from 'vitest';
import type { NodeModel } from '../../schema/frames-to-hub.ts';
import { packRow, packSummary, parseRow, parseSummary, PRESENCE_TTL_MS } from '../../schema/presence.ts';
import type { NodeCandidate } from './find-entry.ts';
import { makeOffers } from './make-presence.ts';
import type { CatalogueEntry } from './make-presence.ts';

const A = 'a'.repeat(64);
const B = 'b'.repeat(64);
const NOW = 1_000_000;
const catalogue: CatalogueEntry[] = [{ id: 'public', digests: [A], priceIn: 10, priceOut: 20 }];

function model(name: string, digest: string, facts: Partial<NodeModel> = {}): NodeModel {
  const speeds = { promptTokensPerS: 100, decodeTokensPerS: 50 };
  return { name, digest, contextTokens: 4096, quantisation: 'q8', resume: 'none', ...speeds, ...facts };
}

function node(nodeId: string, facts: Partial<NodeCandidate> = {}): NodeCandidate {
  const place = { lat: 48.9, lon: 2.4, country: 'FR' };
  const base = { ownerAccountId: 'acct_o', pools: ['public'], place, slots: 2, active: 0, isPaused: false };
  return { nodeId, models: [model('x', A)], ...base, ...facts };
}

const tell = (_: NodeCandidate, { promptTokensPerS, decodeTokensPerS }: NodeModel) => ({
  promptTokensPerS,
  decodeTokensPerS,
  rttMs: 12,
});
const offersOf = (candidates: readonly NodeCandidate[], entries = catalogue) =>
  makeOffers({ hub: 'hub:weur:0', candidates, catalogue: entries, tell, onUnusable: fail, now: NOW });
const fail = (_: string, error: unknown): never => {
  throw error;
};

test('a home whose data cannot be used has no row, and the others have theirs', () => {
  const broken: string[] = [];
  const offers = makeOffers({
    hub: 'hub:weur:0',
    candidates: [node('n1'), node('n2'), { ...node('n3'), models: null as never }],
    catalogue,
    tell: (one, facts) => (one.nodeId === 'n1' ? fail('', new Error('broken')) : tell(one, facts)),
    onUnusable: (nodeId) => void broken.push(nodeId),
    now: NOW,
  });
  expect(offers.flatMap(({ rows }) => rows.map((row) => row.node))).toEqual(['n2']);
  expect(broken).toEqual(['n1', 'n3']);
});

describe('makeOffers', () => {
  test('a catalogue model stands under its id, with the catalogue’s price', () => {
    expect(offersOf([node('n1')])).toEqual([
      {
        modelKey: 'public',
        rows: [
          {
            node: 'n1',
            hub: 'hub:weur:0',
            lat: 48.9,
            lon: 2.4,
            country: 'FR',
            owner: 'acct_o',
            pools: ['public'],
            slots: 2,
            rttMs: 12,
            loadMs: 0,
            promptTokensPerS: 100,
            decodeTokensPerS: 50,
            contextTokens: 4096,
            digest: A,
            quantisation: 'q8',
            priceIn: 10,
            priceOut: 20,
            serves: [],
            contexts: [],
            cans: [[]],
            untilAt: NOW + PRESENCE_TTL_MS,
          },
        ],
        summary: expect.objectContaining({
          hub: 'hub:weur:0',
          free: 2,
          slots: 2,
          classes: { '2.13.11': [2, 2] },
          greens: { '2.13.11': expect.any(Number) },
          radiusKm: expect.closeTo(0, 3),
          untilAt: NOW + PRESENCE_TTL_MS,
        }),
      },
    ]);
  });

  test('what a home draws is told where it is known, and the less it draws the greener its class is', () => {
    const [told] = offersOf([node('n1', { workW: 60 })]);
    const [silent] = offersOf([node('n1', { workW: null })]);
    expect([told?.rows[0]?.workW, silent?.rows[0]?.workW]).toEqual([60, undefined]);
    expect(told?.summary.greens?.['2.13.11']).toBeLessThan(silent?.summary.greens?.['2.13.11'] ?? 0);
  });

  test('what the catalogue does not know stands under its owner, free, by its names', () => {
    const models = [model('mine', B), model('wild-*', 'c'.repeat(64))];
    const offers = offersOf([node('n1', { models }), node('n2', { models, ownerAccountId: 'acct_p' })]);
    expect(offers.map(({ modelKey }) => modelKey)).toEqual(['~acct_o', '~acct_p']);
    expect(offers[0]?.rows).toEqual([expect.objectContaining({ serves: ['mine', 'wild-*'], priceIn: 0, priceOut: 0 })]);
  });

  test("an owner's row speaks of the owner's models, not of the catalogue model that stands beside them", () => {
    const models = [
      model('x', A, { contextTokens: 512 }),
      model('small', B),
      model('long', 'c'.repeat(64), { contextTokens: 32_768 }),
    ];
    const own = offersOf([node('n1', { models })]).find(({ modelKey }) => modelKey === '~acct_o');
    expect(own?.rows[0]).toMatchObject({ contextTokens: 32_768, digest: 'c'.repeat(64), serves: ['small', 'long'] });
    expect(own?.rows[0]?.contexts).toEqual([4096, 32_768]);
  });

  test('the same weights under two names are one home with one set of slots', () => {
    const [offer] = offersOf([node('n1', { models: [model('x', A), model('x:latest', A)] })]);
    expect(offer?.rows).toHaveLength(1);
    expect(offer?.summary).toMatchObject({ free: 2, slots: 2 });
  });

  test('weights that two catalogue models list stand under both', () => {
    const two = [...catalogue, { id: 'alias', digests: [B, A], priceIn: 0, priceOut: 0 }];
    expect(offersOf([node('n1')], two).map(({ modelKey }) => modelKey)).toEqual(['public', 'alias']);
  });

  test('a model that is not in memory counts as slots and stands in no speed class; of two entries the loaded one speaks', () => {
    const cold = model('x', A, { loadMs: 4000 });
    const [offer] = offersOf([
      node('n1', { models: [cold] }),
      node('n2', { models: [cold, model('y', A)], active: 1 }),
    ]);
    expect(offer?.rows.map(({ loadMs }) => loadMs)).toEqual([4000, 0]);
    expect(offer?.summary).toMatchObject({ free: 3, slots: 4, classes: { '2.13.11': [1, 2] } });
  });

  test('paused homes and homes without slots offer nothing', () => {
    expect(offersOf([node('n1', { isPaused: true }), node('n2', { slots: 0 }), node('n3', { models: [] })])).toEqual(
      [],
    );
  });

  test('free slots are those not in use, never below zero', () => {
    const [offer] = offersOf([node('n1', { active: 1 }), node('n2', { slots: 1, active: 3 })]);
    expect(offer?.summary).toMatchObject({ free: 1, slots: 3 });
  });

  test('a summary tells how far its homes lie', () => {
    const at = (nodeId: string, lat: number): NodeCandidate =>
      node(nodeId, { place: { lat, lon: 2, country: 'FR' }, models: [model('x', A)] });
    const [offer] = offersOf([at('n1', 48), at('n2', 49), at('n3', 50)]);
    expect(offer?.summary.lat).toBeCloseTo(49, 6);
    expect(offer?.summary.radiusKm).toBeCloseTo(111.2, 0);
  });

  test('every row and summary can be packed and read back', () => {
    for (const { rows, summary } of offersOf([node('n1'), node('n2', { models: [model('mine', B)] })])) {
      expect(rows.map((row) => parseRow(packRow(row)))).toEqual(rows.map((value) => ({ ok: true, value })));
      expect(parseSummary(packSummary(summary)).ok).toBe(true);
    }
  });
});
