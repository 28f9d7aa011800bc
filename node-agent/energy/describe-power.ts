// What this machine says of its power: to its hub, to its owner. Watts of the whole machine at the wall, as far as meters see it. Pure.
import type { CardClass } from '../../schema/card-classes.ts';
import { TO_WALL } from '../../schema/energy.ts';
import type { PowerFacts } from '../../schema/frames-to-hub.ts';
import type { EnergyMethod } from '../../schema/receipt.ts';
import type { RestWatts } from './compute-margin.ts';

export interface SeenCard {
  readonly name: string;
  readonly known: CardClass | null;
  /** The most that it may draw by its driver. */
  readonly mostW: number | null;
}

export interface PowerView {
  readonly cards: readonly SeenCard[];
  readonly rest: RestWatts;
  /** What the meters read now, W; null where there is none. */
  readonly now: RestWatts;
  readonly method: EnergyMethod;
  readonly isAwakeForWork: boolean;
}

/** What draws the most is the card that answers are made on. */
export function describePower({ cards, rest, method, isAwakeForWork }: PowerView): PowerFacts {
  const most = cards.map((card) => card.mostW ?? card.known?.mostW ?? null);
  const isAllKnown = most.length > 0 && most.every((watts) => watts !== null);
  const first = cards.toSorted((a, b) => (b.mostW ?? b.known?.mostW ?? 0) - (a.mostW ?? a.known?.mostW ?? 0))[0];
  return {
    card: first?.name ?? null,
    idleW: round(sumWatts(rest, cards)),
    mostW: isAllKnown ? round(most.reduce<number>((sum, watts) => sum + (watts ?? 0), 0)) : null,
    method,
    isAwakeForWork,
  };
}

/** What the machine draws now; null where no meter tells. */
export function describeWatts({ now, cards }: PowerView): number | null {
  return now.wallW === null && now.boardsW === null && now.hostW === null ? null : round(sumWatts(now, cards));
}

/** The owner's meter alone, else what is metered and the rest of a machine, through its supply. */
function sumWatts({ boardsW, hostW, wallW }: RestWatts, cards: readonly SeenCard[]): number | null {
  if (wallW !== null) return wallW;
  const machine = cards.find(({ known }) => known?.sees === 'machine');
  if (machine) return machine.known?.idleW ?? null;
  const byTable = cards.every(({ known }) => known)
    ? cards.reduce((sum, { known }) => sum + (known?.idleW ?? 0), 0)
    : null;
  const onBoards = boardsW ?? (cards.length > 0 ? byTable : hostW === null ? null : 0);
  if (onBoards === null) return null;
  const around = hostW === null ? TO_WALL.restW : hostW + TO_WALL.boardsRestW;
  return (onBoards + around) / TO_WALL.efficiency;
}

function round(watts: number | null): number | null {
  return watts === null ? null : Math.min(5000, Math.round(watts * 10) / 10);
}
