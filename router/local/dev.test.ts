import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { watchSources } from './dev.ts';

let root: string;
let told: string[];
let watched: { stop(): void };
let failure: Error | null;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'irori-dev-'));
  for (const folder of ['router/hub', 'schema', 'node-agent', 'migrations'])
    mkdirSync(join(root, folder), { recursive: true });
  told = [];
  failure = null;
  const doors = {
    restartRouter: async () => {
      if (failure) throw failure;
    },
    restartHomes: async () => undefined,
    tell: (text: string) => void told.push(text.replace(/\d+ ms/, 'n ms')),
  };
  watched = watchSources(doors, root);
});

afterEach(() => {
  watched.stop();
  rmSync(root, { recursive: true });
});

const save = (path: string): void => writeFileSync(join(root, path), 'x');

test('files saved together are one restart, and a file of neither is none', async () => {
  save('router/hub/README.md');
  save('router/hub/part.ts');
  save('node-agent/main.ts');
  await expect.poll(() => told).toEqual(['router and homes restarted in n ms']);
  save('node-agent/log.ts');
  await expect.poll(() => told.at(-1)).toBe('homes restarted in n ms');
});

test('a restart that fails is told, and the next save tries again', async () => {
  failure = new Error('part.ts:3: unexpected end');
  save('router/hub/part.ts');
  await expect.poll(() => told).toEqual(['not restarted: part.ts:3: unexpected end']);
  failure = null;
  save('router/hub/part.ts');
  await expect.poll(() => told.at(-1)).toBe('router restarted in n ms');
});
