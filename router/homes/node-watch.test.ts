// What a hub learns of a home's speed from how its answers come.
import { expect, test } from 'vitest';
import { makeJobOffer } from '../test/make-job-offer.ts';
import { FaultMemory } from './fault-memory.ts';
import { IdleLog } from './idle-log.ts';
import type { SpeedSample } from '../placement/learn-speed.ts';
import { NodeLoads } from './node-loads.ts';
import { TurnMemory } from './turn-memory.ts';
import { NodeWatch } from './node-watch.ts';
import type { NodeHistory } from './node-history.ts';
import type { NodeWatchDoors } from './node-watch.ts';

const MODEL = {
  name: 'm',
  digest: 'a'.repeat(64),
  contextTokens: 4096,
  quantisation: 'q8_0',
  resume: 'text',
  promptTokensPerS: 1000,
  decodeTokensPerS: 50,
} as const;

/** The sample of one job of 20 tokens whose first frame held so many, at a home 30 ms away. */
function watchJob(firstTokens: number): SpeedSample | null {
  return (
    watch((job) => {
      job.onFirstToken(230, firstTokens);
      job.onDone(630);
      job.onSettled('complete', 20, 640);
    })[0]?.sample ?? null
  );
}

type Noted = Parameters<NodeHistory['noteAnswer']>[1];

/** What a home's history is told of one job. */
function watch(run: (job: ReturnType<NodeWatch['begin']>) => void, asked = makeJobOffer()): Noted[] {
  const noted: Noted[] = [];
  const history = {
    noteRtt: () => undefined,
    rttMs: () => 30,
    cooling: () => null,
    noteStreams: () => false,
    noteAnswer: (_: string, answer: Noted) => void noted.push(answer),
  };
  const plain = {
    hub: 'hub:weur:0',
    area: 'weur',
    stateOf: () => null,
    isConnected: () => true,
    liveOf: () => null,
    catalogue: () => null,
  };
  const doors = { ...plain, idle: new IdleLog(), faults: new FaultMemory(), turns: new TurnMemory() };
  const own = new NodeWatch({ ...doors, history } as unknown as NodeWatchDoors);
  const lease = new NodeLoads().begin('n', 100, 0);
  const start = { nodeId: 'n', model: MODEL, slots: 2, lease, startedAt: 0, isOwn: false };
  run(own.begin({ ...start, asked }));
  return noted;
}

test('the prompt took until the first token, and the stream all others', () => {
  expect(watchJob(1)).toMatchObject({ promptMs: 200, outputTokens: 20, decodeMs: 400 });
});

test('tokens that came with the first are none of the stream’s', () => {
  expect(watchJob(3)).toMatchObject({ promptMs: 200, outputTokens: 18, decodeMs: 400 });
});

test('an answer that was gathered before it came says nothing of its prompt, and one that came whole nothing at all', () => {
  expect(watchJob(11)).toMatchObject({ promptMs: 0, outputTokens: 10, decodeMs: 400 });
  expect(watchJob(20)).toMatchObject({ promptMs: 0, outputTokens: 1 });
});

test('vectors are work well done, as much as was read, and say nothing of how fast a home writes', () => {
  const request = { kind: 'embedding' } as ReturnType<typeof makeJobOffer>['request'];
  const asked = { ...makeJobOffer(), request, size: { promptTokens: 40, outputTokens: 0 } };
  const settle = (outcome: 'complete' | 'failed-by-node'): Noted[] =>
    watch((job) => {
      job.onDone(630);
      job.onSettled(outcome, 0, 640);
    }, asked);
  expect(settle('complete')).toMatchObject([{ workTokens: 40, sample: null, isWell: true }]);
  expect(settle('failed-by-node')).toEqual([]);
});
