import { describe, expect, test } from 'vitest';
import type { FinalFacts } from '../../schema/chunks.ts';
import type { Called } from './churn-call.ts';
import { sumUpChurn } from './sum-up-churn.ts';
import type { Judged } from './sum-up-churn.ts';

const BOOKS = { isSound: true, waiting: 0, held: 0, charged: 10, paid: 10, byJob: new Map([['job_1', 10]]) };
const DONE = { losses: 3, hubResets: 1 };

function judge(called: Partial<Called> = {}, facts: Partial<FinalFacts> = {}): Judged {
  const whole: Called = {
    isStreamed: true,
    job: 'job_1',
    text: 'one two',
    isDone: true,
    error: null,
    status: 200,
    refusals: 0,
    facts: { attempts: 1, resumed: null, charge_micro: 10, ...facts } as FinalFacts,
    usage: { prompt_tokens: 6, completion_tokens: 2, total_tokens: 8 },
    gapsMs: [],
    ...called,
  };
  return { called: whole, text: 'one two', outputTokens: 2, charge: 10 };
}

describe('a churn run', () => {
  test('without a fault counts what was done', () => {
    expect(sumUpChurn([judge()], BOOKS, DONE)).toMatchObject({
      streams: 1,
      properEnd: 1,
      completed: 1,
      losses: 3,
      hubResets: 1,
      resumed: 0,
      exactMismatches: 0,
      overcharged: 0,
      undercharged: 0,
      ledgerDelta: 0,
      resumeAddedMs: { p50: null, p95: null },
      faults: {},
    });
  });

  test('an answer that ends without a word is no proper end; one that ends with an error is, if it was a beginning', () => {
    const cut = judge({ isDone: false, text: 'one', facts: null, usage: null });
    const told = judge({ isDone: false, text: 'one', error: 'broke off', facts: null, usage: null });
    const wrong = judge({ isDone: false, text: 'two', error: 'broke off', facts: null, usage: null });
    const report = sumUpChurn([cut, told, wrong], { ...BOOKS, byJob: new Map() }, DONE);
    expect(report).toMatchObject({ properEnd: 2, completed: 0, exactMismatches: 1, ledgerDelta: 0 });
    expect(report.faults).toEqual({ 'ended without a word': 1, 'broke off': 2 });
  });

  test('a repeated or a missing byte is a mismatch', () => {
    const calls = ['one two two', 'onetwo'].map((text) => judge({ text }));
    expect(sumUpChurn(calls, { ...BOOKS, charged: 20, paid: 20 }, DONE).exactMismatches).toBe(2);
  });

  test('a hand-over adds the longest pause less the usual one', () => {
    const gaps = [100, 100, 900, 100];
    const report = sumUpChurn([judge({ gapsMs: gaps }, { resumed: 'exact', attempts: 2 })], BOOKS, DONE);
    expect(report).toMatchObject({ resumed: 1, replaced: 0, resumeAddedMs: { p50: 800, p95: 800 } });
    expect(sumUpChurn([judge({ gapsMs: gaps }, { attempts: 2 })], BOOKS, DONE)).toMatchObject({
      resumed: 0,
      replaced: 1,
    });
  });

  test('charges above and below the undisturbed one are told apart', () => {
    const report = sumUpChurn([judge({}, { charge_micro: 11 }), judge({}, { charge_micro: 9 })], BOOKS, DONE);
    expect(report).toMatchObject({ overcharged: 1, undercharged: 1 });
    const usage = { prompt_tokens: 6, completion_tokens: 3, total_tokens: 9 };
    expect(sumUpChurn([judge({ usage })], BOOKS, DONE).overcharged).toBe(1);
  });

  test('what is booked lies between what was told and the undisturbed charge', () => {
    const booked = (charge: number) => ({ ...BOOKS, byJob: new Map([['job_1', charge]]) });
    const lowly = judge({}, { charge_micro: 4 });
    expect(sumUpChurn([lowly], booked(4), DONE)).toMatchObject({ toldTooLow: 0, ledgerDelta: 0 });
    expect(sumUpChurn([lowly], booked(10), DONE)).toMatchObject({ toldTooLow: 1, ledgerDelta: 0 });
    expect(sumUpChurn([lowly], booked(11), DONE)).toMatchObject({ toldTooLow: 0, ledgerDelta: 1 });
    expect(sumUpChurn([lowly], booked(1), DONE).ledgerDelta).toBe(3);
    const broken = judge({ isDone: false, text: 'one', error: 'broke off', facts: null, usage: null });
    expect(sumUpChurn([broken], booked(2), DONE).ledgerDelta).toBe(2);
  });

  test.each([
    [{ ...BOOKS, paid: 12 }, 2],
    [{ ...BOOKS, isSound: false }, 1],
    [{ ...BOOKS, held: 5 }, 5],
  ])('books %j are off by %i', (books, delta) => {
    expect(sumUpChurn([judge()], books, DONE).ledgerDelta).toBe(delta);
  });
});
