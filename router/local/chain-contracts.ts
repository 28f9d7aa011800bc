// Irori's contracts on a test chain: deployed once by a key that has no right in them afterwards. Each knows the others by addresses that follow from the
// deployer's nonce, so that nothing has to be set later.
import { readFileSync } from 'node:fs';
import { getContractAddress } from 'viem';
import type { Abi, Account, Address, Chain, Hex, PublicClient, Transport, WalletClient } from 'viem';
import type { RuleValues } from '../../schema/rules-abi.ts';
import type { DeployArtifact } from './compile-contracts.ts';

/** In the order in which they are deployed. */
const ORDER = ['IroriTimelock', 'Rules', 'IroriToken', 'Bonds', 'Credits', 'Payouts', 'IroriGovernor'] as const;
export type ContractName = (typeof ORDER)[number];

export interface Contract {
  readonly address: Address;
  readonly abi: Abi;
}

export type Contracts = Readonly<Record<ContractName, Contract>>;

export interface ContractSettings {
  readonly epochSeconds: number;
  readonly rules: RuleValues;
  readonly guardian: Address;
  readonly rootKey: Address;
  readonly routerKey: Address;
  /** Who gets what the network starts with, and how much of the token's least parts. */
  readonly holder: Address;
  readonly atStart: bigint;
  /** Seconds. */
  readonly timelockDelay: bigint;
  readonly votingDelay: bigint;
  readonly votingPeriod: bigint;
  /** Votes that a proposer must have. */
  readonly threshold: bigint;
}

/** The values that a network starts with: 10 % fee, half of a bond for a fault, a window of 20 h where an epoch is a day. */
export function usualRules(epochSeconds: number): RuleValues {
  return {
    feeBps: 1000,
    slashBps: 5000,
    reporterBps: 2500,
    bonusBps: 10_000,
    unbondSeconds: 7 * epochSeconds,
    windowSeconds: Math.floor((epochSeconds * 20) / 24),
    capUnits: 100_000_000_000n,
    rootBondUnits: 100_000_000n,
  };
}

interface Doors {
  readonly read: PublicClient<Transport, Chain>;
  readonly write: WalletClient<Transport, Chain, Account>;
}

/** Throws Error where one of them was not deployed where the others look for it. */
export async function deployContracts({ read, write }: Doors, settings: ContractSettings): Promise<Contracts> {
  const from = write.account.address;
  const first = await read.getTransactionCount({ address: from, blockTag: 'pending' });
  const contracts = readContracts((place) => getContractAddress({ from, nonce: BigInt(first + place) }));
  const args = argumentsOf(settings, contracts);
  for (const [place, name] of ORDER.entries()) {
    const { abi, init } = readArtifact(name);
    const hash = await write.deployContract({
      abi: abi as Abi,
      bytecode: init as Hex,
      args: args[name],
      nonce: first + place,
    });
    const { status, contractAddress } = await read.waitForTransactionReceipt({ hash, pollingInterval: 20 });
    if (status !== 'success' || contractAddress?.toLowerCase() !== contracts[name].address.toLowerCase())
      throw new Error(`${name} was not deployed at ${contracts[name].address}`);
  }
  return contracts;
}

function readContracts(addressOf: (place: number) => Address): Contracts {
  const entries = ORDER.map((name, place) => [name, { address: addressOf(place), abi: readArtifact(name).abi as Abi }]);
  return Object.fromEntries(entries) as Contracts;
}

function argumentsOf(of: ContractSettings, at: Contracts): Record<ContractName, unknown[]> {
  const [token, rules, bonds] = [at.IroriToken.address, at.Rules.address, at.Bonds.address];
  const [timelock, payouts, governor] = [at.IroriTimelock.address, at.Payouts.address, at.IroriGovernor.address];
  return {
    IroriTimelock: [of.timelockDelay, governor],
    Rules: [timelock, BigInt(of.epochSeconds), of.guardian, of.rootKey, of.routerKey, of.rules],
    IroriToken: [payouts, of.holder, of.atStart],
    Bonds: [token, rules, payouts],
    Credits: [token, payouts],
    Payouts: [token, rules, bonds, at.Credits.address],
    IroriGovernor: [bonds, timelock, of.votingDelay, of.votingPeriod, of.threshold],
  };
}

let artifacts: Readonly<Record<string, DeployArtifact>> | null = null;

/** Throws Error for a name that is none. */
export function readArtifact(name: string): DeployArtifact {
  artifacts ??= JSON.parse(
    readFileSync(new URL('../../schema/contracts/artifacts.json', import.meta.url), 'utf8'),
  ) as Record<string, DeployArtifact>;
  const found = artifacts[name];
  if (!found) throw new Error(`there is no contract ${name}`);
  return found;
}
