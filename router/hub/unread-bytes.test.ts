import { expect, test } from 'vitest';
import { UNREAD_CLOSE_BYTES, UNREAD_FULL_BYTES, UNREAD_MARK_BYTES } from './door-limits.ts';
import { UnreadBytes } from './unread-bytes.ts';

test('a home is asked once for each stretch, and what came before its answer is read', () => {
  const unread = new UnreadBytes();
  unread.noteSent(UNREAD_MARK_BYTES - 1);
  expect(unread.isDue).toBe(false);
  unread.noteSent(1);
  expect(unread.isDue).toBe(true);
  unread.noteAsked();
  unread.noteSent(UNREAD_MARK_BYTES);
  expect(unread.isDue).toBe(false);
  expect(unread.noteAnswered()).toBe(true);
  expect(unread.bytes).toBe(UNREAD_MARK_BYTES);
  expect(unread.isDue).toBe(true);
});

test('an answer to an earlier question shows nothing of what came after it', () => {
  const unread = new UnreadBytes();
  unread.noteAsked();
  unread.noteSent(UNREAD_MARK_BYTES);
  unread.noteAnswered();
  expect(unread.bytes).toBe(UNREAD_MARK_BYTES);
});

test('what nobody asked for is no answer', () => {
  const unread = new UnreadBytes();
  unread.noteSent(100);
  expect([unread.noteAnswered(), unread.bytes]).toEqual([false, 100]);
});

test('one that reads nothing gets no more jobs at first, and is closed in the end', () => {
  const unread = new UnreadBytes();
  unread.noteSent(UNREAD_FULL_BYTES + 1);
  expect([unread.isFull, unread.isOver]).toEqual([true, false]);
  unread.noteSent(UNREAD_CLOSE_BYTES - UNREAD_FULL_BYTES);
  expect(unread.isOver).toBe(true);
});
