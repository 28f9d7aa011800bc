import fc from 'fast-check';
import { expect, test } from 'vitest';
import { guessWeights } from './fit-weights.ts';
import { JobShare } from './job-share.ts';
import { ShareBook } from './share-book.ts';
import type { BookTerms } from './share-book.ts';

const TERMS: BookTerms = {
  weights: guessWeights(1),
  isWeighed: true,
  method: 'sampled',
  mostW: 1000,
  usualW: 300,
  longestMs: 10_000,
};

/** A book under a clock that the test sets. */
function open(terms: Partial<BookTerms> = {}) {
  const clock = { ms: 0 };
  const book = new ShareBook(0, () => ({ ...TERMS, ...terms }));
  const begin = (promptTokens = 0): JobShare => {
    const share = new JobShare({ promptTokens, promptTokensPerS: 1000 }, () => clock.ms);
    book.begin(share, clock.ms);
    return share;
  };
  return { clock, book, begin };
}
const metered = (joules: number) => ({ joules, spreadJ: 0, method: 'sampled' as const });

test('a window is split by what each job worked: prompts, answers, and what the server still had', () => {
  const { clock, book, begin } = open();
  const [reads, writes, hits] = [begin(1000), begin(), begin(1000)];
  writes.noteTokens(100);
  clock.ms = 1;
  hits.noteTokens(0);
  clock.ms = 1000;
  book.close(1000, metered(200));
  // 1,000 prompt tokens at a tenth weigh as much as 100 of an answer; what was there at once hardly weighs.
  expect(reads.joules / writes.joules).toBeCloseTo(1, 6);
  expect(hits.joules).toBeLessThan(reads.joules / 10);
  expect(reads.joules + writes.joules + hits.joules).toBeCloseTo(200, 9);
});

test('a job that ends inside a window claims what such work costs; too much is taken off the others, too little waits for later claims', () => {
  const { clock, book, begin } = open();
  const [short, long] = [begin(), begin()];
  short.noteTokens(50);
  clock.ms = 500;
  expect(book.end(short, 500, true)).toEqual({ joules: 50, spreadJ: 25, method: 'sampled' });
  long.noteTokens(50);
  clock.ms = 1000;
  // Each would have had 40.
  book.close(1000, metered(80));
  expect(long.joules).toBe(30);
  expect(book.leftJ).toBe(0);
  const next = begin();
  next.noteTokens(10);
  clock.ms = 1500;
  book.end(next, 1500, true);
  long.noteTokens(10);
  clock.ms = 2000;
  book.close(2000, metered(40));
  expect(book.leftJ).toBe(10);
  expect(book.end(long, 2000, true).joules).toBe(60);
  expect(book.leftJ).toBe(0);
});

test('however far off costs are, claims of open windows stay within one window of the meter', () => {
  const { clock, book, begin } = open();
  for (let second = 0; second < 60; second += 1) {
    const jobs = [begin(), begin(), begin()];
    clock.ms += 900;
    for (const job of jobs) {
      job.noteTokens(300);
      book.end(job, clock.ms, true);
    }
    clock.ms += 100;
    // A tenth of what such work is said to cost; before anything has come of a claim one window holds no more than the machine can draw.
    book.close(clock.ms, metered(90));
    expect(book.leftJ).toBeGreaterThanOrEqual(-(TERMS.mostW * 0.9));
  }
  // And goes back.
  expect(book.leftJ).toBeGreaterThan(-360);
});

test('a job without a receipt takes its share, and nobody else claims it', () => {
  const { clock, book, begin } = open();
  const [lost, kept] = [begin(), begin()];
  lost.noteTokens(50);
  kept.noteTokens(50);
  clock.ms = 500;
  book.end(lost, 500, false);
  clock.ms = 1000;
  book.close(1000, metered(100));
  expect(kept.joules).toBe(50);
  expect(book.leftJ).toBe(0);
});

test('a claim before anything was learned goes by the last window’s power, and is an estimate where it is all of it', () => {
  const { clock, book, begin } = open({ isWeighed: false });
  const first = begin();
  first.noteTokens(10);
  clock.ms = 1000;
  book.close(1000, metered(100));
  clock.ms = 1500;
  expect(book.end(first, 1500, true)).toMatchObject({ joules: 150, method: 'sampled' });
  const second = begin();
  second.noteTokens(1);
  clock.ms = 1600;
  expect(book.end(second, 1600, true)).toMatchObject({ method: 'estimated' });
});

