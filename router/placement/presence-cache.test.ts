import { describe, expect, test } from 'vitest';
import type { PresenceRow, PresenceSummary } from '../../schema/presence.ts';
import { err, ok } from '../../schema/result.ts';
import { makePresenceCache } from './presence-cache.ts';
import type { PresenceLook } from './presence-cache.ts';
import type { Presence, PresenceQuestion } from './presence.ts';

const HOUR_MS = 3_600_000;

function summaryOf(hub: string, free = 1): PresenceSummary {
  return { hub, lat: 48, lon: 2, radiusKm: 10, free, slots: 2, classes: {}, untilAt: 13 * HOUR_MS };
}

function rowOf(node: string, hub: string, untilAt = 13 * HOUR_MS): PresenceRow {
  const facts = {
    promptTokensPerS: 100,
    decodeTokensPerS: 50,
    contextTokens: 4096,
    digest: 'd',
    quantisation: 'q8',
    priceIn: 1,
    priceOut: 2,
    serves: [],
    contexts: [],
    cans: [],
    owner: 'acct_o',
    pools: ['public'],
    rttMs: 10,
    loadMs: 0,
  };
  return { node, hub, lat: 48, lon: 2, country: 'FR', slots: 1, untilAt, ...facts };
}

/** A presence in memory that counts its round trips and can be away. */
function fakePresence(table: { summaries: Record<string, PresenceSummary[]>; rows: Record<string, PresenceRow[]> }) {
  const asked: PresenceQuestion[] = [];
  const state = { isAway: false };
  const presence: Presence = {
    read: async (question) => {
      asked.push(question);
      if (state.isAway) return err({ code: 'presence-away', detail: 'down' });
      return ok({
        summaries: new Map(question.areas.map((area) => [area, table.summaries[area] ?? []])),
        rows: new Map(question.hubs.map((hub) => [hub, table.rows[hub] ?? []])),
      });
    },
    readNear: async () => ok([]),
    readHubs: async () => ok([]),
    write: async () => ok(null),
    sweep: async () => ok(0),
    ping: async () => !state.isAway,
  };
  return { presence, asked, state, table };
}

const look: PresenceLook = {
  modelKey: 'm',
  areas: ['weur'],
  chooseHubs: (known) => known.all().map((each) => each.hub),
};

