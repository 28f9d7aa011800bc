import { afterAll, describe, expect, test } from 'vitest';
import { decodeBase64 } from '../../../schema/base64.ts';
import type { EmbeddingJob } from '../../backends/backend.ts';
import { EmbedderBackend } from '../../backends/embedder.ts';
import { EMBEDDER_NAME } from '../../backends/embedder-model.ts';
import { makeJob } from './jobs.ts';

const backend = new EmbedderBackend();
afterAll(() => backend.close());

async function embed(inputs: string[], change: Partial<EmbeddingJob> = {}, signal = new AbortController().signal) {
  let text = '';
  const job = { kind: 'embedding' as const, model: EMBEDDER_NAME, inputs, ...change };
  const finish = await backend.run(job, (delta) => void (text += delta.text), signal);
  const bytes = decodeBase64(text);
  const numbers = [...new Float32Array(bytes.slice().buffer)];
  return { finish, vectors: inputs.flatMap((_, i) => [numbers.slice(i * 512, (i + 1) * 512)]) };
}

const likeness = (a: number[] = [], b: number[] = []): number => a.reduce((sum, one, i) => sum + one * (b[i] ?? 0), 0);

describe('the embedding model', () => {
  test('is known by a digest of its weights and its vocabulary, and offers nothing but embeddings', async () => {
    expect(await backend.detect()).toMatchObject({ ok: true, value: { product: 'use', version: '0.2.0' } });
    const [model, ...others] = await backend.models();
    expect(others).toEqual([]);
    expect(model).toMatchObject({ name: 'use-lite', contextTokens: 2048, can: ['embeddings'] });
    expect(model?.digest).toMatch(/^[0-9a-f]{64}$/);
    expect(model?.loadMs).toBeGreaterThan(0);
  });

  test('holds what means the same close together, and tells its tokens', async () => {
    const texts = ['How do I rent a GPU?', 'Where can I hire a graphics card?', 'The cat sat on the mat.'];
    const { finish, vectors } = await embed(texts);
    expect(finish).toEqual({ reason: 'stop', promptTokens: expect.any(Number) as number, outputTokens: 0 });
    expect(finish.promptTokens).toBeGreaterThan(15);
    const [rent, hire, cat] = vectors;
    expect(likeness(rent, rent)).toBeCloseTo(1, 4);
    expect(likeness(rent, hire)).toBeCloseTo(0.728, 2);
    expect(likeness(rent, cat)).toBeCloseTo(0.122, 2);
    expect(await backend.models()).not.toHaveProperty('[0].loadMs');
  });

  test('makes the same vector of a text whatever stands beside it', async () => {
    const [alone] = (await embed(['A quiet home.'])).vectors;
    const many = await embed(Array.from({ length: 20 }, (_, i) => (i === 17 ? 'A quiet home.' : `text ${i}`)));
    expect(many.vectors[17]).toEqual(alone);
  });

  test.each([
    [['a', ''], {}, 'bad-request', /empty/],
    [['word '.repeat(3000)], {}, 'context', /3001 tokens/],
    [['a'], { dimensions: 256 }, 'bad-request', /512/],
    [['a'], { model: 'other' }, 'no-model', /other/],
  ])('refuses what it cannot do', async (inputs, change, code, words) => {
    const { finish } = await embed(inputs, change);
    expect(finish).toMatchObject({ reason: 'error', error: { code, message: expect.stringMatching(words) as string } });
  });

  test('answers no chat', async () => {
    const finish = await backend.run(makeJob('hi'), () => undefined, new AbortController().signal);
    expect(finish).toMatchObject({ reason: 'error', error: { code: 'bad-request' } });
  });

  test('leaves off in the middle where nobody waits any more, and answers the next', async () => {
    const leaving = new AbortController();
    const long = embed(
      Array.from({ length: 2000 }, (_, i) => `a longer text with the number ${i}`),
      {},
      leaving.signal,
    );
    setTimeout(() => leaving.abort(), 50);
    expect((await long).finish.reason).toBe('cancelled');
    expect((await embed(['next'])).finish.reason).toBe('stop');
  });

  test('refuses a text that is far too long without reading it', async () => {
    const { finish } = await embed(['a', 'word '.repeat(100_000)]);
    expect(finish).toMatchObject({ reason: 'error', error: { code: 'context', promptTokens: 62_500 } });
  });

  test('leaves off while it counts, too', async () => {
    const leaving = new AbortController();
    const long = embed(Array<string>(100).fill('word '.repeat(3000)), {}, leaving.signal);
    setTimeout(() => leaving.abort(), 50);
    expect((await long).finish.reason).toBe('cancelled');
    expect((await embed(['next'])).finish.reason).toBe('stop');
  });

  test('comes back after it has left memory', async () => {
    await backend.unload();
    expect((await backend.models())[0]?.loadMs).toBeGreaterThan(0);
    expect((await embed(['again'])).finish.reason).toBe('stop');
  });

  test('that is not installed is told with what to do, and offers nothing', async () => {
    const absent = new EmbedderBackend({ runtimePath: '/nowhere' });
    expect(await absent.detect()).toMatchObject({
      ok: false,
      error: expect.stringContaining('setup --embeddings') as string,
    });
    expect(await absent.models()).toEqual([]);
  });
});
