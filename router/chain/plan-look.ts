// When the chain is looked at again after a run. Pure.
import { LOCAL_CHAIN } from '../../schema/test-chains.ts';
import type { TestChainKind } from '../../schema/test-chains.ts';
import type { PostRest } from './epoch-posting.ts';

/** Where nothing is to be had before it, the platform's clock comes soon enough: it comes every ten minutes. */
const CLOCK_MS = 600_000;

/** ms since epoch; null where the platform's clock, or the next epoch, comes soon enough. */
export function planNextLook(rest: PostRest, { chainId }: TestChainKind, now: number): number | null {
  if (rest.do === 'stop') return null;
  // A local chain's epoch is a minute.
  const blockMs = chainId === LOCAL_CHAIN ? 1000 : 15_000;
  switch (rest.why) {
    case 'nothing':
      return null;
    case 'in-window': {
      if (chainId === LOCAL_CHAIN) return now + 2 * blockMs;
      const until = (rest.until ?? now) + blockMs;
      return until < now + CLOCK_MS ? Math.max(until, now + blockMs) : null;
    }
    case 'in-flight':
    case 'steps':
    case 'chain-behind':
      return now + blockMs;
    case 'challenged':
    case 'not-deep':
    case 'retry':
    case 'refused':
    case 'chain-away':
    case 'fee-too-high':
    case 'another-root-seen':
      return now + 4 * blockMs;
  }
}
