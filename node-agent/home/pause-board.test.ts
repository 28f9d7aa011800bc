import { expect, test, vi } from 'vitest';
import { PauseBoard } from './pause-board.ts';

test("the owner's reasons are told before what happened, and only a change of the told one is announced", () => {
  const onChange = vi.fn();
  const board = new PauseBoard(onChange);
  board.set('outbox', true);
  board.set('backend-down', true);
  board.set('draining', true);
  expect(board.reason).toBe('draining');
  board.set('outbox', false);
  expect(onChange).toHaveBeenCalledTimes(3);
  board.set('draining', false);
  board.set('backend-down', false);
  expect(board.reason).toBeNull();
  expect(onChange).toHaveBeenCalledTimes(5);
});
