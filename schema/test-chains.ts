// The chains that Irori works with: test networks, whose coins have no value. There is no setting that adds another. Pure.
import { err, ok } from './result.ts';
import type { Result } from './result.ts';

export interface TestChainKind {
  readonly chainId: number;
  readonly name: string;
  /** What lies under so many blocks is not expected to change any more. Nodes still have the state of so short a time ago. */
  readonly depth: number;
}

/** The one that `npm start -- --chain` starts. */
export const LOCAL_CHAIN = 31_337;

const TEST_CHAINS: readonly TestChainKind[] = [
  { chainId: LOCAL_CHAIN, name: 'a local chain', depth: 4 },
  { chainId: 11_155_111, name: 'Sepolia', depth: 64 },
  { chainId: 560_048, name: 'Hoodi', depth: 64 },
  { chainId: 84_532, name: 'Base Sepolia', depth: 64 },
  { chainId: 11_155_420, name: 'OP Sepolia', depth: 64 },
  { chainId: 421_614, name: 'Arbitrum Sepolia', depth: 64 },
];

/** Errors: a plain sentence for who has to set another. */
export function findTestChain(chainId: number): Result<TestChainKind, string> {
  const found = TEST_CHAINS.find((chain) => chain.chainId === chainId);
  if (found) return ok(found);
  const names = TEST_CHAINS.map((chain) => `${chain.name} (${chain.chainId})`).join(', ');
  return err(
    `Chain ${chainId} is not on the list of test networks, and Irori works with no other: ${names}. No setting changes that.`,
  );
}
