import { expect, test } from 'vitest';
import { concatBytes } from '../../schema/bytes.ts';
import { decodeFrames, FRAME, JOB_PIECE_BYTES } from '../../schema/frames.ts';
import type { Frame } from '../../schema/frames.ts';
import { JobSender, PIECES_AHEAD_BYTES } from './job-sender.ts';

/** A home that reads as much as it is told to. */
function openSender() {
  const frames: Frame[] = [];
  const told: string[] = [];
  let unread = 0;
  const sender = new JobSender({
    send: (bytes) => {
      unread += bytes.length;
      const decoded = decodeFrames(bytes);
      if (decoded.ok) frames.push(...decoded.value);
    },
    unread: () => unread,
    onLeft: () => undefined,
    onPiece: (job) => void told.push(`piece of ${job}`),
  });
  const send = (job: number, bytes: number): Uint8Array => {
    const payload = Uint8Array.from({ length: bytes }, (_, i) => (i * 7 + job) % 251);
    sender.send(job, payload, () => void told.push(`sent ${job}`));
    return payload;
  };
  const read = (): void => {
    unread = 0;
    sender.pump();
  };
  const arrived = (job: number): Uint8Array =>
    concatBytes(frames.filter((one) => one.job === job).map(({ payload }) => payload));
  return { sender, frames, told, send, read, arrived, unread: () => unread };
}

test('a short job leaves as one frame, whatever is on its way', () => {
  const { frames, told, send, unread } = openSender();
  send(1, 4 * PIECES_AHEAD_BYTES);
  const before = unread();
  send(2, JOB_PIECE_BYTES);
  expect(frames.at(-1)).toMatchObject({ type: FRAME.job, job: 2 });
  expect(told.at(-1)).toBe('sent 2');
  expect(unread() - before).toBeLessThan(JOB_PIECE_BYTES + 64);
});

test('a long job leaves in pieces as the home reads, its end as the job frame, and byte for byte', () => {
  const { sender, frames, told, send, read, arrived, unread } = openSender();
  const payload = send(1, 3 * PIECES_AHEAD_BYTES + 5);
  expect(unread()).toBeLessThanOrEqual(PIECES_AHEAD_BYTES + JOB_PIECE_BYTES + 64);
  expect(told).not.toContain('sent 1');
  for (let i = 0; i < 4; i++) read();
  expect(told.at(-1)).toBe('sent 1');
  expect(sender.isSending(1)).toBe(false);
  expect(frames.map(({ type }) => type)).toEqual([...frames.slice(1).map(() => FRAME.piece), FRAME.job]);
  expect(Buffer.compare(arrived(1), payload)).toBe(0);
});

test('long jobs take turns, piece by piece', () => {
  const { frames, send, read, arrived } = openSender();
  const first = send(1, 2 * PIECES_AHEAD_BYTES);
  const second = send(2, PIECES_AHEAD_BYTES);
  const from = frames.length;
  for (let i = 0; i < 5; i++) read();
  expect(frames.slice(from, from + 4).map(({ job }) => job)).toEqual([1, 2, 1, 2]);
  expect(Buffer.compare(arrived(1), first)).toBe(0);
  expect(Buffer.compare(arrived(2), second)).toBe(0);
});

test('of a job that is dropped nothing more leaves', () => {
  const { sender, frames, told, send, read } = openSender();
  send(1, 3 * PIECES_AHEAD_BYTES);
  sender.drop(1);
  const count = frames.length;
  read();
  expect(frames).toHaveLength(count);
  expect(told).not.toContain('sent 1');
});
