// The jobs that each home's model server failed on: since its last good answer, to tell whose doing it is, and in the last hour, for its owner.
// In memory only, and bounded: a caller's prompts stand there as hashes.
import { BoundedMap } from '../../schema/bounded-map.ts';
import { isHomesFault } from './judge-fault.ts';
import type { Fault } from './judge-fault.ts';

const MAX_NODES = 2000;
/** Failures kept of a home since its last good answer. */
const MAX_RECENT = 8;
/** Failures farther apart than this have nothing to do with each other. */
const RECENT_MS = 10 * 60_000;
const MAX_COUNTED = 256;
const HOUR_MS = 3_600_000;

/** What an owner reads. */
export interface FaultCounts {
  /** Jobs of the last hour that the home's model server failed on. */
  readonly lastHour: number;
  /** How many of them were held against the home: others may have been the prompt's. */
  readonly heldAgainst: number;
}

interface CountedFault {
  readonly jobId: string;
  readonly at: number;
  isHeld: boolean;
}

interface NodeFaults {
  recent: Fault[];
  counted: CountedFault[];
}

export class FaultMemory {
  readonly #nodes = new BoundedMap<string, NodeFaults>(MAX_NODES);

  /** A home's model server failed on a job; true where that is the home's doing. `isSuspect`: another home's failed on it too. */
  note(nodeId: string, fault: Fault, isSuspect = false): boolean {
    const node = this.#nodes.get(nodeId) ?? { recent: [], counted: [] };
    this.#nodes.set(nodeId, node);
    const recent = node.recent.filter(({ at }) => fault.at - at < RECENT_MS);
    const isHeld = !isSuspect && isHomesFault(recent, fault);
    node.recent = isSuspect ? recent : [...recent, fault].slice(-MAX_RECENT);
    node.counted = [...node.counted, { jobId: fault.jobId, at: fault.at, isHeld }].slice(-MAX_COUNTED);
    return isHeld;
  }

  /** The home has answered well: what failed before it was the prompts'. */
  clear(nodeId: string): void {
    const node = this.#nodes.get(nodeId);
    if (node) node.recent = [];
  }

  /** The job failed at another home too: it was the request's doing. True where it had been held against this home. */
  forgive(nodeId: string, jobId: string): boolean {
    const node = this.#nodes.get(nodeId);
    if (!node) return false;
    node.recent = node.recent.filter((fault) => fault.jobId !== jobId);
    const held = node.counted.filter((fault) => fault.jobId === jobId && fault.isHeld);
    for (const fault of held) fault.isHeld = false;
    return held.length > 0;
  }

  count(nodeId: string, now: number): FaultCounts {
    const counted = (this.#nodes.get(nodeId)?.counted ?? []).filter(({ at }) => now - at < HOUR_MS);
    return { lastHour: counted.length, heldAgainst: counted.filter(({ isHeld }) => isHeld).length };
  }
}
