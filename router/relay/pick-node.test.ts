import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { NodeModel } from '../../schema/frames-to-hub.ts';
import { findModel, matchesName, pickNode } from './pick-node.ts';
import type { NodeCandidate, Wish } from './pick-node.ts';

const PARIS = { lat: 48.9, lon: 2.4, country: 'FR' };
const LYON = { lat: 45.8, lon: 4.8, country: 'FR' };
const BERLIN = { lat: 52.5, lon: 13.4, country: 'DE' };
const DIGEST = 'a'.repeat(64);

function model(name = 'llama', digest = DIGEST): NodeModel {
  const speeds = { promptTokensPerS: 100, decodeTokensPerS: 50 };
  return { name, digest, contextTokens: 4096, quantisation: 'q8', resume: 'none', ...speeds };
}

function node(nodeId: string, facts: Partial<NodeCandidate> = {}): NodeCandidate {
  const base = { ownerAccountId: 'acct_o', place: PARIS, models: [model()], slots: 1, active: 0, isPaused: false };
  return { nodeId, ...base, ...facts };
}

const wish: Wish = {
  model: 'llama',
  digests: [DIGEST],
  accountId: 'acct_c',
  preferNodeId: null,
  excludeNodeIds: [],
  place: PARIS,
};
const near = node('near');
const mid = node('mid', { place: LYON });
const far = node('far', { place: BERLIN });

describe('pickNode', () => {
  test('the home that was asked for gets the part while it has a free slot', () => {
    expect(pickNode([near, far], { ...wish, preferNodeId: 'far' })).toMatchObject({ kind: 'node', nodeId: 'far' });
  });

  test('where it is full, its nearest equal does', () => {
    const full = node('near', { active: 1 });
    expect(pickNode([far, full, mid], { ...wish, preferNodeId: 'near' })).toMatchObject({ nodeId: 'mid' });
  });

  test('where it is not here, the nearest does', () => {
    expect(pickNode([far, mid, near], { ...wish, preferNodeId: 'gone' })).toMatchObject({ nodeId: 'near' });
  });

  test('the home asked for is not given a model it does not have', () => {
    const other = node('far', { models: [model('x', 'b'.repeat(64))] });
    expect(pickNode([mid, other], { ...wish, preferNodeId: 'far' })).toMatchObject({ nodeId: 'mid' });
  });

  test('homes that could but are full are busy', () => {
    expect(pickNode([node('a', { active: 1 }), node('b', { slots: 3, active: 4 })], wish)).toEqual({ kind: 'busy' });
  });

  test('a home without slots is busy, not absent', () => {
    expect(pickNode([node('a', { slots: 0 })], wish)).toEqual({ kind: 'busy' });
  });

  test('no home that serves the model is none', () => {
    expect(pickNode([], wish)).toEqual({ kind: 'none' });
    expect(pickNode([node('a', { models: [] })], wish)).toEqual({ kind: 'none' });
  });

  test('a paused or excluded home is not there at all, even when it is the one asked for', () => {
    expect(pickNode([node('a', { isPaused: true, active: 1 })], wish)).toEqual({ kind: 'none' });
    const excluded = { ...wish, preferNodeId: 'near', excludeNodeIds: ['near'] };
    expect(pickNode([near, far], excluded)).toMatchObject({ nodeId: 'far' });
    expect(pickNode([node('near', { active: 1 })], excluded)).toEqual({ kind: 'none' });
  });

  test('a lease is never given beyond the slots', () => {
    const candidate = fc
      .record({ nodeId: fc.uuid(), slots: fc.nat(3), active: fc.nat(4), isPaused: fc.boolean() })
      .map(({ nodeId, ...facts }) => node(nodeId, facts));
    fc.assert(
      fc.property(fc.array(candidate), (candidates) => {
        const free = candidates.filter(({ active, slots, isPaused }) => !isPaused && active < slots);
        const picked = pickNode(candidates, wish);
        const chosen = picked.kind === 'node' ? free.some(({ nodeId }) => nodeId === picked.nodeId) : free.length === 0;
        expect(chosen).toBe(true);
      }),
    );
  });
});

describe('findModel', () => {
  const catalogue = { model: 'public-name', digests: [DIGEST], accountId: 'acct_c' };
  const own = { model: 'my-model', digests: null, accountId: 'acct_o' };
  const home = node('n', { models: [model('my-model', 'b'.repeat(64)), model('their-name')] });

  test('a catalogue model is found by digest, whatever the home calls it', () => {
    expect(findModel(home, catalogue)?.name).toBe('their-name');
  });

  test('a catalogue model is not found by name', () => {
    expect(findModel(home, { ...catalogue, model: 'my-model', digests: ['c'.repeat(64)] })).toBeNull();
    expect(findModel(home, { ...catalogue, digests: [] })).toBeNull();
  });

  test('an own name is found for its owner only', () => {
    expect(findModel(home, own)?.name).toBe('my-model');
    expect(findModel(home, { ...own, accountId: 'acct_c' })).toBeNull();
  });

  test('a star serves every name with that prefix, for its owner only', () => {
    const starred = node('n', { models: [model('mine-*')] });
    expect(findModel(starred, { ...own, model: 'mine-7b' })?.name).toBe('mine-*');
    expect(findModel(starred, { ...own, model: 'min' })).toBeNull();
    expect(findModel(starred, { ...own, model: 'mine-7b', accountId: 'acct_c' })).toBeNull();
  });

  test.each([
    ['a', 'a', true],
    ['a', 'ab', false],
    ['a*', 'ab', true],
    ['a*', 'a', true],
    ['*', '', true],
    ['a*b', 'axb', false],
    ['a', 'a*', false],
  ])('%j announced covers %j asked: %j', (announced, asked, isCovered) => {
    expect(matchesName(announced, asked)).toBe(isCovered);
  });
});
