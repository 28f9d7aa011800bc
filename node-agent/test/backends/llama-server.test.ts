// The HTTP backend against a real, current llama-server: what it tells of itself, and what it does with each kind of job.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HAS_LLAMA_SERVER, startLlamaServer } from '../../../router/test/llama-server.ts';
import type { LlamaServer } from '../../../router/test/llama-server.ts';
import { until } from '../../../router/test/until.ts';
import { OpenAiHttpBackend } from '../../backends/openai-http.ts';
import { makeJob, runJob, STORY, STORY_ANSWER } from './jobs.ts';

const CONTEXT_TOKENS = 512;

describe.skipIf(!HAS_LLAMA_SERVER)('a real llama-server (built by .ci/build-llama-server)', () => {
  let server: LlamaServer;
  let backend: OpenAiHttpBackend;
  const nano = { model: 'nano' };

  beforeAll(async () => {
    server = await startLlamaServer({ contextTokens: CONTEXT_TOKENS, slots: 2 });
    backend = new OpenAiHttpBackend({ baseUrl: server.url });
    await backend.detect(new AbortController().signal);
  });

  afterAll(async () => {
    await backend?.close();
    await server?.kill();
  });

  test('is shared although it answers GET /tools with 403, with the context and the slots it has', async () => {
    expect((await fetch(`${server.url}/tools`)).status).toBe(403);
    expect(await backend.detect(new AbortController().signal)).toMatchObject({
      ok: true,
      value: { product: 'llama-server' },
    });
    expect(await backend.models()).toMatchObject([{ name: 'nano', contextTokens: CONTEXT_TOKENS }]);
    expect([await backend.slots(), backend.capabilities().resume]).toEqual([2, 'text']);
  });

  test('gives the greedy answer of the built-in engine, with its counts', async () => {
    const ran = await runJob(backend, makeJob(STORY, nano));
    expect(ran.text).toBe(STORY_ANSWER);
    expect(ran.finish).toMatchObject({ reason: 'stop', promptTokens: 13 });
    expect(ran.finish.outputTokens).toBeGreaterThan(60);
  });

  test('goes on with an answer that was begun elsewhere, wherever it was cut', async () => {
    for (let at = 8; at < STORY_ANSWER.length; at += 41) {
      const end = STORY_ANSWER.indexOf(' ', at);
      if (end < 0) break;
      const text = STORY_ANSWER.slice(0, end);
      const rest = await runJob(backend, makeJob(STORY, { ...nano, resume: { text, count: 5 } }));
      expect(text + rest.text).toBe(STORY_ANSWER);
    }
  });

  test('ends at a stop string and at the limit', async () => {
    const stopped = await runJob(backend, makeJob(STORY, { ...nano, stop: [' garden'] }));
    expect([stopped.text, stopped.finish.reason]).toEqual(['One cloudy day a fox named Ada went to the', 'stop']);
    const cut = await runJob(backend, makeJob(STORY, { ...nano, maxTokens: 7 }));
    expect([cut.finish.reason, cut.finish.outputTokens]).toEqual(['length', 7]);
  });

  test('reads control tokens out of messages, and its owner is told', async () => {
    const found = await backend.detect(new AbortController().signal);
    expect(found.ok && found.value.warnings).toEqual([expect.stringContaining('reads control tokens (<|endoftext|>)')]);
    const strict = new OpenAiHttpBackend({ baseUrl: server.url, allowSpecials: false });
    expect((await strict.detect(new AbortController().signal)).ok).toBe(false);
    await strict.close();
  });

  test('tells a prompt that is too long, with both numbers', async () => {
    const ran = await runJob(backend, makeJob('The fox went home. '.repeat(400), nano));
    expect(ran.finish).toMatchObject({ reason: 'error', error: { code: 'context', contextTokens: CONTEXT_TOKENS } });
    expect(ran.finish.error?.promptTokens).toBeGreaterThan(1500);
  });

  test('frees its slot when a job is cancelled', async () => {
    const stop = new AbortController();
    const cut = await backend.run(makeJob(STORY, nano), () => stop.abort(), stop.signal);
    expect(cut.reason).toBe('cancelled');
    await until('no slot is busy', async () => (await server.countBusy()) === 0);
  });

  test('gives three answers at once with two slots, each whole', async () => {
    const runs = await Promise.all([1, 2, 3].map(() => runJob(backend, makeJob(STORY, nano))));
    expect(runs.map(({ text }) => text)).toEqual([STORY_ANSWER, STORY_ANSWER, STORY_ANSWER]);
  });

  test('an answer breaks off where it is killed, and the next one comes after it is back', async () => {
    const broken = await new Promise<Awaited<ReturnType<OpenAiHttpBackend['run']>>>((resolve) => {
      let killed: Promise<void> | null = null;
      const kill = (): Promise<void> => (killed ??= server.kill());
      void backend.run(makeJob(STORY, nano), kill, new AbortController().signal).then(resolve);
    });
    expect(broken).toMatchObject({ reason: 'error', error: { code: 'unreachable' } });
    await server.start();
    expect((await runJob(backend, makeJob(STORY, nano))).text).toBe(STORY_ANSWER);
  });
});
