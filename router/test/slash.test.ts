// Every fault that costs a bond, against a running network. Skipped, and said so, where anvil is not installed for this machine.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findAnvil } from '../local/test-chain.ts';
import { openSlashWorld, PLAYS } from './slash-plays.ts';
import type { SlashWorld } from './slash-plays.ts';

let world: SlashWorld;

describe.skipIf(findAnvil() === null)('on a chain, in this order', () => {
  beforeAll(async () => {
    world = await openSlashWorld();
  });
  afterAll(async () => world?.stop());

  test.each(PLAYS)('$name costs what it should, once', async ({ run }) => expect(await run(world)).not.toEqual([]));
});
