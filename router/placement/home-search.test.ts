import { describe, expect, test } from 'vitest';
import { HomeSearch } from './home-search.ts';
import { MAX_ASKS } from './plan-ask.ts';
import type { HubRanking, RankedHub } from './rank-hubs.ts';

const hub = (name: string, scoreMs = 300): RankedHub => ({
  hub: name,
  preferNodeId: `node_${name}`,
  edgeRttMs: 10,
  scoreMs,
  km: 1,
  keeps: true,
});

/** A search among hubs that rank in the order given; `far` ones are only seen where no near one is left. */
function searchAmong(near: readonly RankedHub[], far: readonly RankedHub[] = [], hasFallbacks = true): HomeSearch {
  const rank = async (
    scope: 'near' | 'far',
    excluded: { nodes: readonly string[]; hubs: readonly string[] },
  ): Promise<HubRanking> => {
    const left = (scope === 'near' ? near : far).filter(
      (one) => !excluded.hubs.includes(one.hub) && !excluded.nodes.includes(one.preferNodeId ?? ''),
    );
    const fitting = new Map(left.map((one) => [one.hub, [one.preferNodeId ?? '']]));
    return { ranked: left, emptiedBy: null, contextTokens: null, hasModel: true, fitting };
  };
  return new HomeSearch({ rank, hasFallbacks });
}

const full = { quoteMs: null, retryAfterMs: 4000 };

