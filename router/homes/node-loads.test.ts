import { expect, test } from 'vitest';
import { NodeLoads } from './node-loads.ts';

test('a prompt is pending from the grant to its first token, or to the end of a job that has none', () => {
  const loads = new NodeLoads();
  const a = loads.begin('n', 100, 0);
  const b = loads.begin('n', 50, 10);
  expect(loads.pendingPromptTokens('n')).toBe(150);
  a.onFirstToken(200, 1);
  expect(loads.pendingPromptTokens('n')).toBe(50);
  b.end(300);
  a.end(400);
  expect(loads.pendingPromptTokens('n')).toBe(0);
  expect(loads.pendingPromptTokens('other')).toBe(0);
});

test('a job is measured from its frame: work ahead of it, first token and the streams beside it on average', () => {
  const loads = new NodeLoads();
  const a = loads.begin('n', 100, 0);
  const b = loads.begin('n', 50, 10);
  a.onFirstToken(200, 1);
  b.onFirstToken(300, 3);
  a.end(400);
  const times = b.end(700);
  expect(times).toEqual({
    firstTokenMs: 290,
    firstTokens: 3,
    sample: { workTokens: 150, promptMs: 290, activeAtGrant: 1, meanBatch: 1.25, decodeMs: 400 },
  });
  expect(b.end(9999)).toBe(times);
});

test('a job without a first token shows nothing of speed, and its slot is given back once', () => {
  const loads = new NodeLoads();
  const lease = loads.begin('n', 5, 0);
  expect(lease.end(10)).toEqual({ firstTokenMs: null, firstTokens: 0, sample: null });
  lease.end(11);
  expect(loads.begin('n', 5, 20).end(30).sample).toBeNull();
  const after = loads.begin('n', 5, 40);
  after.onFirstToken(50, 1);
  expect(after.end(60).sample).toMatchObject({ activeAtGrant: 0, meanBatch: 1 });
});

test('streams that run at once are those that have their first token and have not ended', () => {
  const loads = new NodeLoads();
  const [a, b] = [loads.begin('n', 10, 0), loads.begin('n', 10, 0)];
  expect(a.streaming).toBe(0);
  a.onFirstToken(10, 1);
  b.onFirstToken(20, 1);
  b.onFirstToken(30, 1);
  expect(a.streaming).toBe(2);
  b.end(40);
  b.end(50);
  expect(a.streaming).toBe(1);
});
