// Which parts the receipts of a batch are of, in some twenty bytes each: what their owner is told of them, and no signed message says. Pure.
import type { Relation } from '../../schema/credit.ts';
import { jobOfKey, keyOfJob } from './job-key.ts';
import { SharedWriter, SharedReader } from './packed-bytes.ts';

export interface PartAbout {
  readonly jobId: string;
  readonly part: number;
  readonly model: string;
  /** How its caller and its home belong together; left out where nothing tells that they do. */
  readonly related?: Relation;
}

/** Form 1 tells no relations. */
const FORMS = [1, 2];
const FORM = 2;
const RELATIONS: readonly (Relation | undefined)[] = [undefined, 'account', 'wallet', 'pool', 'address'];

export function packAbouts(abouts: readonly PartAbout[]): Uint8Array<ArrayBuffer> {
  const writer = new SharedWriter();
  writer.number(FORM);
  writer.number(abouts.length);
  for (const { jobId, part, model, related } of abouts) {
    const key = keyOfJob(jobId);
    writer.number(key.length);
    writer.raw(key);
    writer.number(part);
    writer.text(model);
    writer.number(RELATIONS.indexOf(related));
  }
  return writer.take();
}

/** In the order of the batch's receipts; none of a form that is not known. */
export function unpackAbouts(packed: Uint8Array): PartAbout[] {
  if (packed.length === 0) return [];
  const reader = new SharedReader(packed);
  const form = reader.number();
  if (!FORMS.includes(form)) return [];
  return Array.from({ length: reader.number() }, () => {
    const jobId = jobOfKey(reader.raw(reader.number()));
    const part = reader.number();
    const about = { jobId, part, model: reader.text() };
    const related = form === FORM ? RELATIONS[reader.number()] : undefined;
    return related ? { ...about, related } : about;
  });
}
