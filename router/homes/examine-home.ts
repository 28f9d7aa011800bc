// How one home stands in a choice: the same rules that choose, asked about one home. Pure.
import type { Decision, Forecast, Grant, GrantAsk, HomeState, PassedOver, WishField } from '../../schema/placement.ts';
import { fitWish } from '../placement/fit-wish.ts';
import { expectFirstToken } from '../placement/expect-first-token.ts';
import { isReliable, keepsPromise } from '../placement/score-home.ts';
import type { ServingHome } from './make-homes.ts';

export interface HomeExam {
  /** Null where it serves nothing of what is asked: it is paused, has no slot, or not the model. */
  readonly alone: HomeAlone | null;
  /** True where it gets the job. */
  readonly isChosen: boolean;
  /** Why another one does, or none; null where it is chosen, or was not among those that are looked at. */
  readonly why: PassedOver | null;
  /** Homes that were looked at. */
  readonly candidates: number;
  readonly decision: Decision | null;
}

/** What is known and expected of it by itself. */
export interface HomeAlone {
  readonly home: Pick<
    HomeState,
    'slots' | 'active' | 'contextTokens' | 'priceIn' | 'priceOut' | 'failureShare' | 'loadMs'
  >;
  readonly isCooling: boolean;
  /** The wish that it does not meet; null for none. */
  readonly unfit: WishField | null;
  readonly forecast: Pick<Forecast, 'ttftMs' | 'tokensPerS'>;
  readonly isReliable: boolean;
  readonly keepsFirstToken: boolean;
  readonly keepsSpeed: boolean;
}

/** `decide`: the choice itself, among homes that do not cool down. */
export function examineHome(
  nodeId: string,
  serving: readonly ServingHome[],
  ask: GrantAsk,
  decide: (ready: readonly HomeState[], ask: GrantAsk) => Grant,
): HomeExam {
  const own = serving.find(({ home }) => home.nodeId === nodeId) ?? null;
  const ready = serving.filter(({ isCooling }) => !isCooling).map(({ home }) => home);
  const grant = decide(ready, ask);
  const isChosen = grant.kind === 'grant' && grant.nodeId === nodeId;
  const passed = grant.passedOver.find((one) => one.nodeId === nodeId)?.why ?? null;
  return {
    alone: own && judgeAlone(own, ask),
    isChosen,
    why: own?.isCooling ? 'cooling' : passed,
    candidates: ready.length,
    decision: isChosen ? grant.decision : null,
  };
}

function judgeAlone({ home, isCooling }: ServingHome, ask: GrantAsk): HomeAlone {
  const { wish, size, edgeRttMs } = ask;
  const { ttftMs, tokensPerS } = expectFirstToken(home, size, edgeRttMs);
  const { slots, active, contextTokens, priceIn, priceOut, failureShare, loadMs } = home;
  return {
    home: { slots, active, contextTokens, priceIn, priceOut, failureShare, loadMs },
    isCooling,
    unfit: fitWish(home, wish, ask),
    forecast: { ttftMs, tokensPerS },
    isReliable: isReliable(home),
    keepsFirstToken: keepsPromise({ ttftMs, tokensPerS: Infinity }, wish),
    keepsSpeed: keepsPromise({ ttftMs: 0, tokensPerS }, wish),
  };
}