describe('presence cache', () => {
  test('a cold edge with a guessed hub needs one round trip, a warm one none', async () => {
    const { presence, asked } = fakePresence({
      summaries: { weur: [summaryOf('weur.0')] },
      rows: { 'weur.0': [rowOf('n', 'weur.0')] },
    });
    const cache = makePresenceCache(() => 0);
    const cold = await cache.look(presence, { ...look, guessHubs: (area) => [`${area}.0`] });
    expect(cold).toMatchObject({ ok: true, value: { trips: 1, isDegraded: false, rows: [{ node: 'n' }] } });
    const warm = await cache.look(presence, look);
    expect(warm).toMatchObject({ ok: true, value: { trips: 0, rows: [{ node: 'n' }] } });
    expect(asked).toEqual([{ modelKey: 'm', areas: ['weur'], hubs: ['weur.0'] }]);
  });

  test('a cold edge that cannot guess the hubs needs two, and only the first time', async () => {
    let nowAt = 0;
    const { presence, asked } = fakePresence({ summaries: { weur: [summaryOf('a')] }, rows: { a: [rowOf('n', 'a')] } });
    const cache = makePresenceCache(() => nowAt);
    expect(await cache.look(presence, look)).toMatchObject({ ok: true, value: { trips: 2 } });
    nowAt = 20_000;
    expect(await cache.look(presence, look)).toMatchObject({ ok: true, value: { trips: 1 } });
    expect(asked.at(-1)).toEqual({ modelKey: 'm', areas: ['weur'], hubs: ['a'] });
  });

  test('rows are read again after 1.5 s, summaries after 10 s', async () => {
    let nowAt = 0;
    const { presence, asked } = fakePresence({ summaries: { weur: [summaryOf('a')] }, rows: {} });
    const cache = makePresenceCache(() => nowAt);
    await cache.look(presence, look);
    nowAt = 1_500;
    await cache.look(presence, look);
    expect(asked.at(-1)).toEqual({ modelKey: 'm', areas: [], hubs: ['a'] });
    nowAt = 10_000;
    await cache.look(presence, look);
    expect(asked.at(-1)).toEqual({ modelKey: 'm', areas: ['weur'], hubs: ['a'] });
  });

  test('that nobody serves a model is believed for half a second, that an area is empty as long as rows are fresh', async () => {
    let nowAt = 0;
    const fake = fakePresence({ summaries: {}, rows: {} });
    const cache = makePresenceCache(() => nowAt);
    const wide = { ...look, areas: ['weur', 'apac'] };
    await cache.look(fake.presence, wide);
    nowAt = 499;
    expect(await cache.look(fake.presence, wide)).toMatchObject({ ok: true, value: { hubs: [], trips: 0 } });
    fake.table.summaries['weur'] = [summaryOf('a')];
    nowAt = 500;
    expect(await cache.look(fake.presence, wide)).toMatchObject({ ok: true, value: { hubs: [{ hub: 'a' }] } });
    const before = fake.asked.length;
    nowAt = 1_999;
    await cache.look(fake.presence, wide);
    expect(fake.asked.length).toBe(before);
    nowAt = 2_000;
    await cache.look(fake.presence, wide);
    expect(fake.asked.at(-1)).toEqual({ modelKey: 'm', areas: ['apac'], hubs: ['a'] });
  });

  test('a hub that was guessed before it had homes is read once its summary names it', async () => {
    let nowAt = 0;
    const fake = fakePresence({ summaries: {}, rows: {} });
    const cache = makePresenceCache(() => nowAt);
    const guess = { ...look, guessHubs: () => ['a'] };
    await cache.look(fake.presence, guess);
    fake.table.summaries['weur'] = [summaryOf('a')];
    fake.table.rows['a'] = [rowOf('n', 'a')];
    nowAt = 500;
    expect(await cache.look(fake.presence, guess)).toMatchObject({ ok: true, value: { rows: [{ node: 'n' }] } });
  });

  test('while one request refreshes, others go on with the old copy', async () => {
    let nowAt = 0;
    const { presence, asked } = fakePresence({ summaries: { weur: [summaryOf('a')] }, rows: { a: [rowOf('n', 'a')] } });
    const cache = makePresenceCache(() => nowAt);
    await cache.look(presence, look);
    const before = asked.length;
    nowAt = 5_000;
    const views = await Promise.all(Array.from({ length: 20 }, async () => cache.look(presence, look)));
    expect(asked.length - before).toBe(1);
    expect(views.every((view) => view.ok && view.value.rows.length === 1)).toBe(true);
  });

  test('with Redis away older copies are served as degraded, and Redis is left alone for a second', async () => {
    let nowAt = 0;
    const fake = fakePresence({ summaries: { weur: [summaryOf('a')] }, rows: { a: [rowOf('n', 'a')] } });
    const cache = makePresenceCache(() => nowAt);
    await cache.look(fake.presence, look);
    fake.state.isAway = true;
    nowAt = 60_000;
    expect(await cache.look(fake.presence, look)).toMatchObject({
      ok: true,
      value: { isDegraded: true, rows: [{ node: 'n' }] },
    });
    const before = fake.asked.length;
    nowAt = 60_700;
    expect(await cache.look(fake.presence, look)).toMatchObject({ ok: true, value: { isDegraded: true, trips: 0 } });
    expect(fake.asked.length).toBe(before);
    expect(cache.isDegraded()).toBe(true);
    fake.state.isAway = false;
    nowAt = 62_000;
    expect(await cache.look(fake.presence, look)).toMatchObject({ ok: true, value: { isDegraded: false } });
    expect(cache.isDegraded()).toBe(false);
  });

  test('with Redis away and nothing remembered the caller is told to ask elsewhere', async () => {
    const fake = fakePresence({ summaries: {}, rows: {} });
    fake.state.isAway = true;
    const cache = makePresenceCache(() => 0);
    expect(await cache.look(fake.presence, look)).toEqual({ ok: false, error: 'presence-away' });
    cache.remember('m', {
      summaries: new Map([['weur', [summaryOf('a')]]]),
      rows: new Map([['a', [rowOf('n', 'a')]]]),
    });
    expect(await cache.look(fake.presence, look)).toMatchObject({
      ok: true,
      value: { rows: [{ node: 'n' }], trips: 0 },
    });
  });

  test('what is doubted is read again at the next look, and stands until then', async () => {
    const fake = fakePresence({ summaries: { weur: [summaryOf('a')] }, rows: { a: [rowOf('n', 'a')] } });
    const cache = makePresenceCache(() => 0);
    await cache.look(fake.presence, look);
    fake.table.summaries['weur'] = [summaryOf('a'), summaryOf('b')];
    fake.table.rows['b'] = [rowOf('m', 'b')];
    expect(await cache.look(fake.presence, look)).toMatchObject({ value: { rows: [{ node: 'n' }], trips: 0 } });
    cache.doubt('another');
    cache.doubt('m');
    expect(await cache.look(fake.presence, look)).toMatchObject({ value: { rows: [{ node: 'n' }, { node: 'm' }] } });
    fake.state.isAway = true;
    cache.doubt('m');
    expect(await cache.look(fake.presence, look)).toMatchObject({ value: { rows: [{ node: 'n' }, { node: 'm' }] } });
  });

  test('a remembered row past its time is not served', async () => {
    let nowAt = 0;
    const fake = fakePresence({ summaries: { weur: [summaryOf('a')] }, rows: { a: [rowOf('n', 'a', 1_000)] } });
    const cache = makePresenceCache(() => nowAt);
    await cache.look(fake.presence, look);
    nowAt = 1_000;
    expect(await cache.look(fake.presence, look)).toMatchObject({ ok: true, value: { rows: [], trips: 0 } });
  });

  test('hubs that come, go and move are seen once their area is read again', async () => {
    let now = 0;
    const fake = fakePresence({ summaries: { weur: [summaryOf('a'), summaryOf('b')] }, rows: {} });
    const cache = makePresenceCache(() => now);
    const near: PresenceLook = {
      ...look,
      chooseHubs: (known) => [...known.near({ lat: 48, lon: 2 })].map((each) => each.summary.hub),
    };
    const namesNow = async (): Promise<readonly string[]> => {
      now += 20_000;
      const view = await cache.look(fake.presence, near);
      return view.ok ? view.value.hubs.map(({ hub }) => hub) : [];
    };
    expect((await namesNow()).toSorted()).toEqual(['a', 'b']);
    fake.table.summaries['weur'] = [summaryOf('a'), summaryOf('c')];
    expect((await namesNow()).toSorted()).toEqual(['a', 'c']);
    fake.table.summaries['weur'] = [{ ...summaryOf('a'), lat: -60 }, summaryOf('c')];
    expect(await namesNow()).toEqual(['c', 'a']);
    fake.table.summaries['weur'] = [summaryOf('c')];
    expect(await namesNow()).toEqual(['c']);
  });

  test('a hub that says what is free corrects its summary', async () => {
    const fake = fakePresence({ summaries: { weur: [summaryOf('a', 3), summaryOf('b', 3)] }, rows: {} });
    const cache = makePresenceCache(() => 0);
    await cache.look(fake.presence, look);
    const classes: Record<string, [number, number]> = { '2.18.12': [0, 4] };
    cache.noteCapacity({ modelKey: 'm', area: 'weur', hub: 'a', capacity: { free: 0, slots: 4, classes } });
    const view = await cache.look(fake.presence, look);
    expect(view.ok && view.value.hubs.map(({ summary }) => summary?.free)).toEqual([0, 3]);
    expect(view).toMatchObject({
      ok: true,
      value: { hubs: [{ hub: 'a', summary: { slots: 4, classes } }, { hub: 'b' }] },
    });
  });

  test('a slot that a job of this edge leaves is free again, and never more than there are', async () => {
    const fake = fakePresence({ summaries: { weur: [summaryOf('a', 3)] }, rows: {} });
    const cache = makePresenceCache(() => 0);
    await cache.look(fake.presence, look);
    const place = { modelKey: 'm', area: 'weur', hub: 'a' };
    cache.noteCapacity({ ...place, capacity: { free: 0, slots: 2, classes: { '1.18.12': [0, 1], '1.9.9': [0, 1] } } });
    for (const speedClass of ['1.18.12', '1.18.12', 'another', 'another']) cache.noteFreed({ ...place, speedClass });
    cache.noteFreed({ ...place, hub: 'unknown', speedClass: '1.18.12' });
    const view = await cache.look(fake.presence, look);
    expect(view.ok && view.value.hubs.map(({ summary }) => summary)).toMatchObject([
      { free: 2, slots: 2, classes: { '1.18.12': [1, 1], '1.9.9': [0, 1] } },
    ]);
  });
});

