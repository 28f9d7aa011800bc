// Which home answers where distances are real: two edges, hubs that are near and far, homes behind lines of a set length.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readError } from './error-shape.ts';
import { DELAYS, FarHomes, LINES } from './far-homes.ts';
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
      // The first measurement is averaged with a guess.
      expect(decision.rttMs).toBeGreaterThan(0.8 * LINES[edge]);
    }
  });

  test('the way to each home is known as long as it is', async () => {
    const response = await homes.stack.call('/node/v1/why', { key: homes.owner.apiKey });
    type Models = Record<string, { rttMs: number }>;
    const { nodes } = (await response.json()) as {
      nodes: { node: string; measured: Models; guessed: Models }[];
    };
    expect(nodes).toHaveLength(4);
    for (const { node, measured, guessed } of nodes) {
      const [model] = Object.values({ ...guessed, ...measured });
      const town = homes.townOf(node);
      // Averaged with a guess that is shorter than any of the lines.
      const least = town === null ? Infinity : 0.8 * LINES[town];
      expect([town, model?.rttMs]).toSatisfy(([, rttMs]) => rttMs > least);
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
    const provider = { preferred_min_throughput: 250, ignore: ids('rome') };
    const fast = await homes.ask(from({ provider }));
    expect(homes.townOf(fast.facts.node)).toBe('tokyo');
    expect(fast.tookMs).toBeGreaterThanOrEqual(DELAYS.paris['apac-ne'] + LINES.tokyo);
    const decision = await homes.decisionOf(fast.facts.job);
    expect(decision.tokensPerS).toBeGreaterThan(250);
    // The edge had never asked that hub: what it sent was a guess by distance.
    expect(decision.ttftMs).toBeGreaterThan(100);
  });

  test('when the fastest is asked for and the answer is long, and not when it is short', async () => {
    const wished = {
      account: stranger,
      from: 'lyon',
      provider: { sort: 'throughput', preferred_min_throughput: 1, ignore: ids('rome', 'paris', 'berlin') },
    } as const;
    const long = await homes.ask(from(wished));
    expect(long.facts).toMatchObject({ node: homes.nodes.tokyo, mode: 'fastest' });
    expect(long.facts.reason).toMatch(/^fastest home: 9\d{3} km/);
    expect(await homes.townFor(from({ ...wished, maxTokens: 3 }))).toBe('lyon');
  });
});

describe('a hub knows better than an edge', () => {
  test('what an edge believes free and is not costs one ask, and the job no attempt', async () => {
    const server = homes.servers.get('paris');
    if (!server) throw new Error('no server');
    const usual = server.behaviour;
    server.behaviour = 'say-2000x20';
    const stop = new AbortController();
    // From the other edge, so that this one hears nothing of it.
    const elsewhere = from({ edge: 'tokyo', provider: { only: ids('paris') } });
    const running = await homes.send(elsewhere, { stream: true, signal: stop.signal });
    server.behaviour = usual;
    expect(running.headers.get('x-irori-node')).toBe(homes.nodes.paris);
    try {
      expect(await homes.believedFree('weur')).toBeGreaterThan(0);
      const provider = { ignore: ids('rome', 'lyon'), preferred_max_latency: 0.8 };
      const asked = [];
      for (let i = 0; i < 4; i++) asked.push(await homes.ask(from({ provider })));
      for (const { facts } of asked) expect([homes.townOf(facts.node), facts.attempts]).toEqual(['berlin', 1]);
      const [first, ...later] = await Promise.all(asked.map(({ facts }) => homes.decisionOf(facts.job)));
      expect(first?.asks).toBe(2);
      // What the hub said is believed until the table is read anew, in a second or two of this machine's time: home-finder.test.ts holds the clock.
      for (const { asks } of later) expect(asks).toBeLessThanOrEqual(2);
    } finally {
      stop.abort();
      await running.text().catch(() => undefined);
    }
  });

  test('a home that is slower than it says loses its jobs after a few', async () => {
    const towns: (Town | null)[] = [];
    await until('another home is chosen', async () => {
      towns.push(await homes.townFor(from({ from: 'rome' })));
      return towns.at(-1) !== 'rome';
    });
    expect(towns[0]).toBe('rome');
    expect(towns.length).toBeLessThanOrEqual(6);
    expect(towns.at(-1)).toBe('paris');
  });
});

