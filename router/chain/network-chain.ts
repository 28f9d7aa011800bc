// What anyone may be told of the chain that this network pays on: what stands there beside Payouts, and how far its roots are. Read from the contracts, by
// plain JSON-RPC.
import type { Hex } from '../../schema/bytes.ts';
import { AbiWords, makeCall } from '../../schema/abi-words.ts';
import { ZERO_WORD } from '../../schema/typed-data.ts';
import { callContract, checkChain } from './json-rpc.ts';
import type { AskChain } from './json-rpc.ts';

/** They never change: nothing there can be upgraded. */
export interface ChainPlaces {
  readonly token: Hex;
  readonly rules: Hex;
  readonly bonds: Hex;
  readonly credits: Hex;
  readonly timelock: Hex;
}

export interface ToldRoot {
  readonly epoch: number;
  readonly root: Hex;
  /** Units that all leaves come to. */
  readonly total: bigint;
}

/** Rejects where the chain is another, has no Payouts there, or cannot be asked. */
export async function readPlaces(ask: AskChain, chainId: number, payouts: Hex): Promise<ChainPlaces> {
  await checkChain(ask, chainId);
  const addressAt = async (to: Hex, name: string): Promise<Hex> => (await call(ask, to, `${name}()`)).address(0);
  const rules = await addressAt(payouts, 'rules');
  return {
    token: await addressAt(payouts, 'token'),
    rules,
    bonds: await addressAt(payouts, 'bonds'),
    credits: await addressAt(payouts, 'credits'),
    timelock: await addressAt(rules, 'timelock'),
  };
}

/** The newest final root; null before the first. Rejects where the chain cannot be asked. */
export async function readLastFinal(ask: AskChain, payouts: Hex): Promise<ToldRoot | null> {
  const last = await call(ask, payouts, 'last()');
  const root: Hex = `0x${last.word(0)}`;
  return root === ZERO_WORD ? null : { root, total: last.big(1), epoch: last.number(2) };
}

async function call(ask: AskChain, to: Hex, signature: string): Promise<AbiWords> {
  return new AbiWords(await callContract(ask, to, makeCall(signature)));
}
