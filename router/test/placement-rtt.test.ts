// Which home answers where distances are real: two edges, hubs that are near and far, homes behind lines of a set length.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readError } from './error-shape.ts';
import { DELAYS, FarHomes, HOUSE, LINES } from './far-homes.ts';
import type { FarAsk, Town } from './far-homes.ts';
import { until } from './until.ts';

let homes: FarHomes;

beforeAll(async () => {
  homes = await FarHomes.start();
});

afterAll(async () => {
  await homes?.stop();
});

/** A call from Paris at the edge there, unless said otherwise. */
function from(ask: Partial<FarAsk> = {}): FarAsk {
  return { account: homes.caller, edge: 'paris', from: 'paris', ...ask };
}

function ids(...towns: Town[]): string[] {
  return towns.map((town) => homes.nodes[town]);
}

describe('where all is well', () => {
  test('each edge’s callers are answered by the home beside them, and hear which one and why', async () => {
    for (const [edge, country] of [
      ['paris', 'FR'],
      ['tokyo', 'JP'],
    ] as const) {
      const { facts, headers } = await homes.ask(from({ edge, from: edge }));
      expect(facts).toMatchObject({ node: homes.nodes[edge], country, attempts: 1, mode: 'closest', distance_km: 0 });
      expect(headers.get('x-irori-node')).toBe(homes.nodes[edge]);
      expect(headers.get('x-irori-country')).toBe(country);
      expect(headers.get('x-irori-reason')).toMatch(/^closest home that keeps the promise: 0 km, first token/);
      expect(JSON.parse(headers.get('x-irori') ?? '{}')).toMatchObject({ node: homes.nodes[edge], job: facts.job });
      const decision = await homes.decisionOf(facts.job);
      expect(decision).toMatchObject({ asks: 1, isForced: false, km: 0 });
      expect(decision.rttMs).toBeGreaterThanOrEqual(LINES[edge] - 1);
    }
  });

  test('the way to each home is known as long as it is', async () => {
    const response = await homes.stack.call('/node/v1/why', { key: homes.owner.apiKey });
    const { nodes } = (await response.json()) as {
      nodes: { node: string; measured: Record<string, { rttMs: number }> }[];
    };
    expect(nodes).toHaveLength(4);
    for (const { node, measured } of nodes) {
      const [model] = Object.values(measured);
      const town = homes.townOf(node);
      expect(town && (model?.rttMs ?? 0) >= LINES[town] - 1).toBe(true);
    }
  });
});

describe('the far home wins', () => {
  let stranger: FarAsk['account'];

  beforeAll(async () => {
    // A key of its own: how long its answers are expected to be is not yet known from short ones.
    stranger = await homes.stack.makeAccount(1e9);
  });

  test('when the near one cannot keep the promise', async () => {
    const slow = await homes.ask(from({ from: 'lyon', provider: { ignore: ids('rome') } }));
    expect(homes.townOf(slow.facts.node)).toBe('paris');
    expect(slow.facts.reason).toMatch(/^closest home that keeps the promise: \d{3} km/);
    const provider = { preferred_min_throughput: 100, ignore: ids('rome') };
    const fast = await homes.ask(from({ provider }));
    expect(homes.townOf(fast.facts.node)).toBe('tokyo');
    expect(fast.tookMs).toBeGreaterThanOrEqual(DELAYS.paris['apac-ne'] + LINES.tokyo);
    const decision = await homes.decisionOf(fast.facts.job);
    expect(decision.tokensPerS).toBeGreaterThan(100);
    // The edge had never asked that hub: what it sent was a guess by distance.
    expect(decision.ttftMs).toBeGreaterThan(100);
  });

  test('when the fastest is asked for and the answer is long, and not when it is short', async () => {
    const provider = { sort: 'throughput', ignore: ids('rome') };
    const long = await homes.ask(from({ account: stranger, provider }));
    expect(long.facts).toMatchObject({ node: homes.nodes.tokyo, mode: 'fastest' });
    expect(long.facts.reason).toMatch(/^fastest home: 9\d{3} km/);
    expect(await homes.townFor(from({ account: stranger, provider, maxTokens: 3 }))).toBe('paris');
  });
});
