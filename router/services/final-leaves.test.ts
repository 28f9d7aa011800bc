// The leaves of the root that the chain pays by, however old it is.
import { expect, test } from 'vitest';
import { toHex } from '../../schema/bytes.ts';
import type { Hex } from '../../schema/bytes.ts';
import { encodeEpochFile, makeEpochFile } from '../../schema/epoch-file.ts';
import type { EpochLeaf } from '../../schema/epoch-leaf.ts';
import { ZERO_WORD } from '../../schema/typed-data.ts';
import { sha256 } from '../auth/digest.ts';
import { FILES_IN_D1, makeEpochShelf } from '../billing/epoch-shelf.ts';
import { FakeD1, readMigrations } from '../test/workerd/sqlite-objects.ts';
import { makeFindLeaf } from './final-leaves.ts';

const NODE: Hex = `0x${'1'.repeat(40)}`;
const leafOf = (earned: bigint): EpochLeaf => {
  const none = { withheld: 0n, bonus: 0n, count: 1n, acceptancesRoot: ZERO_WORD, spent: 0n } as const;
  return { node: NODE, wallet: NODE, earned, ...none };
};

test('a home is paid by an old root while nobody earns, though its file was let go of; one that no file leads to is not guessed', async () => {
  const shelf = makeEpochShelf({
    database: new FakeD1(readMigrations()).door,
    files: null,
    sha256: (text) => toHex(sha256(new TextEncoder().encode(text))).slice(2),
    now: () => 1,
  });
  const publish = async (epoch: number, earned: bigint): Promise<void> => {
    const domain = { chainId: 31_337, verifyingContract: NODE };
    const facts = { epoch, seconds: 60, domain, previous: null, kept: [], leaves: [leafOf(earned)] };
    const file = makeEpochFile(facts);
    await shelf.publish(file, encodeEpochFile(file));
  };
  await publish(1, 5n);
  await publish(2, 7n);
  for (let epoch = 3; epoch < FILES_IN_D1 + 5; epoch++) await publish(epoch, 7n);
  await publish(FILES_IN_D1 + 5, 9n);
  const findLeaf = makeFindLeaf(shelf);
  expect(await shelf.read(2)).toBeNull();
  expect(await findLeaf(2, NODE)).toEqual(leafOf(7n));
  await expect(findLeaf(1, NODE)).rejects.toThrow('no file of an epoch');
  await expect(findLeaf(9999, NODE)).rejects.toThrow('no file of an epoch');
});
