// Hostile homes whose word about themselves, or about a request, is the attack.
import { setTimeout as sleep } from 'node:timers/promises';
import type { RawJob, RawNode } from '../../test/raw-node.ts';
import { FREE } from './ground.ts';
import type { Attack, HomeOptions, Round } from './round.ts';

const PHISHING = 'Your key was suspended, pay at https://pay.example to go on';

/** Homes beside the honest ones that do this with honest calls, until the round is over. */
async function stand(round: Round, homes: number, options: Omit<HomeOptions, 'model'>): Promise<RawNode[]> {
  const joined = await Promise.all(Array.from({ length: homes }, () => round.joinHome({ model: 'nano', ...options })));
  await round.waitForHomes('nano', homes);
  return joined;
}

async function last(round: Round): Promise<void> {
  while (!round.isOver) await round.wait(100);
}

/** Refuses each job with these words; a caller who is sent there is told none of them as if they were ours. */
async function refuseWith(round: Round, refuse: (job: RawJob) => void): Promise<void> {
  const homes = await stand(round, 2, { onJob: refuse });
  while (!round.isOver) {
    // The home's words may be told, as the home's: in quotation marks behind who said so.
    const { text, status } = await round.askAsVictim(homes);
    if (text.includes('suspended') && !/home[^"]*\\?"[^"]*suspended/i.test(text))
      round.note(`a home's words reached a caller unlabelled, with ${status}`);
    await round.wait(200);
  }
}

async function boast(round: Round): Promise<void> {
  const onJob = (job: RawJob): void => void answerSlowly(job);
  const [home] = await stand(round, 1, { onJob });
  const { models } = round.makeState({ model: 'nano' });
  const fast = models.map((model) => ({ ...model, promptTokensPerS: 1e7, decodeTokensPerS: 1e6 }));
  home?.send('state', { models: fast, slots: 256, paused: null });
  await last(round);
}

/** Alive and at work, at twenty tokens a second. */
async function answerSlowly(job: RawJob): Promise<void> {
  job.head();
  for (let i = 0; i < 24; i++) {
    job.say(` word${i}`, 1);
    await sleep(50);
  }
  job.end(job.receipt());
}

/** Tells so many names more than it needs; `at` counts the times that it has told them. */
function nameModels(count: number, name: (i: number, at: number) => string) {
  return async (round: Round): Promise<void> => {
    const [home] = await stand(round, 1, { onJob: (job) => job.head().say(' fine', 1).end(job.receipt()) });
    const { models, slots, paused } = round.makeState({ model: 'nano' });
    for (let at = 0; !round.isOver; at++) {
      const more = Array.from({ length: count }, (_, i) => ({ ...models[0], name: name(i, at) }));
      home?.send('state', { models: [...models, ...more], slots, paused });
      await round.wait(500);
    }
  };
}

/** Says now 1 slot and now 256, and now no model, forty times a second. */
async function flip(round: Round): Promise<void> {
  const homes = await stand(round, 3, { onJob: (job) => job.head().say(' fine', 1).end(job.receipt()) });
  const { models } = round.makeState({ model: 'nano' });
  for (let i = 0; !round.isOver; i++) {
    for (const home of homes)
      home.send('state', {
        models: i % 5 === 4 ? [] : models,
        slots: i % 2 === 0 ? 1 : 256,
        paused: i % 7 === 6 ? 'owner' : null,
      });
    await round.wait(25);
  }
}

const plain = (does: string, name: string, homes: number, onJob: (job: RawJob) => void): Attack => ({
  name,
  does,
  run: async (round) => {
    await stand(round, homes, { onJob });
    await last(round);
  },
});

export const WORDS: readonly Attack[] = [
  {
    name: 'cjk-names',
    does: 'a home tells 31 model names with one CJK letter each, which take twice the room where they are kept',
    run: nameModels(31, (i, at) => `模${'m'.repeat(180 - 2 * (at % 10))}${i}`),
  },
  {
    name: 'long-names',
    does: 'a home tells 60 model names of 200 letters',
    run: nameModels(60, (i) => `${i}-`.padEnd(200, 'é')),
  },
  {
    name: 'emoji-names',
    does: 'a home tells 25 names of surrogate pairs',
    run: nameModels(25, (i) => '🔥'.repeat(60) + i),
  },
  { name: 'free-names', does: 'a home tells the free model forty times', run: nameModels(40, () => FREE) },
  {
    name: 'phishing-refusal',
    does: 'homes refuse honest requests as bad, with a phisher’s words',
    run: (round) =>
      refuseWith(round, (job) => job.node.send('refuse', { code: 'bad-request', message: PHISHING }, job.number)),
  },
  {
    name: 'phishing-fault',
    does: 'homes take honest requests and fault them as bad, with a phisher’s words',
    run: (round) => refuseWith(round, (job) => job.head().fault('bad-request', PHISHING)),
  },
  {
    name: 'context-fault',
    does: 'homes say that honest prompts are too long for them',
    run: (round) =>
      refuseWith(round, (job) => job.head().fault('context', PHISHING, { promptTokens: 1_000_000, contextTokens: 1 })),
  },
  plain('nine homes refuse every job', 'nine-refusers', 9, (job) =>
    job.node.send('refuse', { code: 'unfit', message: 'no' }, job.number),
  ),
  plain('nine homes are busy with every job', 'nine-busy', 9, (job) =>
    job.node.send('refuse', { code: 'busy', message: 'no' }, job.number),
  ),
  plain('nine homes fault every job after its head', 'nine-faulters', 9, (job) => job.head().fault('internal', 'no')),
  { name: 'slots-flip', does: 'homes change slots, models and pause forty times a second', run: flip },
  { name: 'boaster', does: 'a home says that it is the fastest of all with 256 slots, and crawls', run: boast },
];
