import { expect, test } from 'vitest';
import { IdleLog, KEPT_MS, MINUTE_MS } from './idle-log.ts';
import type { Standing } from './read-minute.ts';

const T0 = 1_800_000_000_000 - (1_800_000_000_000 % MINUTE_MS);
const READY: Standing = { paused: null, isConnected: true, coolingUntilAt: null, coolingReason: null };
const GONE: Standing = { ...READY, isConnected: false };
const at = (minutes: number): number => T0 + minutes * MINUTE_MS;
const lastHour = (log: IdleLog, now = at(60), node = 'n') => log.read(node, now - KEPT_MS, now);
const kinds = (log: IdleLog, now?: number) => lastHour(log, now).map(({ kind }) => kind);

test('a node that was never here is offline in each of the 60 minutes', () => {
  expect(new Set(kinds(new IdleLog()))).toEqual(new Set(['offline']));
  expect(kinds(new IdleLog())).toHaveLength(60);
  expect(lastHour(new IdleLog(), at(60) + 1)).toHaveLength(60);
});

test('minutes without any event are quiet while the node is connected, and nothing has to be noted for them', () => {
  const log = new IdleLog();
  log.noteState('n', READY, at(20));
  expect(kinds(log)).toEqual([...Array(20).fill('offline'), ...Array(40).fill('quiet')]);
});

test('a minute tells what the node stood in for the longest part of it', () => {
  const log = new IdleLog();
  log.noteState('n', READY, at(-100));
  log.noteState('n', { ...READY, paused: 'gpu-in-use' }, at(10) + 20_000);
  log.noteState('n', { ...READY, paused: 'owner' }, at(12));
  log.noteState('n', READY, at(13) + 20_000);
  log.noteState('n', GONE, at(30));
  const minutes = lastHour(log);
  expect(minutes[9]?.kind).toBe('quiet');
  expect(minutes[10]).toMatchObject({ kind: 'paused', paused: 'gpu-in-use' });
  expect(minutes[12]).toMatchObject({ kind: 'paused', paused: 'owner' });
  expect(minutes[13]?.kind).toBe('quiet');
  expect(minutes[59]?.kind).toBe('offline');
  expect(log.standing('n')).toEqual({ ...GONE, sinceAt: at(30) });
  expect(log.standing('other')).toBeNull();
});

test('cooling ends by itself at its time', () => {
  const log = new IdleLog();
  log.noteState('n', READY, at(0));
  const cooling = { coolingUntilAt: at(12), coolingReason: 'three jobs broke off' };
  log.noteState('n', { ...READY, ...cooling }, at(10));
  const minutes = lastHour(log);
  expect(minutes.slice(9, 13).map(({ kind }) => kind)).toEqual(['quiet', 'cooling', 'cooling', 'quiet']);
  expect(minutes[10]).toMatchObject(cooling);
});

test('calls that another home took are counted by reason in their minute', () => {
  const log = new IdleLog();
  log.noteState('n', READY, at(0));
  log.noteAsk('n', 'farther', at(5) + 1);
  log.noteAsk('n', 'farther', at(5) + 2);
  log.noteAsk('n', 'cold', at(5) + 59_999);
  const minute = lastHour(log)[5];
  expect(minute).toMatchObject({ kind: 'passed', why: { farther: 2, cold: 1 }, jobs: 0 });
});

test('a minute with any work is one of work, and its jobs are counted where they began', () => {
  const log = new IdleLog();
  log.noteState('n', READY, at(0));
  log.noteJob('n', at(5) + 50_000, null);
  log.noteJob('n', at(5) + 55_000, null);
  log.noteJob('n', at(5) + 50_000, at(6) + 1000);
  log.noteJob('n', at(5) + 55_000, at(7) + 1000);
  log.noteJob('n', at(9), at(9) + 100);
  log.noteAsk('n', 'full', at(6));
  log.noteJob('n', at(58), null);
  const minutes = lastHour(log);
  expect(minutes.flatMap(({ kind }, index) => (kind === 'job' ? [index] : []))).toEqual([5, 6, 7, 9, 58, 59]);
  expect(minutes.map(({ jobs }) => jobs).filter(Boolean)).toEqual([2, 1, 1]);
});

