// What the lint of the house refuses, and what it lets be.
import { expect, test } from 'vitest';
import { judgeHouse } from './judge-house.ts';
import { readModule } from './read-module.ts';

const SCHEMA = { name: 'schema', paths: ['schema/'] };
const ENDS = {
  router: [
    SCHEMA,
    { name: 'hub', paths: ['router/hub/'] },
    { name: 'routes', paths: ['router/routes/'] },
    { name: 'test', paths: ['router/test/'] },
  ],
  'node-agent': [SCHEMA, { name: 'jobs', paths: ['node-agent/jobs/'] }],
};

function judge(files: Record<string, string>): string[] {
  const modules = Object.entries(files).map(([file, text]) => readModule(file, text));
  return judgeHouse(modules, ENDS).map(({ what }) => what);
}

test('a tree whose imports all lead down is clean', () => {
  expect(
    judge({
      'schema/ids.ts': 'export const ID = 1;',
      'router/hub/hub.ts': "import { ID } from '../../schema/ids.ts'; export type Hub = typeof ID;",
      'router/routes/link.ts':
        "import type { Hub } from '../hub/hub.ts'; import { Hono } from 'hono'; export type Link = Hub;",
      'node-agent/jobs/job.ts': "import { ID } from '../../schema/ids.ts'; export const job = ID;",
    }),
  ).toEqual([]);
});

test.each([
  ['a value', "import { link } from '../routes/link.ts';"],
  ['a type', "import type { Link } from '../routes/link.ts';"],
  ['a re-exported type', "export type { Link } from '../routes/link.ts';"],
  ['everything, handed on', "export * from '../routes/link.ts';"],
  ['a type named in place', "type Link = import('../routes/link.ts').Link;"],
  ['a module loaded later', "const link = await import('../routes/link.ts');"],
])('an arrow upwards is named: %s', (_, text) => {
  expect(judge({ 'router/hub/hub.ts': text, 'router/routes/link.ts': '' })).toEqual([
    'router/hub/hub.ts (hub) imports router/routes/link.ts (routes)',
  ]);
});

test('a circle is named even when it runs through types only, and once', () => {
  expect(
    judge({
      'router/hub/a.ts': "import type { B } from './b.ts'; export type A = B;",
      'router/hub/b.ts': "import type { C } from './c.ts'; export type B = C;",
      'router/hub/c.ts': "import type { A } from './a.ts'; export type C = A;",
      'router/hub/d.ts': "import type { A } from './a.ts'; export type D = A;",
    }),
  ).toEqual(['circle: router/hub/a.ts → router/hub/b.ts → router/hub/c.ts → router/hub/a.ts']);
});

test('agent and router never import each other, and schema imports neither', () => {
  expect(
    judge({
      'node-agent/jobs/job.ts': "import '../../router/hub/hub.ts';",
      'schema/ids.ts': "import '../router/hub/hub.ts';",
      'router/hub/hub.ts': '',
    }),
  ).toHaveLength(2);
});

test('tests of the whole may use both ends, the product may not', () => {
  const home = { 'node-agent/jobs/pause.ts': 'export const ID = 1;' };
  const text = "import { ID } from '../../node-agent/jobs/pause.ts'; export const id = ID;";
  expect(judge({ ...home, 'router/test/homes.ts': text })).toEqual([]);
  expect(judge({ ...home, 'router/hub/homes.ts': text })).toHaveLength(1);
});

test('a file in no room, and an import of one, are named', () => {
  expect(judge({ 'router/attic/box.ts': '', 'router/hub/hub.ts': "import '../attic/box.ts';" })).toEqual([
    'router/attic/box.ts stands in no room',
    'router/hub/hub.ts (hub) imports router/attic/box.ts (no room)',
  ]);
});

test.each([
  'export const now = () => Date.now();',
  'export const now = () => new Date();',
  'export const now = () => performance.now();',
  'export const later = (f: () => void) => setTimeout(f, 1);',
  'export const draw = () => Math.random();',
  'export const draw = () => crypto.randomUUID();',
  "export const ask = () => fetch('http://127.0.0.1');",
  'export const ask = (send = fetch) => send;',
  "export const home = () => process.env['HOME'];",
  "import { readFileSync } from 'node:fs';",
  'let count = 0;',
  'const seen = new WeakMap();',
  'const seen = new Map<string, number>(); export const see = (name: string) => seen.set(name, 1);',
  'const seen: number[] = []; export const see = (at: number) => { seen[at] = 1; };',
  'export const state = { count: 0 }; export const tick = () => { state.count += 1; };',
  'export const state = { count: 0 }; export const tick = () => state.count++;',
])('a verb file may not do this: %s', (text) => {
  expect(judge({ 'router/hub/count-parts.ts': text })).toHaveLength(1);
  expect(judge({ 'router/hub/part-counter.ts': text })).toEqual([]);
});

test('a verb file may compute with dates, tables and collections of its own', () => {
  const text = `
    import { isIP } from 'node:net';
    const NAMES: ReadonlyMap<string, number> = new Map([['a', 1]]);
    export const call = (doors: { fetch: () => number }) => doors.fetch();
    export const yearOf = (ms: number) => new Date(ms).getFullYear();
    export function countAll(names: string[]) { const seen = new Set(names); seen.add('b'); return NAMES.get('a') ?? isIP('::1') + seen.size; }
  `;
  expect(judge({ 'router/hub/count-parts.ts': text })).toEqual([]);
});

test('a file that does not parse is refused by name', () => {
  expect(() => readModule('router/hub/hub.ts', 'const = 1')).toThrow('router/hub/hub.ts');
});
