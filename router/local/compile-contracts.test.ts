import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { compileContracts, writeArtifacts } from './compile-contracts.ts';

test('the contracts compile without a warning to the artifacts that are committed', () => {
  const committed = readFileSync(new URL('../../schema/contracts/artifacts.json', import.meta.url), 'utf8');
  expect(writeArtifacts(compileContracts()) === committed, 'run npm run contracts').toBe(true);
}, 120_000);
