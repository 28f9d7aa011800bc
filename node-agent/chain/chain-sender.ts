// Sends one call to a contract and waits until it is in a block: with a key that its owner named for this command, and that pays for the gas. Without one it
// writes the call down for a wallet that sends it.
import type { Abi } from 'viem';
import type { Hex } from '../../schema/bytes.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { firstLine } from './chain-client.ts';
import type { OpenChain } from './chain-client.ts';
import { tellCoins } from './tell-tokens.ts';

/** An estimate is too low where what is written depends on the second, as checkpoints of votes do: half as much again. */
const [MORE, MORE_OF] = [3n, 2n];
/** How long a transaction is waited for, ms. */
const WAIT_MS = 120_000;

/** `args` as the interface wants them; it is asked first whether the contract would take it. */
export interface ChainCall {
  readonly address: Hex;
  readonly abi: Abi;
  readonly functionName: string;
  readonly args: readonly unknown[];
}

/** A call for a wallet to send, as wallets take it. */
export interface UnsentCall {
  readonly chainId: number;
  readonly to: Hex;
  readonly data: Hex;
  readonly value: '0x0';
  /** The function's name. */
  readonly what: string;
}

export interface SentCall {
  readonly hash: Hex;
  readonly block: number;
  readonly gas: bigint;
  /** Coins that it cost, wei. */
  readonly cost: bigint;
}

export interface GasPrice {
  readonly units: bigint;
  /** Coins that it costs now, wei. */
  readonly cost: bigint;
}

export function writeCall({ viem, domain }: OpenChain, call: ChainCall): UnsentCall {
  const { address: to, abi, functionName: what, args } = call;
  const data = viem.encodeFunctionData({ abi, functionName: what, args });
  return { chainId: domain.chainId, to, data, value: '0x0', what };
}

/** What a call costs now; null where the contract would refuse it. `from`: who would send it. Rejects where the chain cannot be asked. */
export async function estimateCall({ read }: OpenChain, call: ChainCall, from: Hex): Promise<GasPrice | null> {
  const price = await read.getGasPrice();
  const units = await read.estimateContractGas({ ...call, account: from }).catch(() => null);
  return units === null ? null : { units, cost: units * price };
}

/** Errors are sentences for the owner; where one says so, the transaction may still be on its way. */
export async function sendCall(
  { viem, read, url }: OpenChain,
  key: Hex,
  call: ChainCall,
): Promise<Result<SentCall, string>> {
  const account = viem.privateKeyToAccount(key);
  try {
    await read.simulateContract({ ...call, account });
    const gas = ((await read.estimateContractGas({ ...call, account })) * MORE) / MORE_OF;
    const { maxFeePerGas, maxPriorityFeePerGas } = await read.estimateFeesPerGas();
    const coins = await read.getBalance({ address: account.address });
    if (coins < gas * maxFeePerGas)
      return err(
        `${account.address} has too few test coins for gas: it has ${tellCoins(coins)}, and up to ${tellCoins(gas * maxFeePerGas)} may be needed.`,
      );
    const wallet = viem.createWalletClient({ account, chain: read.chain, transport: viem.http(url) });
    const nonce = await read.getTransactionCount({ address: account.address, blockTag: 'pending' });
    const hash = await wallet.writeContract({ ...call, gas, nonce, maxFeePerGas, maxPriorityFeePerGas });
    return await waitFor(read, hash);
  } catch (error) {
    return err(`The chain refused it: ${tellRefusal(error)}`);
  }
}

async function waitFor(read: OpenChain['read'], hash: Hex): Promise<Result<SentCall, string>> {
  try {
    const { status, blockNumber, gasUsed, effectiveGasPrice } = await read.waitForTransactionReceipt({
      hash,
      timeout: WAIT_MS,
    });
    if (status !== 'success')
      return err(`The transaction ${hash} was reverted: somebody was faster, or the rules changed.`);
    return ok({ hash, block: Number(blockNumber), gas: gasUsed, cost: gasUsed * effectiveGasPrice });
  } catch {
    return err(`The transaction ${hash} was sent and is in no block yet: look again later.`);
  }
}

/** The contract's own error by name where it is one. */
function tellRefusal(error: unknown): string {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const { data } = cause as { data?: { errorName?: string } };
    if (typeof data?.errorName === 'string') return `${data.errorName}.`;
  }
  return firstLine(error);
}