test('jobs of a node whose socket closed end there', () => {
  const log = new IdleLog();
  log.noteState('n', READY, at(0));
  log.noteJob('n', at(5), null);
  log.noteState('n', GONE, at(8));
  expect(kinds(log).slice(4, 10)).toEqual(['quiet', 'job', 'job', 'job', 'job', 'offline']);
});

test('what is saved and loaded tells the same, and jobs that ran at the save are over', () => {
  const log = new IdleLog();
  log.noteState('n', READY, at(0));
  log.noteState('n', { ...READY, paused: 'battery' }, at(20));
  log.noteState('n', READY, at(22));
  log.noteAsk('n', 'promise', at(30));
  log.noteJob('n', at(40), at(41));
  log.noteJob('n', at(58), null);
  const text = log.save(at(60));
  const next = new IdleLog();
  next.load(text ?? '');
  expect(lastHour(next)).toEqual(lastHour(log));
  expect(next.save(at(70))).toBeNull();
  expect(next.read('n', at(61), at(63)).map(({ kind }) => kind)).toEqual(['quiet', 'quiet']);
});

test('what a hub saved before there was a new reason tells what it told then', () => {
  const log = new IdleLog();
  const minute = at(0) / MINUTE_MS;
  // Version 0.4: its twelve reasons, then the jobs that began.
  log.put('n', { c: [[at(0), 1, null, null, null]], j: [], a: [[minute, 9, 1, 11, 2, 12, 3]] });
  expect(log.read('n', at(0), at(1))).toMatchObject([{ jobs: 3, why: { context: 1, 'own-first': 2 } }]);
  log.noteAsk('n', 'dirtier', at(0));
  expect(log.read('n', at(0), at(1))[0]?.why).toEqual({ context: 1, 'own-first': 2, dirtier: 1 });
});

test('a save comes at most every 30 s unless it is the last before the hub falls idle, and only after a change', () => {
  const log = new IdleLog();
  expect(log.save(at(0))).toBeNull();
  log.noteState('n', READY, at(0));
  expect(log.save(at(0))).not.toBeNull();
  log.noteAsk('n', 'farther', at(0) + 1);
  expect(log.save(at(0) + 29_999)).toBeNull();
  expect(log.save(at(0) + 29_999, true)).not.toBeNull();
  expect(log.save(at(5), true)).toBeNull();
});

test('a text that is not a log is an empty log', () => {
  const log = new IdleLog();
  for (const text of ['', '{', '{"v":2,"nodes":[]}', '{"v":1}', 'null']) log.load(text);
  expect(log.standing('n')).toBeNull();
});

test('a node that moves takes its hour along, and its old hub forgets it', () => {
  const from = new IdleLog();
  from.noteState('n', READY, at(0));
  from.noteAsk('n', 'farther', at(10));
  from.noteJob('n', at(12), at(13));
  const saved = from.take('n', at(30));
  from.noteState('n', GONE, at(30));
  expect(from.standing('n')).toBeNull();
  expect(from.take('n', at(30))).toBeNull();
  const to = new IdleLog();
  to.noteState('n', READY, at(30));
  to.noteAsk('n', 'farther', at(10));
  if (saved) to.put('n', saved);
  const minutes = lastHour(to);
  expect(minutes.map(({ kind }) => kind).filter((kind) => kind === 'offline')).toEqual([]);
  expect(minutes[10]?.why).toEqual({ farther: 2 });
  expect(minutes[12]?.kind).toBe('job');
});

test('memory stays bounded: an hour of minutes, a number of changes, nodes that are gone for a week', () => {
  const log = new IdleLog();
  for (let i = 0; i < 5000; i++) {
    log.noteState('n', { ...READY, paused: i % 2 === 0 ? 'gpu-in-use' : null }, at(0) + i * 1000);
    log.noteAsk('n', 'farther', at(0) + i * 60_000);
  }
  log.noteState('old', READY, at(0));
  log.noteState('old', GONE, at(1));
  for (let i = 0; i < 2500; i++) log.noteState(`m${i}`, READY, at(6000) + i);
  const text = log.save(at(60 * 24 * 8)) ?? '';
  const { nodes } = JSON.parse(text) as { nodes: [string, { c: unknown[]; a: unknown[] }][] };
  expect(nodes.some(([id]) => id === 'old')).toBe(false);
  expect(nodes.length).toBeLessThanOrEqual(2000);
  const log2 = new IdleLog();
  for (let i = 0; i < 5000; i++) log2.noteAsk('n', 'farther', at(i));
  for (let i = 0; i < 5000; i++) log2.noteState('n', i % 2 === 0 ? READY : GONE, at(4000) + i);
  const saved = log2.take('n', at(5000));
  expect(saved?.a.length).toBeLessThanOrEqual(62);
  expect(saved?.c.length).toBeLessThanOrEqual(241);
});

