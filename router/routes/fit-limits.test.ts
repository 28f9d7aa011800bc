import { describe, expect, test } from 'vitest';
import { ApiError } from '../errors.ts';
import type { ServedModel } from './served-models.ts';
import { fitLimits } from './fit-limits.ts';

const model = { contextTokens: 1000, maxOutputTokens: 400 } as ServedModel;
const asking = (maxTokens: number | null) => ({ model: 'm', maxTokens });
const counted = (exact: number | null, bound: number, least = exact ?? 0, expected = exact ?? 0) => ({
  count: { exact, bound, least, expected },
  field: 'messages',
});

describe('fitLimits', () => {
  test('what was asked for is granted where model and context have room', () => {
    expect(fitLimits(asking(50), model, counted(100, 100))).toEqual({
      promptExact: 100,
      promptBound: 100,
      promptLeast: 100,
      promptExpected: 100,
      maxTokens: 50,
    });
  });

  test('the model’s own limit stands where nothing or more was asked for', () => {
    expect(fitLimits(asking(null), model, counted(100, 100)).maxTokens).toBe(400);
    expect(fitLimits(asking(9000), model, counted(100, 100)).maxTokens).toBe(400);
  });

  test('the answer is cut to the room that the prompt leaves', () => {
    expect(fitLimits(asking(null), model, counted(900, 900)).maxTokens).toBe(100);
    expect(fitLimits(asking(300), model, counted(999, 999)).maxTokens).toBe(1);
  });

  test('a prompt that leaves no room is refused with the numbers', () => {
    let error: unknown;
    try {
      fitLimits(asking(1), model, counted(1000, 1000));
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({
      code: 'context_length_exceeded',
      status: 400,
      message: expect.stringMatching(/1000 tokens.*1000 tokens/),
      options: { param: 'messages' },
    });
  });

  test('a bound from bytes alone refuses nothing: it says at most, not how many', () => {
    expect(fitLimits(asking(null), model, counted(null, 5000))).toEqual({
      promptExact: null,
      promptBound: 5000,
      promptLeast: 0,
      promptExpected: 0,
      maxTokens: 400,
    });
  });

  test('a prompt that is surely too long is refused without a home; one that is only expected to be is not', () => {
    expect(() => fitLimits(asking(1), model, counted(null, 9000, 1000, 2000))).toThrow(
      /1000 tokens.*at least 1000 tokens/,
    );
    expect(fitLimits(asking(null), model, counted(null, 9000, 999, 2000))).toMatchObject({
      promptLeast: 999,
      promptExpected: 2000,
      maxTokens: 1,
    });
  });

  test('an output limit is always finite and at least one token', () => {
    for (const exact of [0, 500, 999]) {
      const { maxTokens } = fitLimits(asking(null), model, counted(exact, exact));
      expect(maxTokens).toBeGreaterThanOrEqual(1);
      expect(maxTokens).toBeLessThanOrEqual(400);
    }
  });
});
