import { expect, test } from 'vitest';
import { SlotLearner, type Seat } from './slot-learner.ts';

function learner(): { slots: SlotLearner; clock: { now: number }; changes: number[] } {
  const clock = { now: 0 };
  const changes: number[] = [];
  const slots: SlotLearner = new SlotLearner({
    now: () => clock.now,
    onChange: () => void changes.push(slots.limit),
  });
  return { slots, clock, changes };
}

/** A server that gives `real` answers at once, each for a second, asked by as many callers as the limit allows. */
function playRounds(real: number, rounds: number): { limits: number[]; changes: number[] } {
  const { slots, clock, changes } = learner();
  const limits: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const seats: Seat[] = Array.from({ length: slots.limit }, () => slots.sit());
    const flowing: Seat[] = [];
    for (const seat of seats) {
      if (flowing.length === real) {
        clock.now += 1_000;
        flowing.shift()?.leave(false);
      }
      clock.now += 50;
      seat.hear();
      seat.hear();
      flowing.push(seat);
    }
    clock.now += 1_000;
    for (const seat of flowing) seat.leave(false);
    limits.push(slots.limit);
  }
  return { limits, changes };
}

test('a server that gives one answer at once is tried with two and taken back to one', () => {
  const { limits, changes } = playRounds(1, 20);
  expect(Math.max(...limits)).toBe(2);
  expect(limits.at(-1)).toBe(1);
  expect(changes).toEqual([2, 1]);
});

test('a server that gives four at once is found to', () => {
  const { limits } = playRounds(4, 100);
  expect(Math.max(...limits)).toBe(5);
  expect(limits.at(-1)).toBe(4);
});

test('a server that batches as many as come is given sixteen', () => {
  expect(playRounds(99, 100).limits.at(-1)).toBe(16);
});

test('a busy server is believed at once; a seat is left once', () => {
  const { slots, changes } = learner();
  slots.noteProduct('vllm');
  const seats = [slots.sit(), slots.sit(), slots.sit()];
  seats[2]?.leave(true);
  seats[2]?.leave(true);
  expect(slots.limit).toBe(2);
  expect(changes).toHaveLength(1);
});

test('answers that wait for room at two looks in a row lower the limit to what runs, and one look that is asked about twice does not', () => {
  const { slots } = learner();
  const look = (waiting: number | null, running: number | null = 3) => ({ running, waiting, cacheTokens: null });
  const full = look(2);
  slots.noteProduct('vllm', full);
  slots.noteProduct('vllm', full);
  slots.noteProduct('vllm', look(0));
  slots.noteProduct('vllm', look(1));
  slots.noteProduct('vllm', look(null, null));
  expect(slots.limit).toBe(8);
  slots.noteProduct('vllm', look(1));
  slots.noteProduct('vllm', look(4));
  expect(slots.limit).toBe(3);
});

test('another product is learned anew', () => {
  const { slots } = learner();
  slots.noteProduct('vllm');
  slots.sit().leave(true);
  slots.noteProduct('vllm');
  expect(slots.limit).toBe(1);
  slots.noteProduct('ollama');
  slots.noteProduct('vllm');
  expect(slots.limit).toBe(8);
});
