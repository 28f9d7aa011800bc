// What owners do without an operator, as the routes take it from their environment.
import { makeDeviceLinks } from '../auth/device-links.ts';
import type { DeviceLinks } from '../auth/device-links.ts';
import { makeDoorCounts } from '../auth/door-counts.ts';
import type { DoorCounts } from '../auth/door-counts.ts';
import { DoorPaces } from '../auth/door-paces.ts';
import { findEarnedReceipts } from '../billing/earned-receipts.ts';
import { makeModelDays } from '../billing/model-days.ts';
import type { ModelDays } from '../billing/model-days.ts';
import type { Ledger } from '../billing/ledger.ts';
import { findReceipts } from '../billing/receipt-finder.ts';
import type { Env } from '../env.ts';
import type { SettlementJson } from '../../schema/settlement.ts';
import type { Stubs } from './stubs.ts';

export interface OwnerDoors {
  /** True where anybody may make an account. */
  readonly isSignupOpen: boolean;
  readonly links: DeviceLinks;
  /** What is counted over all isolates. */
  readonly doorCounts: DoorCounts;
  /** For doors that only read. */
  readonly paces: DoorPaces;
  readonly modelDays: ModelDays;
  /** A job's settlements for who worked on it. */
  readonly findEarnedReceipts: (wanted: {
    jobId: string;
    accountId: string;
    nodeIds: readonly string[];
  }) => Promise<SettlementJson[]>;
}

const paces = new DoorPaces();

export function openOwnerDoors(
  env: Env,
  { ledger, stubs, random }: { ledger: Ledger; stubs: Stubs; random: (bytes: number) => Uint8Array },
): OwnerDoors {
  const earned = {
    ledger,
    findReceipts: (asked: { jobId: string; accountId: string }) =>
      findReceipts({ ledger, account: stubs.account }, asked),
    payersOf: (nodeId: string, jobId: string) => stubs.nodeAccount(nodeId).payersOf(jobId),
  };
  return {
    isSignupOpen: env.SIGNUP === 'open',
    links: makeDeviceLinks({ db: env.DB, random }),
    doorCounts: makeDoorCounts(env.DB),
    paces,
    modelDays: makeModelDays(env.DB),
    findEarnedReceipts: (wanted) => findEarnedReceipts(earned, wanted),
  };
}
