// When the chain is looked at again after a run. Pure.
import type { TestChainKind } from '../../schema/test-chains.ts';
import type { PostRest } from './epoch-posting.ts';

/** What waits for blocks is looked at as often as the chain has some; what waits for an hour or for somebody, less often. In ms. */
const SLOW_MS = 60_000;

/** ms since epoch; null where there is nothing to wait for but the next epoch. */
export function planNextLook(rest: PostRest, chain: TestChainKind | null, now: number): number | null {
  if (!chain || rest.do === 'stop') return null;
  const blockMs = chain.chainId === 31_337 ? 1000 : 15_000;
  switch (rest.why) {
    case 'nothing':
      return null;
    case 'in-flight':
    case 'steps':
    case 'chain-behind':
      return now + blockMs;
    case 'on-chain':
    case 'retry':
    case 'refused':
    case 'chain-away':
    case 'fee-too-high':
    case 'another-root-seen':
      return now + Math.min(SLOW_MS, 4 * blockMs);
  }
}
