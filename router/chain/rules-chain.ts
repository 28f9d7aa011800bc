// The door to the rules on the chain: what the vote has set, and what it has set for a later epoch. Read as it stood so many blocks ago that no fork takes it
// back. By plain JSON-RPC.
import type { Hex } from '../../schema/bytes.ts';
import { AbiWords, makeCall } from '../../schema/abi-words.ts';
import { readRuleValues } from '../../schema/rules-abi.ts';
import type { RuleValues } from '../../schema/rules-abi.ts';
import { smallNumber, toTag } from '../../schema/rpc-values.ts';
import { callContract, checkChain } from './json-rpc.ts';
import type { AskChain } from './json-rpc.ts';

type Shares = Pick<RuleValues, 'feeBps' | 'bonusBps'>;

/** What the contract says at one moment. */
export interface ReadRules {
  /** Length of an epoch, s. */
  readonly epochSeconds: number;
  /** What counts before `next` does. */
  readonly values: Shares;
  /** The last change: of a coming epoch, or one that counts already; null before the first. */
  readonly next: (Shares & { readonly fromEpoch: number }) | null;
}

/** Null where the contract is not there yet. Rejects where the chain cannot be asked, or is no test network. */
export async function readRules(ask: AskChain, payouts: Hex): Promise<ReadRules | null> {
  const { depth } = await checkChain(ask);
  const tag = toTag(Math.max(0, smallNumber.parse(await ask('eth_blockNumber')) - depth));
  const call = async (to: Hex, data: Hex): Promise<AbiWords | null> => {
    const answer = await callContract(ask, to, data, tag);
    return answer === '0x' ? null : new AbiWords(answer);
  };
  const rules = (await call(payouts, makeCall('rules()')))?.address(0);
  if (rules === undefined) return null;
  const numberOf = async (name: string): Promise<number> => need(await call(rules, makeCall(name))).number(0);
  // Epoch 0 is before any change: what a change takes the place of.
  const valuesAt = async (epoch: number): Promise<Shares> => {
    const { feeBps, bonusBps } = readRuleValues(need(await call(rules, makeCall('valuesAt(uint256)', epoch))));
    return { feeBps, bonusBps };
  };
  const fromEpoch = await numberOf('nextFromEpoch()');
  return {
    epochSeconds: await numberOf('epochSeconds()'),
    values: await valuesAt(0),
    next: fromEpoch === 0 ? null : { fromEpoch, ...(await valuesAt(fromEpoch)) },
  };
}

function need(words: AbiWords | null): AbiWords {
  if (!words) throw new Error('the rules do not answer');
  return words;
}
