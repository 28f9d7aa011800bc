import { expect, test } from 'vitest';
import { keyOfJob } from './job-key.ts';
import { packAbouts, unpackAbouts } from './pack-abouts.ts';
import type { PartAbout } from './pack-abouts.ts';
import { SharedWriter } from './packed-bytes.ts';

const job = (digit: string): string => `job_${digit.repeat(32)}`;
const acct = (digit: string): string => `acct_${digit.repeat(32)}`;

test('what is kept of parts is read back, with who called them and how they belong together', () => {
  const abouts: PartAbout[] = [
    { jobId: job('1'), part: 0, model: 'llama', payer: acct('a') },
    { jobId: job('2'), part: 3, model: 'llama', related: 'pool', payer: acct('a') },
    { jobId: job('3'), part: 1, model: 'qwen' },
  ];
  const packed = packAbouts(abouts);
  expect(unpackAbouts(packed)).toEqual(abouts);
  // The same payer stands once.
  expect(packed.length).toBeLessThan(3 * 20 + 17 + 20);
});

test('a name that is no account’s is not kept', () => {
  expect(unpackAbouts(packAbouts([{ jobId: job('1'), part: 0, model: 'm', payer: 'somebody' }]))).toEqual([
    { jobId: job('1'), part: 0, model: 'm' },
  ]);
});

test('forms of earlier versions are read, and one of a later version tells nothing', () => {
  const write = (form: number): Uint8Array => {
    const writer = new SharedWriter();
    for (const number of [form, 1, 16]) writer.number(number);
    writer.raw(keyOfJob(job('1')));
    writer.number(2);
    writer.text('m');
    if (form === 2) writer.number(1);
    return writer.take();
  };
  expect(unpackAbouts(write(1))).toEqual([{ jobId: job('1'), part: 2, model: 'm' }]);
  expect(unpackAbouts(write(2))).toEqual([{ jobId: job('1'), part: 2, model: 'm', related: 'account' }]);
  expect(unpackAbouts(write(9))).toEqual([]);
  expect(unpackAbouts(new Uint8Array())).toEqual([]);
});
