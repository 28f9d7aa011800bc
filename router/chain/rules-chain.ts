// The door to the rules on the chain: what the vote has set, and what it has set for a later epoch. Read as it stood so many blocks ago that no fork takes it
// back. By plain JSON-RPC.
import * as z from 'zod';
import type { Hex } from '../../schema/bytes.ts';
import { encodeCall, encodeNumberCall, readAddressWord, readRuleValues } from '../../schema/rules-abi.ts';
import type { RuleShares } from '../../schema/rules-abi.ts';
import { findTestChain } from '../../schema/test-chains.ts';
import { hexNumber } from './json-rpc.ts';
import type { AskChain } from './json-rpc.ts';

/** What the contract says at one moment. */
export interface ReadRules {
  /** Length of an epoch, s. */
  readonly epochSeconds: number;
  /** What counts before `next` does. */
  readonly values: RuleShares;
  /** The last change: of a coming epoch, or one that counts already; null before the first. */
  readonly next: (RuleShares & { readonly fromEpoch: number }) | null;
}

const hex = z
  .string()
  .regex(/^0x[0-9a-fA-F]*$/)
  .transform((text) => text.toLowerCase() as Hex);

/** Null where the contract is not there yet. Rejects where the chain cannot be asked, or is no test network. */
export async function readRules(ask: AskChain, payouts: Hex): Promise<ReadRules | null> {
  const chain = findTestChain(Number(hexNumber.parse(await ask('eth_chainId'))));
  if (!chain.ok) throw new Error(chain.error);
  const latest = Number(hexNumber.parse(await ask('eth_blockNumber')));
  const tag = `0x${Math.max(0, latest - chain.value.depth).toString(16)}`;
  const call = async (to: Hex, data: Hex): Promise<Hex> => hex.parse(await ask('eth_call', { to, data }, tag));
  const found = await call(payouts, encodeCall('rules()'));
  if (found === '0x') return null;
  const rules = readAddressWord(found);
  const fromEpoch = Number(hexNumber.parse(await call(rules, encodeCall('nextFromEpoch()'))));
  const epochSeconds = Number(hexNumber.parse(await call(rules, encodeCall('epochSeconds()'))));
  // Epoch 0 is before any change: what a change takes the place of.
  const valuesAt = async (epoch: number): Promise<RuleShares> =>
    readRuleValues(await call(rules, encodeNumberCall('valuesAt(uint256)', epoch)));
  return {
    epochSeconds,
    values: await valuesAt(0),
    next: fromEpoch === 0 ? null : { fromEpoch, ...(await valuesAt(fromEpoch)) },
  };
}