describe('a search for a home', () => {
  test('asks the best hub first, without insisting', async () => {
    const ask = await searchAmong([hub('a'), hub('b')]).next();
    const plain = { isForced: false, isWaiting: false };
    expect(ask).toEqual({ hub: 'a', preferNodeId: 'node_a', edgeRttMs: 10, ...plain, asks: 1 });
  });

  test('takes the next hub after a busy one, and presses the lowest quote where nobody is expected to be better', async () => {
    const search = searchAmong([hub('a'), hub('b'), { ...hub('c', 5000), keeps: false }]);
    const first = (await search.next())!;
    search.noteBusy(first, { quoteMs: 2000, retryAfterMs: 1000 });
    const second = (await search.next())!;
    expect([second.hub, second.isForced]).toEqual(['b', false]);
    search.noteBusy(second, { quoteMs: 1200, retryAfterMs: 1000 });
    expect(await search.next()).toMatchObject({ hub: 'b', preferNodeId: null, edgeRttMs: 10, isForced: true, asks: 3 });
    // That hub might have changed since: one more is pressed.
    const third = { hub: 'b', preferNodeId: null, edgeRttMs: 10, isForced: true, isWaiting: false, asks: 3 };
    search.noteBusy(third, full);
    expect(await search.next()).toMatchObject({ hub: 'a', isForced: true, isWaiting: false, asks: 4 });
  });

  test('a quote counts the way to the hub once', async () => {
    const search = searchAmong([
      { ...hub('a'), edgeRttMs: 400 },
      { ...hub('b', 1100), keeps: false },
    ]);
    search.noteBusy((await search.next())!, { quoteMs: 1000, retryAfterMs: null });
    expect(await search.next()).toMatchObject({ hub: 'a', isForced: true });
  });

  test('the last ask there is presses the lowest quote, whatever the next hub promises', async () => {
    const search = searchAmong(['a', 'b', 'c', 'd', 'e'].map((name) => hub(name)));
    for (let i = 1; i < MAX_ASKS; i++) {
      const ask = (await search.next())!;
      expect(ask.isForced).toBe(false);
      search.noteBusy(ask, { quoteMs: 2000 - i, retryAfterMs: null });
    }
    expect(await search.next()).toMatchObject({ hub: 'd', isForced: true, asks: MAX_ASKS });
  });

  test('a lone hub that cannot keep the promise is pressed at once', async () => {
    const search = searchAmong([hub('a')]);
    search.noteBusy((await search.next())!, { quoteMs: 1500, retryAfterMs: 500 });
    expect(await search.next()).toMatchObject({ hub: 'a', isForced: true, asks: 2 });
  });

  test('where all are full one ask waits for its turn where the line is shortest; then the end is busy, with the shortest wait that was told', async () => {
    const search = searchAmong([hub('a'), hub('b'), hub('c')]);
    search.noteBusy((await search.next())!, full);
    search.noteBusy((await search.next())!, { quoteMs: null, retryAfterMs: 2500 });
    search.noteBusy((await search.next())!, { quoteMs: null, retryAfterMs: null });
    const turn = (await search.next())!;
    expect(turn).toEqual({
      hub: 'b',
      preferNodeId: 'node_b',
      edgeRttMs: 10,
      isForced: true,
      isWaiting: true,
      asks: 4,
    });
    // What a hub says last counts: the line has grown since.
    search.noteBusy(turn, { quoteMs: null, retryAfterMs: 9000 });
    expect(await search.next()).toBeNull();
    expect(search.end).toMatchObject({ kind: 'busy', emptiedBy: null, retryAfterMs: 4000 });
  });

  test('hubs without a home cost no ask', async () => {
    const search = searchAmong([hub('a'), hub('b'), hub('c'), hub('d')]);
    for (let i = 0; i < 3; i++) search.noteNone((await search.next())!, null);
    expect(await search.next()).toMatchObject({ hub: 'd', isForced: false, asks: 1 });
  });

  test('far hubs are asked when no near one is left', async () => {
    const search = searchAmong([hub('a')], [hub('z')]);
    search.noteNone((await search.next())!, null);
    expect(await search.next()).toMatchObject({ hub: 'z' });
  });

  test('a bad quote near sends the search on to far hubs, a fair one does not', async () => {
    for (const [quoteMs, hubAsked] of [
      [6000, 'z'],
      [900, 'a'],
    ] as const) {
      const search = searchAmong([hub('a')], [hub('z')]);
      search.noteBusy((await search.next())!, { quoteMs, retryAfterMs: null });
      expect(await search.next()).toMatchObject({ hub: hubAsked });
    }
  });

  test('without fallbacks one hub is asked, and has to take the job', async () => {
    const search = searchAmong([hub('a'), hub('b')], [], false);
    const ask = (await search.next())!;
    expect(ask).toMatchObject({ hub: 'a', isForced: true });
    search.noteNone(ask, { emptiedBy: 'order', contextTokens: null });
    expect(search.end).toMatchObject({ kind: 'no-fit', emptiedBy: 'order' });
  });

  test('a home that refused is not preferred again, its hub may be asked for another', async () => {
    const search = searchAmong([hub('a'), { ...hub('a'), preferNodeId: 'node_other' }]);
    await search.next();
    search.noteRefused('node_a', false);
    expect(await search.next()).toMatchObject({ hub: 'a', preferNodeId: 'node_other', asks: 1 });
    expect(search.excludedNodes).toEqual(['node_a']);
  });

  test('refusals without end do end', async () => {
    const search = searchAmong([hub('a')]);
    let asks = 0;
    for (; await search.next(); asks++) search.noteRefused(`node_${asks}`, false);
    expect(asks).toBeLessThan(12);
    expect(search.end.kind).toBe('nobody');
  });

  test('a home that is full by its own count is left out, but for one who waits, until it fails', async () => {
    const search = searchAmong([hub('a')]);
    await search.next();
    search.noteRefused('node_a', true);
    expect([search.excludedNodes, search.isBlind]).toEqual([['node_a'], true]);
    expect(await search.next()).toMatchObject({ hub: 'a', isWaiting: true });
    expect(search.excludedNodes).toEqual([]);
    search.retry();
    search.noteRefused('node_a', true);
    expect(await search.next()).toMatchObject({ hub: 'a', isWaiting: true });
    search.restart('node_a', null);
    expect([search.excludedNodes.includes('node_a'), search.isBlind]).toEqual([true, false]);
    expect(await search.next()).toBeNull();
  });

  test('where nobody is full nobody is waited for', async () => {
    const search = searchAmong([hub('a')]);
    search.noteNone((await search.next())!, null);
    expect(await search.next()).toBeNull();
  });

  test('after a home broke off the search begins anew without it', async () => {
    const search = searchAmong([hub('a'), hub('b')]);
    search.noteBusy((await search.next())!, full);
    await search.next();
    search.restart('node_b', null);
    expect(search.end.kind).toBe('nobody');
    expect(await search.next()).toMatchObject({ hub: 'a', isForced: false, asks: 1 });
    expect(search.excludedNodes).toEqual(['node_b']);
  });
});
