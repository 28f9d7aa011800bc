// The built-in model through a whole session: what leaves as frames, cut between any two of them and continued by another job, is the
// undisturbed answer, to the byte of its events and to the token id.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readContent } from '../../schema/read-chunks.ts';
import type { JobRequestOf } from '../../schema/job-request.ts';
import { OnnxBackend } from '../backends/onnx.ts';
import { openSession } from './session-bench.ts';
import type { SessionBench, Wrote } from './session-bench.ts';

const backend = new OnnxBackend();
let session: SessionBench;
let jobs = 0;

beforeAll(async () => {
  session = await openSession(backend, { windowMs: 0 });
});
afterAll(async () => {
  session.close();
  await backend.close();
});

interface Answer {
  readonly frames: readonly Wrote[];
  readonly receipt: { promptTokens: number; outputTokens: number; finish: number };
}

async function ask(
  request: Partial<JobRequestOf<'chat'>>,
  resume?: { text: string; tokenIds: number[]; count: number },
): Promise<Answer> {
  jobs += 1;
  const job = jobs;
  const maxTokens = request.maxTokens ?? 60;
  const ticket = { maxOutputTokens: maxTokens, maxPromptTokens: 1000 };
  session
    .give(job, { maxTokens, ticket, request: { model: 'nano-demo', ...request }, ...(resume ? { resume } : {}) })
    .sign();
  const isEnd = (frame: Wrote): boolean => frame.job === job && (frame.name === 'end' || frame.name === 'fault');
  await session.until(() => session.wrote().some(isEnd));
  const end = session.wrote().find(isEnd);
  expect(end?.name).toBe('end');
  const frames = session.wrote().filter((frame) => frame.job === job && frame.name === 'data');
  return { frames, receipt: (end!.json as { work: Answer['receipt'] }).work };
}

const eventsOf = (frames: readonly Wrote[]): string => Buffer.concat(frames.map((frame) => frame.events)).toString();
const idsOf = (frames: readonly Wrote[]): number[] => frames.flatMap((frame) => frame.tokenIds ?? []);

const QUESTIONS = [
  'Tell me a story about a fox named Ada.',
  'Tell me a story about a bear named Tess.',
  'Who are you?',
  'Count to 12.',
  'Name some fruits: 林檎, пломба, naïve?',
];
const HOT: Partial<JobRequestOf<'chat'>> = {
  temperature: 2,
  seed: 10,
  maxTokens: 350,
  frequencyPenalty: 2,
  presencePenalty: 2,
};
const SAMPLINGS: Partial<JobRequestOf<'chat'>>[] = [
  { temperature: 0 },
  { temperature: 0.7, topP: 0.95, seed: 7 },
  { temperature: 1, seed: 8 },
  { temperature: 1, seed: -9, frequencyPenalty: 0.7, presencePenalty: 0.4 },
  // So hot, and with words used up, that bytes of every kind come by: characters of several tokens, broken ones too.
  HOT,
  { temperature: 0.7, seed: 11, stop: ['the ', 'and', 'Ada w', '. '] },
];

describe.each(SAMPLINGS)('cut and continued with %j', (sampling) => {
  test.each(QUESTIONS)('%s', async (content) => {
    const request = { ...sampling, messages: [{ role: 'user' as const, content }] };
    const whole = await ask(request);
    const total = idsOf(whole.frames).length;
    for (const frame of whole.frames) expect(frame.tokenIds).toHaveLength(frame.tokens);
    expect(total).toBe(whole.receipt.outputTokens);
    for (let cut = 1; cut < whole.frames.length; cut += Math.ceil(whole.frames.length / 8)) {
      const told = whole.frames.slice(0, cut);
      const count = idsOf(told).length;
      const left = (sampling.maxTokens ?? 60) - count;
      const resume = { text: readContent(eventsOf(told)), tokenIds: idsOf(told), count };
      const rest = await ask({ ...request, maxTokens: left }, resume);
      expect(eventsOf(told) + eventsOf(rest.frames)).toBe(eventsOf(whole.frames));
      expect([...idsOf(told), ...idsOf(rest.frames)]).toEqual(idsOf(whole.frames));
      expect(rest.receipt).toMatchObject({ outputTokens: total - count, finish: whole.receipt.finish });
      // Prefilled is all that came before, but for what must be made again (a character cut in two, a stop string's beginning).
      const prefilled = whole.receipt.promptTokens + count;
      expect(rest.receipt.promptTokens).toBeLessThanOrEqual(prefilled);
      expect(rest.receipt.promptTokens).toBeGreaterThanOrEqual(prefilled - 8);
    }
  });
});

test('hot answers hold characters of several bytes', async () => {
  const all = await ask({ ...HOT, messages: [{ role: 'user', content: QUESTIONS[0] ?? '' }] });
  expect(/[^ -~\n]/.test(readContent(eventsOf(all.frames)))).toBe(true);
});

test('a part that is to go on with nothing told begins the answer, role and all', async () => {
  const answer = await ask(
    { maxTokens: 3, messages: [{ role: 'user', content: 'hi' }] },
    { text: '', tokenIds: [], count: 0 },
  );
  expect(eventsOf(answer.frames)).toContain('"role":"assistant"');
});
