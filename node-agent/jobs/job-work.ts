// What running a job takes that depends on its kind: types only.
import type { ChunkWriter } from '../../schema/chunks.ts';
import type { JobFrame } from '../../schema/frames-to-node.ts';
import type { BackendJob } from '../backends/backend.ts';

/** What else of the frame a kind may need. */
export type WorkFrame = Pick<JobFrame, 'chunk' | 'resume' | 'isBegun'>;

export interface JobWork {
  /** The job in the engine's terms. */
  readonly job: BackendJob;
  /** All text of the prompt, for an engine that does not count it. */
  readonly promptTexts: readonly string[];
  /** Texts that end the answer before themselves. */
  readonly stops: readonly string[];
  /** Pieces of the answer as complete events: `content` for its text, `thinking` beside it. Called once for each piece, in their order. */
  readonly writer: ChunkWriter;
  /** No home goes on with a part of the answer. */
  readonly isAllOrNothing?: boolean;
}
