// Which parts the receipts of a batch are of, in some twenty bytes each: what their owner is told of them, and no signed message says. Pure.
import type { Relation } from '../../schema/credit.ts';
import { isId } from '../../schema/ids.ts';
import { jobOfKey, keyOfJob } from './job-key.ts';
import { SharedWriter, SharedReader } from './packed-bytes.ts';

export interface PartAbout {
  readonly jobId: string;
  readonly part: number;
  readonly model: string;
  /** How its caller and its home belong together; left out where nothing tells that they do. */
  readonly related?: Relation;
  /** The account that called it; left out in what an earlier version accepted. Never told to the owner: it finds the part's receipts. */
  readonly payer?: string;
}

/** Form 1 tells no relations, form 2 no payers. */
const FORMS = [1, 2, 3];
const FORM = 3;
const ACCOUNT_BYTES = 16;
const RELATIONS: readonly (Relation | undefined)[] = [undefined, 'account', 'wallet', 'pool', 'address'];

export function packAbouts(abouts: readonly PartAbout[]): Uint8Array<ArrayBuffer> {
  const writer = new SharedWriter();
  writer.number(FORM);
  writer.number(abouts.length);
  for (const { jobId, part, model, related, payer = '' } of abouts) {
    const key = keyOfJob(jobId);
    writer.number(key.length);
    writer.raw(key);
    writer.number(part);
    writer.text(model);
    writer.number(RELATIONS.indexOf(related));
    const isAccount = isId('acct', payer);
    writer.number(isAccount ? 1 : 0);
    if (isAccount) writer.hex(`0x${payer.slice('acct_'.length)}`, ACCOUNT_BYTES);
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
    const related = form > 1 ? RELATIONS[reader.number()] : undefined;
    const hasPayer = form > 2 && reader.number() === 1;
    const payer = hasPayer ? `acct_${reader.hex(ACCOUNT_BYTES).slice(2)}` : undefined;
    return { ...about, ...(related && { related }), ...(payer !== undefined && { payer }) };
  });
}
