// Whether a home gives back too many of the jobs that it is given, from what became of the last ones. Pure. An owner who takes the machine back now
// and then is no such home; who never lets an answer end is, whatever it says.
import type { GivenBack } from './cool-node.ts';

/**
 * What became of a job at a home: `doubted` where its server said that the request cannot be answered and nobody knows better, `declined` where the
 * home said so without asking its server, `contradicted` where another home answered what was doubted (what was declined is then refused), `broken`
 * where it failed in mid-answer, `slow` where its caller waited no longer.
 */
export type TurnFate =
  'answered' | 'refused' | 'declined' | 'doubted' | 'contradicted' | 'preempted' | 'slow' | 'broken';

export interface Turn {
  readonly jobId: string;
  readonly accountId: string;
  readonly fate: TurnFate;
  /** When the home was given it, and when that was over, ms since epoch. */
  readonly startedAt: number;
  readonly at: number;
}

/** Turns older than this, and more than so many, are not looked at. */
const RECENT_MS = 3_600_000;
const MOST_RECENT = 16;
/** From so many given back, and more than half of all, it is no chance. */
const LEAST_GIVEN_BACK = 3;
/** A caller may ask what no server takes: of a home's word alone so many count, of so many callers. */
const LEAST_DOUBTED = 5;
const DOUBTED_CALLERS = 3;
/** A server may lack what one caller needs: contradicted by the jobs of so many callers it is the home. */
const CONTRADICTED_CALLERS = 2;

/** Why a home is left alone after its last turn; null where it is not. */
export function judgeTurns(turns: readonly Turn[], now: number): GivenBack | null {
  const recent = joinPreempted(turns.filter(({ at }) => now - at < RECENT_MS)).slice(-MOST_RECENT);
  const of = (...fates: TurnFate[]): Turn[] => recent.filter(({ fate }) => fates.includes(fate));
  const contradicted = of('contradicted');
  const proven = callersOf(contradicted) >= CONTRADICTED_CALLERS ? contradicted : [];
  const [refused, preempted] = [[...of('refused'), ...proven], of('preempted')];
  const [slow, broken] = [of('slow'), of('broken')];
  const groups = [
    ['refused', refused.length],
    ['preempted', preempted.length],
    ['slow', slow.length],
    ['broken', broken.length],
  ] as const;
  const givenBack = groups.reduce((sum, [, count]) => sum + count, 0);
  if (givenBack >= LEAST_GIVEN_BACK && 2 * givenBack > givenBack + of('answered').length)
    return groups.reduce((a, b) => (b[1] > a[1] ? b : a))[0];
  const doubted = of('declined', 'doubted', 'contradicted');
  const isMost = 2 * doubted.length > recent.length;
  return doubted.length >= LEAST_DOUBTED && isMost && callersOf(doubted) >= DOUBTED_CALLERS ? 'refused' : null;
}

/**
 * Whether the home's word on a request counts for other callers than its owner: it has answered as many of its last jobs as it has said of that
 * nobody can. Whoever answers nothing says nothing, and each objection costs an answer.
 */
export function hasVoice(turns: readonly Turn[], now: number): boolean {
  const recent = turns.filter(({ at }) => now - at < RECENT_MS);
  const answered = recent.filter(({ fate }) => fate === 'answered').length;
  const objected = recent.filter(
    ({ fate }) => fate === 'declined' || fate === 'doubted' || fate === 'contradicted',
  ).length;
  return answered > 0 && answered >= objected;
}

/** Jobs that were taken back together are one return of the owner. */
function joinPreempted(turns: readonly Turn[]): Turn[] {
  let takenBackAt = -Infinity;
  return turns.filter(({ fate, startedAt, at }) => {
    if (fate !== 'preempted') return true;
    const isNew = startedAt > takenBackAt;
    if (isNew) takenBackAt = at;
    return isNew;
  });
}

function callersOf(turns: readonly Turn[]): number {
  return new Set(turns.map(({ accountId }) => accountId)).size;
}
