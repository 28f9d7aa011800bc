import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { compileContracts, writeArtifacts, writeInterfaces } from './compile-contracts.ts';

test('the contracts compile without a warning to the artifacts and interfaces that are committed', () => {
  const made = compileContracts();
  const texts = { 'artifacts.json': writeArtifacts(made), 'abi.ts': writeInterfaces(made) };
  for (const [name, text] of Object.entries(texts)) {
    const committed = readFileSync(new URL(`../../schema/contracts/${name}`, import.meta.url), 'utf8');
    expect(text === committed, `${name}: run npm run contracts`).toBe(true);
  }
}, 120_000);
