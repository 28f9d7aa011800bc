import { describe, expect, test } from 'vitest';
import { indexBundle, indexCompiled, readFrame } from './read-frames.ts';
import type { Known } from './read-frames.ts';

const BUNDLE = [
  '// node_modules/zod/v4/core.js',
  'a',
  'b',
  '// router/hub/part.ts',
  'class A {',
  '  // router of all',
  '}',
];

const KNOWN: Known = {
  root: '/home/me/irori',
  compiled: indexCompiled(
    '1000 10 JS:*push worker.js:5:1\n2000 10 JS:^run file:///home/me/irori/node-agent/jobs/job.ts:9:3\n',
  ),
  bundled: indexBundle(BUNDLE.join('\n')),
};

describe('a line of the bundle', () => {
  test.each([
    [1, 'node_modules/zod/v4/core.js'],
    [3, 'node_modules/zod/v4/core.js'],
    [5, 'router/hub/part.ts'],
    [7, 'router/hub/part.ts'],
  ])('%i came from %s', (line, file) => {
    expect(indexBundle(BUNDLE.join('\n'))(line)).toBe(file);
  });

  test('came from the same file where the bundle was made from elsewhere', () => {
    expect(indexBundle('// ../before/router/hub/part.ts\nclass A {')(2)).toBe('router/hub/part.ts');
  });

  test('before the first file came from none', () => {
    expect(indexBundle('var a;\n// router/hub/part.ts')(1)).toBeNull();
  });
});

describe("an engine's map", () => {
  test('is read by its last word on an address, since memory is used anew', () => {
    const at = indexCompiled('100 20 JS:*old a.js:1:1\n300 20 JS:*far a.js:2:1\n110 8 JS:*new a.js:3:1\n');
    expect([0x110, 0x117, 0x118, 0x100, 0x310].map(at)).toEqual([
      'JS:*new a.js:3:1',
      'JS:*new a.js:3:1',
      null,
      null,
      'JS:*far a.js:2:1',
    ]);
  });

  test('may hold a line that is not whole', () => {
    expect(indexCompiled('100 20 JS:*a a.js:1:1\n30')(0x101)).toBe('JS:*a a.js:1:1');
  });
});

describe('a frame', () => {
  test('of the Worker has the file that its line of the bundle came from', () => {
    expect(readFrame('  1004 JS:*stale worker.js:1:1 (/tmp/perf-1.map)', KNOWN)).toEqual({
      name: 'push',
      file: 'router/hub/part.ts',
    });
  });

  test('of the agent has its file within the checkout', () => {
    const frame = { name: 'run', file: 'node-agent/jobs/job.ts' };
    expect(readFrame('  2004 [unknown] ([unknown])', KNOWN)).toEqual(frame);
  });

  test('without a name keeps its file', () => {
    expect(readFrame(' 3000 JS:^ node:events:5:1 (/tmp/perf-1.map)', KNOWN)).toEqual({ name: '', file: 'node:events' });
  });

  test('of a native addon has the addon as its file', () => {
    expect(readFrame(' 40 [unknown] (/home/me/irori/node_modules/secp256k1/a.node)', KNOWN)).toEqual({
      name: '[unknown]',
      file: 'node_modules/secp256k1/a.node',
    });
  });

  test('of machine code keeps its symbol, brackets and all', () => {
    expect(readFrame(' 40 kj::run(int)::{lambda()#1}::operator() (/opt/my app/workerd)', KNOWN)).toEqual({
      name: 'kj::run(int)::{lambda()#1}::operator()',
      file: null,
    });
  });
});
