import { describe, expect, test } from 'vitest';
import { countTurns } from './count-turns.ts';

const lines = (...all: object[]): string[] => all.map((one) => JSON.stringify(one));

const BEFORE = lines(
  { e: 'header', v: 1 },
  { e: 'ctx', ctx: 1, worker: 'core:user:irori', actor: 'aaaaaaaa' },
  { e: 'init', ctx: 1, id: 1, kind: 'request', name: 'hibernatable_websocket' },
  { e: 'turn', ctx: 1, cause: 1 },
);
const COUNTED = lines(
  { e: 'ctx', ctx: 2, worker: 'core:user:irori', actor: null },
  { e: 'init', ctx: 2, id: 2, kind: 'request', name: 'fetch' },
  { e: 'turn', ctx: 2, cause: 2 },
  { e: 'init', ctx: 2, id: 3, kind: 'operation', name: 'stream_read' },
  { e: 'turn', ctx: 2, cause: 3 },
  { e: 'turn', ctx: 2, cause: 3 },
  { e: 'turn', ctx: 1, cause: 1 },
  { e: 'ctx', ctx: 4, worker: 'core:user:irori', actor: 'bbbbbbbbbb' },
  { e: 'turn', ctx: 4, cause: 99 },
  { e: 'ctx', ctx: 5, worker: 'd1:db', actor: 'cccc' },
  { e: 'turn', ctx: 5, cause: 98 },
);

describe("workerd's trace", () => {
  test('is counted by place: the edge, the hub that has sockets, other objects by their id, and D1', () => {
    const { turns } = countTurns(BEFORE, COUNTED);
    expect(Object.fromEntries(turns)).toEqual({ edge: 3, hub: 1, 'object bbbbbb': 1, D1: 1 });
  });

  test('tells what turns were for and what was begun in them', () => {
    const { causes, operations } = countTurns(BEFORE, COUNTED);
    expect(Object.fromEntries(causes.get('edge')!)).toEqual({ 'request fetch': 1, 'operation stream_read': 2 });
    expect(Object.fromEntries(operations.get('edge')!)).toEqual({ 'request fetch': 1, 'operation stream_read': 1 });
    expect(causes.get('hub')?.get('request hibernatable_websocket')).toBe(1);
  });

  test('may end in the middle of a line', () => {
    expect(countTurns(BEFORE, [...COUNTED, '{"e":"tur']).turns.get('edge')).toBe(3);
  });
});
