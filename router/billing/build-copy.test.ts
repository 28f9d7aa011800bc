import { expect, test } from 'vitest';
import { buildCreate, buildInsert, buildSelect, countCell, encodeCell, sortTables } from './build-copy.ts';

test('every value of SQLite travels as JSON, bytes as hex digits', () => {
  expect([null, 'a"b', 1.5, -3].map(encodeCell)).toEqual([null, 'a"b', 1.5, -3]);
  const bytes = [new Uint8Array([0, 255]), new Uint8Array([0, 255]).buffer, [0, 255]];
  for (const one of bytes) expect(encodeCell(one)).toEqual({ x: '00ff' });
  for (const none of [undefined, true, {}, 1n]) expect(() => encodeCell(none)).toThrow(TypeError);
});

test('a cell counts as what is sent of it, about', () => {
  expect([countCell('abc'), countCell({ x: '00ff' }), countCell(1), countCell(null)]).toEqual([5, 12, 8, 8]);
});

test('names are quoted, and the key is read even where it is no column', () => {
  const table = { name: 'od"d', columns: ['a', 'b'], key: ['rowid'] };
  expect(buildSelect(table)).toContain('SELECT "a", "b", "rowid" FROM "od""d"');
  expect(buildInsert('t', ['a', 'b'])).toContain('INSERT OR REPLACE INTO "t" ("a", "b") SELECT');
});

test('a table is made only where it is not there, and nothing else is made', () => {
  const made = 'CREATE TABLE IF NOT EXISTS t (a INTEGER PRIMARY KEY)';
  expect(buildCreate('CREATE TABLE t (a INTEGER PRIMARY KEY)')).toBe(made);
  expect(buildCreate(made)).toBe(made);
  for (const other of ['DROP TABLE t', 'CREATE TRIGGER t', 'CREATE INDEX i ON t (a)', ' ; CREATE TABLE t (a)'])
    expect(() => buildCreate(other)).toThrow(RangeError);
});

test('a table stands behind those that it refers to, and the keys at the end', () => {
  const refers = {
    keys: ['accounts'],
    nodes: ['accounts'],
    pools: ['accounts'],
    nodePools: ['nodes', 'pools'],
    tree: ['tree'],
  };
  const names = ['keys', 'nodePools', 'nodes', 'pools', 'tree', 'accounts'];
  expect(sortTables(names, refers, 'keys')).toEqual(['accounts', 'nodes', 'pools', 'nodePools', 'tree', 'keys']);
});
