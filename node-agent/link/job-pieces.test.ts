import { expect, test } from 'vitest';
import { JobPieces } from './job-pieces.ts';

const LIMITS = { bytesOfJob: 10, bytes: 16, jobs: 2, pieces: 3 };
const bytes = (text: string): Uint8Array => Buffer.from(text);
const text = (whole: Uint8Array | null): string | null => whole && Buffer.from(whole).toString();

test('a job that comes at once is what came', () => {
  expect(text(new JobPieces(LIMITS).finish(1, bytes('whole')))).toBe('whole');
});

test('pieces of several jobs are put together, each copied from the message that it came in', () => {
  const pieces = new JobPieces(LIMITS);
  const message = Buffer.from('ab');
  pieces.add(1, message);
  pieces.add(2, bytes('xy'));
  message.fill(0);
  expect(text(pieces.finish(1, bytes('c')))).toBe('abc');
  expect(text(pieces.finish(2, bytes('z')))).toBe('xyz');
  expect(pieces.bytes).toBe(0);
});

test('a job that grows too long is kept no more and is null at its end; the next is whole', () => {
  const pieces = new JobPieces(LIMITS);
  for (const one of ['12345', '67890', '1', '2']) expect(pieces.add(1, bytes(one))).toBe(true);
  expect(pieces.bytes).toBe(0);
  expect(pieces.finish(1, bytes('3'))).toBeNull();
  pieces.add(1, bytes('12345678'));
  expect(pieces.finish(1, bytes('123'))).toBeNull();
  expect(text(pieces.finish(1, bytes('again')))).toBe('again');
});

test('all jobs together, jobs at once and pieces of a job are bounded', () => {
  const pieces = new JobPieces(LIMITS);
  pieces.add(1, bytes('123456789'));
  pieces.add(2, bytes('12345678'));
  expect(pieces.bytes).toBe(9);
  expect(pieces.add(3, bytes('1'))).toBe(false);
  expect(pieces.finish(2, bytes(''))).toBeNull();
  for (let i = 0; i < 4; i++) pieces.add(4, bytes('1'));
  expect(pieces.finish(4, bytes(''))).toBeNull();
  expect(text(pieces.finish(1, bytes('0')))).toBe('1234567890');
});

test('what is taken back frees its room', () => {
  const pieces = new JobPieces(LIMITS);
  pieces.add(1, bytes('12345'));
  pieces.drop(1);
  expect(pieces.bytes).toBe(0);
  expect(text(pieces.finish(1, bytes('new')))).toBe('new');
});
