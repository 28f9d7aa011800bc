// What comes of each odd answer at the agent; router/test/finished-answers.test.ts tells what callers of a whole network read.
import { describe, expect, test } from 'vitest';
import { BROKEN, FINISHED, USAGE } from './odd-answers.ts';
import { begin, job, PLAIN, serve, share, STOP, text } from './http-kit.ts';
import { runJob } from './jobs.ts';

/** Far below any limit of silence. */
const SOON_MS = 20_000;

describe('a finished answer', () => {
  test.each(FINISHED)('$name: $end', async ({ play, end, text: whole }) => {
    const server = await serve(PLAIN, play);
    const ran = await runJob(share({ baseUrl: server.url }), job());
    expect([ran.text, ran.finish.reason, ran.finish.error]).toEqual([whole, end, undefined]);
    for (const delta of ran.deltas) expect(delta.text.isWellFormed()).toBe(true);
  });

  test('whose connection stays open ends long before any limit of silence, and its usage counts', async () => {
    const server = await serve(PLAIN, (response) => {
      begin(response, text('a'), STOP);
      const late = JSON.stringify({ choices: [], usage: USAGE });
      setTimeout(() => response.write(`data: ${late}\n\n`), 100);
    });
    const startedAt = performance.now();
    const { finish } = await runJob(share({ baseUrl: server.url }), job());
    expect(finish).toMatchObject({ reason: 'stop', promptTokens: 11 });
    expect(performance.now() - startedAt).toBeLessThan(SOON_MS);
  });

  test('of a JSON body counts what the server says', async () => {
    const json = FINISHED.find(({ name }) => name === 'a JSON body instead of a stream');
    const server = await serve(PLAIN, json?.play);
    const { finish, deltas } = await runJob(share({ baseUrl: server.url }), job());
    expect([finish.promptTokens, finish.outputTokens, deltas.map((delta) => delta.tokens)]).toEqual([11, 5, [5]]);
  });
});

describe('a broken answer', () => {
  test.each(BROKEN)('$name', async ({ play, text: shown }) => {
    const server = await serve(PLAIN, play);
    const ran = await runJob(share({ baseUrl: server.url }), job());
    expect([ran.text, ran.finish.reason]).toEqual([shown, 'error']);
    expect(JSON.stringify(ran.finish.error)).not.toMatch(/CUDA|crashed|log in|overflow/);
  });
});
