// What became of the jobs that each home was given, in the last hour: to leave those alone that give most of them back, and for their owners.
// In memory only, and bounded.
import { BoundedMap } from '../../schema/bounded-map.ts';
import type { GivenBack } from './cool-node.ts';
import { hasVoice, judgeTurns } from './judge-turns.ts';
import type { Turn } from './judge-turns.ts';

const MAX_NODES = 2000;
const MAX_TURNS = 64;
const HOUR_MS = 3_600_000;

/** What an owner reads of the last hour: jobs given back, by how. */
export interface TurnCounts {
  readonly answered: number;
  readonly refused: number;
  /** It said of requests that nobody can answer them, and another home did. */
  readonly contradicted: number;
  readonly preempted: number;
}

export class TurnMemory {
  readonly #nodes = new BoundedMap<string, Turn[]>(MAX_NODES);

  /** A job of a stranger's is over at a home; why the home is to be left alone, or null. */
  note(nodeId: string, turn: Turn): GivenBack | null {
    const turns = [...(this.#nodes.get(nodeId) ?? []), turn].slice(-MAX_TURNS);
    this.#nodes.set(nodeId, turns);
    return turn.fate === 'answered' ? null : judgeTurns(turns, turn.at);
  }

  /** Another home answered what this one said nobody can; why it is to be left alone, or null. */
  contradict(nodeId: string, jobId: string, now: number): GivenBack | null {
    const turns = this.#nodes.get(nodeId) ?? [];
    const isSaid = ({ jobId: id, fate }: Turn): boolean => id === jobId && (fate === 'doubted' || fate === 'declined');
    if (!turns.some(isSaid)) return null;
    const told = turns.map((turn) =>
      isSaid(turn)
        ? { ...turn, fate: turn.fate === 'doubted' ? ('contradicted' as const) : ('refused' as const) }
        : turn,
    );
    this.#nodes.set(nodeId, told);
    return judgeTurns(told, now);
  }

  /** True where the home's word on a request counts. */
  hasVoice(nodeId: string, now: number): boolean {
    return hasVoice(this.#nodes.get(nodeId) ?? [], now);
  }

  count(nodeId: string, now: number): TurnCounts {
    const turns = (this.#nodes.get(nodeId) ?? []).filter(({ at }) => now - at < HOUR_MS);
    const of = (fate: Turn['fate']): number => turns.filter((turn) => turn.fate === fate).length;
    return {
      answered: of('answered'),
      refused: of('refused') + of('declined') + of('doubted'),
      contradicted: of('contradicted'),
      preempted: of('preempted'),
    };
  }
}
