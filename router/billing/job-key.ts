// A job's id as the books keep it.
import { fromHex, toHex } from '../../schema/bytes.ts';
import { isId } from '../../schema/ids.ts';

const JOB_BYTES = 16;

/** A job's 16 bytes; an id of another form is its own bytes. */
export function keyOfJob(jobId: string): Uint8Array<ArrayBuffer> {
  return (
    isId('job', jobId) ? fromHex(`0x${jobId.slice(4)}`) : new TextEncoder().encode(jobId)
  ) as Uint8Array<ArrayBuffer>;
}

/** The id that such a key is of. */
export function jobOfKey(key: Uint8Array): string {
  return key.length === JOB_BYTES ? `job_${toHex(key).slice(2)}` : new TextDecoder().decode(key);
}