test('no claim takes more than the machine can draw', () => {
  const { clock, book, begin } = open({ mostW: 100 });
  const share = begin();
  share.noteTokens(100_000);
  clock.ms = 500;
  expect(book.end(share, 500, true).joules).toBe(50);
});

test('windows that nobody metered are taken for what the work costs, and a job with nothing else is an estimate; without costs it is unknown', () => {
  const known = open();
  const share = known.begin();
  share.noteTokens(20);
  known.clock.ms = 1000;
  known.book.close(1000, null);
  expect(known.book.end(share, 1000, true)).toEqual({ joules: 20, spreadJ: 10, method: 'estimated' });
  const blind = open({ isWeighed: false });
  const other = blind.begin();
  other.noteTokens(20);
  blind.clock.ms = 1000;
  blind.book.close(1000, null);
  expect(blind.book.end(other, 1000, true).method).toBe('unknown');
});

test('a first claim, before anything was seen, takes no more of the usual power than its part of it', () => {
  const { clock, book, begin } = open({ isWeighed: false });
  const [one] = [begin(), begin(), begin()];
  one.noteTokens(10_000);
  clock.ms = 500;
  expect(book.end(one, 500, true)).toMatchObject({ joules: 50, method: 'estimated' });
});

test('a claim where nothing is metered and nothing is known of the card is unknown, however short it is', () => {
  const { clock, book, begin } = open({ method: 'unknown', isWeighed: false });
  const share = begin();
  share.noteTokens(5);
  clock.ms = 20;
  expect(book.end(share, 20, true).method).toBe('unknown');
});

test('a job is as sure as its least sure window', () => {
  const { clock, book, begin } = open();
  const share = begin();
  share.noteTokens(1);
  clock.ms = 1000;
  book.close(1000, { joules: 10, spreadJ: 0, method: 'counter' });
  share.noteTokens(1);
  clock.ms = 2000;
  book.close(2000, { joules: 10, spreadJ: 0, method: 'sampled' });
  expect(book.end(share, 2000, true)).toMatchObject({ joules: 20, method: 'sampled' });
});

/** What happens next: time passes, a job begins or ends, tokens come, a reading closes the window. */
const event = fc.oneof(
  fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 900 }) }),
  fc.record({ do: fc.constant('begin' as const), prompt: fc.nat(4000) }),
  fc.record({ do: fc.constant('tokens' as const), job: fc.nat(7), count: fc.integer({ min: 1, max: 80 }) }),
  fc.record({ do: fc.constant('end' as const), job: fc.nat(7) }),
  fc.record({ do: fc.constant('close' as const), watts: fc.integer({ min: 0, max: 600 }) }),
);

test('claims, what running jobs hold and what is left over add up to the meter', () => {
  fc.assert(
    fc.property(fc.array(event, { minLength: 20, maxLength: 200 }), (events) => {
      const { clock, book, begin } = open();
      const jobs: JobShare[] = [];
      let meterJ = 0;
      let claimedJ = 0;
      let openedAt = 0;
      let workers = 0;
      const close = (watts: number): void => {
        const joules = (watts * (clock.ms - openedAt)) / 1000;
        if (workers > 0) meterJ += joules;
        book.close(clock.ms, metered(joules));
        openedAt = clock.ms;
        workers = jobs.length;
      };
      for (const one of events) {
        const job = 'job' in one ? jobs[one.job % Math.max(1, jobs.length)] : undefined;
        if (one.do === 'wait') clock.ms += one.ms;
        if (one.do === 'begin' && jobs.length < 8) {
          jobs.push(begin(one.prompt));
          workers += 1;
        }
        if (one.do === 'tokens') job?.noteTokens(one.count);
        if (one.do === 'close') close(one.watts);
        if (one.do !== 'end' || !job) continue;
        // One that lived no time at all has no part in a window.
        clock.ms += 1;
        claimedJ += book.end(job, clock.ms, true).joules;
        jobs.splice(jobs.indexOf(job), 1);
      }
      clock.ms += 1;
      close(300);
      const heldJ = jobs.reduce((sum, { joules }) => sum + joules, 0);
      expect(claimedJ + heldJ + book.leftJ).toBeCloseTo(meterJ, 5);
    }),
    { numRuns: 200 },
  );
});
