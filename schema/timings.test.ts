import { expect, test } from 'vitest';
import { changeTimings, TIMINGS } from './timings.ts';

test('the product waits 1 s for a head, 10 s for a first token, 20 s between tokens, 4 s between signs of life, 2 s for a last word and as long for its receipt', () => {
  expect(TIMINGS).toEqual({
    bodyMs: 60_000,
    headMs: 1000,
    firstTokenMs: 10_000,
    tokenMs: 20_000,
    aliveMs: 4000,
    endMs: 2000,
    receiptWaitMs: 2000,
    deliverEveryMs: 400,
    hubGraceMs: 5000,
    resumeWaitMs: 5000,
    returnWaitMs: 900,
    traceWaitMs: 400_000,
    orphanWaitMs: 10_000,
    retryMs: 5000,
    planEveryMs: 10_000,
    lingerMs: 600_000,
    holdRenewMs: 30_000,
    holdLeaseMs: 75_000,
    holdGraceMs: 15_000,
    bookMs: 5000,
    rateWindowMs: 60_000,
    repeatWaitMs: 10_000,
    alertRetryMs: 5000,
    settleRetryMs: 15_000,
    slotsHeldMs: 300_000,
    coolingMs: 5000,
    shutOutMs: 30_000,
    pagePartMs: 4000,
    turnWaitMs: 30_000,
  });
});

test('a change leaves the others as they are; what names no wait, or no time, is refused', () => {
  expect(changeTimings('{"tokenMs":2000}')).toEqual({ ...TIMINGS, tokenMs: 2000 });
  for (const wrong of ['{"tokensMs":1}', '{"tokenMs":0}', '{"tokenMs":"1"}', '{"tokenMs":1.5}', '[]'])
    expect(() => changeTimings(wrong)).toThrow(/invalid|unrecognized|expected/i);
});