describe('what one look has chosen', () => {
  /** Looks under one key, each of which tells what it would choose; and how often one was asked. */
  function openLooks() {
    const { presence } = fakePresence({
      summaries: { weur: [{ ...summaryOf('weur.0', 2), classes: { '1.2.3': [2, 2] } }] },
      rows: { 'weur.0': [rowOf('n', 'weur.0')] },
    });
    const clock = { now: 0 };
    const cache = makePresenceCache(() => clock.now);
    let chosen = 0;
    const ask = async (key?: string): Promise<number> => {
      const before = chosen;
      const chooseHubs: PresenceLook['chooseHubs'] = (known) => {
        chosen += 1;
        return known.all().map((each) => each.hub);
      };
      const seen = await cache.look(presence, { ...look, chooseHubs, ...(key !== undefined && { key }) });
      expect(seen).toMatchObject({ ok: true, value: { hubs: [{ hub: 'weur.0' }] } });
      return chosen - before;
    };
    const note = (free: number, ofClass = free): void =>
      cache.noteCapacity({
        modelKey: 'm',
        area: 'weur',
        hub: 'weur.0',
        capacity: { free, slots: 2, classes: { '1.2.3': [ofClass, 2] } },
      });
    return { ask, note, clock, cache };
  }

  test('does for a fifth of a second for those who choose alike, and no longer', async () => {
    const { ask, clock } = openLooks();
    await ask('a');
    expect([await ask('a'), await ask('b'), await ask()]).toEqual([0, 1, 1]);
    clock.now = 199;
    expect(await ask('a')).toBe(0);
    clock.now = 200;
    expect(await ask('a')).toBe(1);
  });

  test('stands while a hub only has fewer slots free, and is over where it is full, or is not any more', async () => {
    const { ask, note, cache } = openLooks();
    await ask('a');
    note(1);
    expect(await ask('a')).toBe(0);
    note(0);
    expect(await ask('a')).toBe(1);
    cache.noteFreed({ modelKey: 'm', area: 'weur', hub: 'weur.0', speedClass: '1.2.3' });
    expect(await ask('a')).toBe(1);
    // A class that is full is as good as a hub to who needs its speed.
    note(1, 0);
    expect(await ask('a')).toBe(1);
  });

  test('is over when the table is read anew, or forgotten', async () => {
    const { ask, cache } = openLooks();
    await ask('a');
    cache.remember('m', { summaries: new Map([['weur', [summaryOf('weur.0')]]]), rows: new Map() });
    expect(await ask('a')).toBe(1);
    cache.remember('other', { summaries: new Map(), rows: new Map() });
    expect(await ask('a')).toBe(0);
    cache.clear();
    expect(await ask('a')).toBeGreaterThan(0);
  });
});
