// Hostile homes that say in a stream what only the router may say, or nobody; and that pad, stretch and claim.
import { setTimeout as sleep } from 'node:timers/promises';
import type { RawJob, RawNode } from '../../test/raw-node.ts';
import { POISONS } from './poisons.ts';
import type { Poison } from './poisons.ts';
import type { Attack, Round } from './round.ts';

/** Homes of this poison beside the honest ones, taking honest calls, and a caller who is sent to them. */
async function poisonCalls(round: Round, poison: Poison): Promise<void> {
  const onJob = (job: RawJob): void => {
    job.head().say('Once', 1).say(' upon', 1);
    poison(job);
    job.say(' a', 1).say(' time', 1);
    job.end(job.receipt());
  };
  const home = await round.joinHome({ model: 'nano', onJob });
  await round.waitForHomes('nano', 1);
  while (!round.isOver) {
    await round.askAsVictim([home]);
    await round.wait(300);
  }
}

/** A home that gives one word and then only what the round's attack sends each `gapMs`, until it is stopped. */
async function stretchCalls(round: Round, gapMs: number, stretch: Poison): Promise<void> {
  const onJob = (job: RawJob): void => {
    job.head().say('Once', 1);
    const timer = setInterval(() => stretch(job), gapMs);
    round.onEnd(() => clearInterval(timer));
  };
  const home = await round.joinHome({ model: 'nano', onJob });
  await round.waitForHomes('nano', 1);
  await keepAsking(round, home);
}

async function keepAsking(round: Round, home: RawNode): Promise<void> {
  const hangUp = new AbortController();
  const limit = setTimeout(() => hangUp.abort(), round.ms);
  // Nobody else may go on, so that what keeps the answer open is the home.
  const called = await round.askAsVictim([home], { signal: hangUp.signal, more: { resume: 'off' } });
  clearTimeout(limit);
  if (called.tookMs > 0.8 * round.ms)
    round.note(`an answer without text was kept open for ${Math.round(called.tookMs)} ms`);
}

const EMPTY = 'data: {}\n\n';

const CLAIMS: readonly Attack[] = [
  {
    name: 'empty-each-second',
    does: 'a home sends `data: {}` each second and nothing else',
    run: (round) => stretchCalls(round, 1000, (job) => job.sayEvents(EMPTY, 0)),
  },
  {
    name: 'empty-text-each-second',
    does: 'a home sends well-formed events without a letter each half second',
    run: (round) => stretchCalls(round, 500, (job) => job.say('', 1)),
  },
  {
    name: 'tokens-without-content',
    does: 'a home claims 64 tokens a frame that holds none',
    run: (round) => poisonCalls(round, (job) => void Array.from({ length: 7 }, () => job.sayEvents(EMPTY, 64))),
  },
  {
    name: 'claims-max-first',
    does: 'a home’s first frame holds a letter and claims max_tokens',
    run: (round) =>
      poisonCalls(round, (job) => {
        job.say('x', job.frame.ticket.maxOutputTokens);
      }),
  },
  {
    name: 'padded-answer',
    does: 'a home pads an answer past 256 KB, so that it is not counted, and claims max_tokens',
    run: (round) => padAnswers(round, (event) => event.replace('data: {', `data: {${' '.repeat(60_000)}`)),
  },
  {
    name: 'padded-with-escapes',
    does: 'a home writes each letter as an escape and claims a token a byte',
    run: (round) => padAnswers(round, (event) => event.replace('"content":"x"', `"content":"${'\\u0061'.repeat(40)}"`)),
  },
  {
    name: 'token-a-letter',
    does: 'a home of a model without a known tokenizer claims a token for each letter',
    run: claimLetters,
  },
];

async function padAnswers(round: Round, pad: (event: string) => string): Promise<void> {
  const onJob = async (job: RawJob): Promise<void> => {
    job.head();
    for (let i = 0; i < 6; i++) {
      const event = pad(job.writeEvent('x'));
      while (job.creditBytes < event.length && !round.isOver) await sleep(10);
      job.sayEvents(event, 60);
    }
    const { maxOutputTokens } = job.frame.ticket;
    job.end(job.receipt({ outputTokens: maxOutputTokens }));
  };
  const home = await round.joinHome({ model: 'nano', onJob: (job) => void onJob(job) });
  await round.waitForHomes('nano', 1);
  while (!round.isOver) {
    const called = await round.askAsVictim([home], { maxTokens: 400 });
    if (called.overcharge > 0)
      round.note(`${called.text.length} letters were charged as ${called.outputTokens} tokens`);
    await round.wait(300);
  }
}

async function claimLetters(round: Round): Promise<void> {
  const text = 'The quick brown fox jumps over the lazy dog and goes home. ';
  const onJob = (job: RawJob): void => {
    job.head();
    for (let i = 0; i < 20; i++) job.say(text, text.length);
    job.end(job.receipt());
  };
  const home = await round.joinHome({ onJob });
  await round.waitForHomes('open', 1);
  while (!round.isOver) {
    const called = await round.ask(round.ground.honest, { only: [home], maxTokens: 4096 });
    round.victims.push(called);
    if (called.overcharge > 0)
      round.note(`${called.text.length} letters were charged as ${called.outputTokens} tokens`);
    await round.wait(300);
  }
}

/** What a home says within a stream. */
export const BYTES: readonly Attack[] = [
  ...POISONS.map(({ name, does, poison }) => ({ name, does, run: (round: Round) => poisonCalls(round, poison) })),
  ...CLAIMS,
];