describe('wishes', () => {
  test('are kept where some home fits them', async () => {
    const wanted: readonly (readonly [provider: Record<string, unknown>, town: Town])[] = [
      [{ country: 'DE' }, 'berlin'],
      [{ country: ['JP', 'de'], order: ids('tokyo') }, 'tokyo'],
      [{ only: ids('berlin', 'tokyo') }, 'berlin'],
      [{ ignore: ids('paris', 'lyon', 'rome', 'berlin') }, 'tokyo'],
      [{ order: ids('tokyo', 'berlin'), allow_fallbacks: false }, 'tokyo'],
      [{ quantizations: ['Q8_0'], preferred_min_throughput: 1 }, 'rome'],
      [{ pool: 'lab' }, 'berlin'],
      [{ max_price: { prompt: 1, completion: 2 } }, 'paris'],
      [{ pool: 'public' }, 'paris'],
    ];
    for (const [provider, town] of wanted)
      expect([provider, await homes.townFor(from({ provider }))]).toEqual([provider, town]);
  });

  test('a limit on the way to a home counts the way to its hub, as this edge has measured it', async () => {
    const wished = { from: 'tokyo', provider: { max_rtt_ms: 250, ignore: ids('rome') } } as const;
    expect(await homes.townFor(from({ ...wished, edge: 'tokyo' }))).toBe('tokyo');
    expect(['paris', 'berlin']).toContain(await homes.townFor(from(wished)));
  });

  test('that no home fits are refused by name', async () => {
    const nobody = `node_${'0'.repeat(32)}`;
    const refused: readonly (readonly [field: string, provider: Record<string, unknown>])[] = [
      ['country', { country: 'BR' }],
      ['only', { only: [nobody] }],
      ['order', { order: [nobody], allow_fallbacks: false }],
      ['ignore', { ignore: Object.values(homes.nodes) }],
      ['quantizations', { quantizations: ['q2_k'] }],
      ['max_rtt_ms', { max_rtt_ms: 1 }],
      ['max_rtt_ms', { max_rtt_ms: 250, only: ids('tokyo') }],
      ['pool', { pool: 'mine' }],
    ];
    for (const [field, provider] of refused) {
      const error = await readError(await homes.send(from({ provider })), 400);
      expect([field, provider, error]).toMatchObject([
        field,
        provider,
        { code: 'no_home_fits', param: `provider.${field}` },
      ]);
      expect(error.message).toContain(`provider.${field}`);
    }
    const dear = await readError(await homes.send(from({ provider: { max_price: { prompt: 0.5 } } })), 400);
    expect(dear).toMatchObject({ code: 'invalid_value', param: 'provider.max_price.prompt' });
    const unknown = await readError(await homes.send(from({ provider: { pool: 'club' } })), 400);
    expect(unknown).toMatchObject({ code: 'invalid_value', param: 'provider.pool' });
  });

  test('an owner’s calls go to the home of their own first, and free of charge', async () => {
    const account = homes.berlinOwner;
    const own = await homes.ask(from({ account }));
    expect(own.facts).toMatchObject({ node: homes.nodes.berlin, charge_micro: 0 });
    expect(own.facts.reason).toMatch(/^home of your own with a free slot/);
    expect(await homes.townFor(from({ account, provider: { pool: 'mine' } }))).toBe('berlin');
    const shared = await homes.ask(from({ account, provider: { pool: 'public' } }));
    expect(homes.townOf(shared.facts.node)).toBe('paris');
    expect(shared.facts.charge_micro).toBeGreaterThan(0);
  });
});
