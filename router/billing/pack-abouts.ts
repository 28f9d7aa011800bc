// Which parts the receipts of a batch are of, in some twenty bytes each: what their owner is told of them, and no signed message says. Pure.
import { jobOfKey, keyOfJob } from './job-key.ts';
import { PackedReader, SharedWriter, SharedReader } from './packed-bytes.ts';

export interface PartAbout {
  readonly jobId: string;
  readonly part: number;
  readonly model: string;
}

const FORM = 1;

export function packAbouts(abouts: readonly PartAbout[]): Uint8Array<ArrayBuffer> {
  const writer = new SharedWriter();
  writer.number(FORM);
  writer.number(abouts.length);
  for (const { jobId, part, model } of abouts) {
    const key = keyOfJob(jobId);
    writer.number(key.length);
    writer.raw(key);
    writer.number(part);
    writer.text(model);
  }
  return writer.take();
}

/** In the order of the batch's receipts; none of a form that is not known. */
export function unpackAbouts(packed: Uint8Array): PartAbout[] {
  if (packed.length === 0 || new PackedReader(packed).number() !== FORM) return [];
  const reader = new SharedReader(packed);
  reader.number();
  return Array.from({ length: reader.number() }, () => {
    const jobId = jobOfKey(reader.raw(reader.number()));
    const part = reader.number();
    return { jobId, part, model: reader.text() };
  });
}
