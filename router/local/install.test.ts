import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

function readManifest(path: string): Manifest {
  return JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as Manifest;
}

// The agent's package is bundled, so what it is built from is a development dependency there; in a checkout it runs from sources.
test('what the agent is built from is fetched by npm start, at the same version', () => {
  const { dependencies = {} } = readManifest('../../package.json');
  // Large, and loaded by commands of the chain alone, which say so where it is not there.
  const { viem, ...built } = readManifest('../../node-agent/package.json').devDependencies ?? {};
  expect(Object.keys(built).length).toBeGreaterThan(0);
  expect(dependencies).toMatchObject(built);
  expect(readManifest('../../package.json').devDependencies).toMatchObject({ viem });
});
