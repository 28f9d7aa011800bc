// Where a job stands at its edge: types only.
import type { PartRecord, RecordReader } from '../../schema/records.ts';
import type { JobClosing } from './job-doors.ts';

/** A part that a home has taken, while its records come. */
export interface Relaying {
  readonly kind: 'relaying';
  readonly hub: string;
  readonly reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly records: RecordReader;
  readonly pending: PartRecord[];
  /** Tokens of the answer before this part. */
  readonly tokensBefore: number;
  /** Of these, thinking. */
  readonly thinkingBefore: number;
  readonly giveBack: () => void;
  /** The account of its home's owner; null where the hub did not tell. */
  readonly owner: string | null;
  /** Its word on the request counts. */
  readonly hasVoice: boolean;
  /** Its hub was told that the answer goes on elsewhere where this part breaks off after tokens. */
  readonly isResumable: boolean;
  /** Who runs the part, or was asked for until a head says who does. */
  nodeId: string | null;
  /** Its hub has told that it is there, and goes on telling: the silence of the home is the hub's to judge. */
  isTelling: boolean;
}

/** Where a job stands: a home is looked for, one answers, or there is nothing more to come. */
export type JobStage =
  { readonly kind: 'searching' } | Relaying | { readonly kind: 'over'; readonly closing: JobClosing | null };
