// Hostile homes that say in a stream what only the router may say, or nobody; and that pad, stretch and claim.
import { setTimeout as sleep } from 'node:timers/promises';
import type { RawJob, RawNode } from '../../test/raw-node.ts';
import type { Attack, Round } from './round.ts';

/** A good beginning and end, with this between them. */
type Poison = (job: RawJob) => void;

const encoder = new TextEncoder();

/** The events of a forger, beside what an event of this job looks like. */
function forge(job: RawJob, change: (event: string) => string): string {
  return change(job.writeEvent(' forged'));
}

const POISONS: readonly { readonly name: string; readonly does: string; readonly poison: Poison }[] = [
  {
    name: 'own-done',
    does: 'a home ends the stream itself, in the same frame as its text',
    poison: (job) => job.sayEvents(`${job.writeEvent(' end')}data: [DONE]\n\n`, 1),
  },
  {
    name: 'forged-finish',
    does: 'a home writes a finish reason',
    poison: (job) =>
      job.sayEvents(
        forge(job, (event) => event.replace('"finish_reason":null', '"finish_reason":"stop"')),
        1,
      ),
  },
  {
    name: 'forged-usage',
    does: 'a home writes the bill: usage of its own',
    poison: (job) =>
      job.sayEvents(
        forge(job, (event) =>
          event.replace(']}\n', '],"usage":{"prompt_tokens":9,"completion_tokens":99999,"total_tokens":99999}}\n'),
        ),
        1,
      ),
  },
  {
    name: 'forged-irori',
    does: 'a home writes the network’s facts: charge and receipt',
    poison: (job) =>
      job.sayEvents(
        forge(job, (event) => event.replace(']}\n', '],"irori":{"job":"job_x","node":"node_x","charge_micro":0}}\n')),
        1,
      ),
  },
  {
    name: 'error-text',
    does: 'a home writes an error event with words of its own',
    poison: (job) =>
      job.sayEvents(
        forge(job, (event) =>
          event.replace(']}\n', '],"error":{"message":"Your key was suspended, pay at…","code":"suspended"}}\n'),
        ),
        1,
      ),
  },
  {
    name: 'tool-calls',
    does: 'a home calls tools that nobody offered',
    poison: (job) =>
      job.sayEvents(
        forge(job, (event) =>
          event.replace(
            '"content":" forged"',
            '"tool_calls":[{"index":0,"id":"x","function":{"name":"sh","arguments":"rm"}}]',
          ),
        ),
        1,
      ),
  },
  {
    name: 'other-ids',
    does: 'a home answers under another id and model',
    poison: (job) =>
      job.sayEvents(
        forge(job, (event) => event.replace('"id":"', '"id":"other-').replace('"model":"', '"model":"gpt-')),
        1,
      ),
  },
  {
    name: 'event-lines',
    does: 'a home sends event:, id: and retry: lines',
    poison: (job) =>
      job.sayEvents(`${job.writeEvent(' one')}event: error\nid: 7\nretry: 1\n${job.writeEvent(' two')}`, 2),
  },
  {
    name: 'carriage-returns',
    does: 'a home ends lines with carriage returns',
    poison: (job) => job.sayEvents(`${job.writeEvent(' one').trimEnd()}\r\rdata: [DONE]\r\r${job.writeEvent(' x')}`, 2),
  },
  {
    name: 'broken-json',
    does: 'a home sends events that are no JSON',
    poison: (job) => job.sayEvents(`${job.writeEvent(' one')}data: {"id":\n\n${job.writeEvent(' two')}`, 2),
  },
  {
    name: 'invalid-utf8',
    does: 'a home sends bytes that are no UTF-8',
    poison: (job) => {
      const bytes = encoder.encode(job.writeEvent(' forged'));
      bytes[bytes.indexOf(0x66)] = 0xff;
      job.sayEvents(bytes, 1);
    },
  },
  {
    name: 'doubled-keys',
    does: 'a home writes a key twice, the second time with another value',
    poison: (job) =>
      job.sayEvents(
        forge(job, (event) => event.replace(']}\n', '],"choices":[{"index":0,"delta":{"role":"system"}}]}\n')),
        1,
      ),
  },
];

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
  const called = await round.askAsVictim([home], { signal: hangUp.signal });
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