test('after a sleep who lost its socket is gone, and the others stand as they did', () => {
  const log = new IdleLog();
  log.noteState('n', READY, at(0));
  log.noteState('m', READY, at(0));
  log.noteState('k', GONE, at(0));
  log.closeOthers(new Set(['n']), { watchedAt: at(10), now: at(30) });
  expect(log.standing('n')).toEqual({ ...READY, sinceAt: at(0) });
  expect(log.standing('m')).toEqual({ ...GONE, sinceAt: at(30) });
  expect(log.standing('k')).toBeNull();
  expect(kinds(log, at(60))).not.toContain('unseen');
});

test('of a home whose socket is lost nothing is known from when its hub last watched until it wakes, and that is kept', () => {
  const before = new IdleLog();
  before.noteState('n', READY, at(0));
  before.noteState('m', READY, at(0));
  before.noteJob('m', at(9), null);
  const saved = before.save(at(10)) ?? '';
  const wake = (watchedAt: number): IdleLog => {
    const log = new IdleLog();
    log.load(saved);
    log.closeOthers(new Set(['n']), { watchedAt, now: at(40) });
    log.noteState('m', READY, at(45));
    const later = new IdleLog();
    later.load(log.save(at(50), true) ?? '');
    return later;
  };
  const told = [...Array(9).fill('quiet'), ...Array(2).fill('job'), ...Array(29).fill('unseen')];
  const rest = [...Array(5).fill('offline'), ...Array(15).fill('quiet')];
  expect(lastHour(wake(-Infinity), at(60), 'm').map(({ kind }) => kind)).toEqual([...told, ...rest]);
  expect(new Set(lastHour(wake(-Infinity), at(60), 'n').map(({ kind }) => kind))).toEqual(new Set(['quiet']));
  expect(
    wake(-Infinity)
      .readDay('m', at(60))
      .reduce((sum, { minutes }) => sum + (minutes['unseen'] ?? 0), 0),
  ).toBe(29);
  // What the hub knows from elsewhere moves it, never past now.
  expect(lastHour(wake(at(20)), at(60), 'm').filter(({ kind }) => kind === 'unseen')).toHaveLength(20);
  expect(lastHour(wake(at(99)), at(60), 'm').filter(({ kind }) => kind === 'unseen')).toHaveLength(0);
});

test('one that hangs up as its hub sleeps was there until then, though the hub finds no socket of it as it wakes', () => {
  const before = new IdleLog();
  before.noteState('n', READY, at(0));
  before.noteJob('n', at(1), at(2));
  before.noteState('n', { ...READY, paused: 'battery' }, at(3));
  const log = new IdleLog();
  log.load(before.save(at(3)) ?? '');
  const wokeAt = at(600);
  log.closeOthers(new Set(), { watchedAt: -Infinity, now: wokeAt });
  expect(log.noteHeld('n')).toBe(true);
  expect(log.noteHeld('n')).toBe(false);
  expect(log.noteHeld('k')).toBe(false);
  expect(log.standing('n')).toEqual({ ...GONE, sinceAt: wokeAt });
  log.noteState('n', READY, wokeAt + MINUTE_MS);
  const sums: Record<string, number> = {};
  for (const { minutes } of log.readDay('n', wokeAt + 2 * MINUTE_MS))
    for (const [code, count] of Object.entries(minutes)) sums[code] = (sums[code] ?? 0) + count;
  expect(sums).toEqual({ job: 2, quiet: 2, 'paused:battery': 597, offline: 1 });
  // Later nobody asks, and it is forgotten.
  log.closeOthers(new Set(), { watchedAt: -Infinity, now: wokeAt + 2 * MINUTE_MS });
  log.save(wokeAt + 4 * MINUTE_MS, true);
  expect(log.noteHeld('n')).toBe(false);
});
