import { describe, expect, test } from 'vitest';
import type { SettlementJson } from '../../schema/settlement.ts';
import { findReceipts } from './receipt-finder.ts';

type Place = 'account' | 'book';

const WANTED = { jobId: 'job_1', accountId: 'acct_1' };

function makeSettlement(part: number, facts: Partial<SettlementJson> = {}): SettlementJson {
  return { jobId: WANTED.jobId, part, isFinal: true, charge: 7, ...facts } as SettlementJson;
}

/** One settlement that moves from the account to the book as the `movesAt`-th read begins; counts reads. */
function makeMoving(movesAt: number) {
  const world = { place: 'account' as Place, reads: [] as Place[] };
  const read = (place: Place): SettlementJson[] => {
    if (world.reads.length === movesAt) world.place = 'book';
    world.reads.push(place);
    return world.place === place ? [makeSettlement(0)] : [];
  };
  const doors = {
    ledger: { findReceipts: async () => read('book') },
    account: () => ({
      receipts: async () => ({ settlements: read('account'), waiting: [], pending: false, flushes: [] }),
    }),
  };
  return { doors, world };
}

describe('a settlement on its way from the account to the book', () => {
  test.each([0, 1, 2])('is found once when it moves before read %i', async (movesAt) => {
    const { doors } = makeMoving(movesAt);
    expect(await findReceipts(doors, WANTED)).toEqual({ settlements: [makeSettlement(0)], isPending: false });
  });

  test('the account is asked before the book', async () => {
    const { doors, world } = makeMoving(1);
    await findReceipts(doors, WANTED);
    expect(world.reads).toEqual(['account', 'book']);
  });

  test('seen in both it counts as the book has it', async () => {
    const doors = {
      ledger: { findReceipts: async () => [makeSettlement(0, { charge: 9 })] },
      account: () => ({
        receipts: async () => ({
          settlements: [],
          waiting: [makeSettlement(0, { charge: 0 })],
          pending: true,
          flushes: [],
        }),
      }),
    };
    expect(await findReceipts(doors, WANTED)).toEqual({
      settlements: [makeSettlement(0, { charge: 9 })],
      isPending: false,
    });
  });
});

test('parts of both places come in their order, and more may come while the job is open', async () => {
  const doors = {
    ledger: { findReceipts: async () => [makeSettlement(1, { isFinal: false })] },
    account: () => ({
      receipts: async () => ({
        settlements: [makeSettlement(2, { isFinal: false })],
        waiting: [makeSettlement(0, { isFinal: false })],
        pending: true,
        flushes: [],
      }),
    }),
  };
  const { settlements, isPending } = await findReceipts(doors, WANTED);
  expect(settlements.map(({ part }) => part)).toEqual([0, 1, 2]);
  expect(isPending).toBe(true);
});
