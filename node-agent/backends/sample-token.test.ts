import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { drawUniform, sampleToken } from './sample-token.ts';

const PLAIN = {
  temperature: 1,
  topP: 1,
  seed: 7,
  frequencyPenalty: 0,
  presencePenalty: 0,
  position: 0,
  counts: new Map<number, number>(),
  banned: [],
};
const logits = (...values: number[]): Float32Array => Float32Array.from(values);

describe('drawUniform', () => {
  test('depends on seed and position only, and stays in [0, 1)', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.nat(1_000_000), (seed, position) => {
        const u = drawUniform(seed, position);
        expect(u).toBe(drawUniform(seed, position));
        expect(u).toBeGreaterThanOrEqual(0);
        expect(u).toBeLessThan(1);
      }),
    );
  });

  test('keeps its values for ever: another version of the agent must continue this one’s answers', () => {
    expect([drawUniform(0, 0), drawUniform(1, 0), drawUniform(1, 1), drawUniform(2 ** 53 - 1, 511)])
      .toMatchInlineSnapshot(`
      [
        0.48841518498037184,
        0.9809659446888181,
        0.9440629199032777,
        0.5122424417388451,
      ]
    `);
  });

  test('is spread evenly over positions and over neighbouring seeds, with both halves of the seed in use', () => {
    const bins = Array.from({ length: 10 }, () => 0);
    for (let seed = 0; seed < 100; seed += 1) {
      for (let position = 0; position < 100; position += 1) {
        const bin = Math.floor(drawUniform(seed, position) * 10);
        bins[bin] = (bins[bin] ?? 0) + 1;
      }
    }
    for (const count of bins) expect(Math.abs(count - 1000)).toBeLessThan(150);
    expect(drawUniform(5, 3)).not.toBe(drawUniform(5 + 2 ** 32, 3));
  });
});

describe('sampleToken', () => {
  test('takes the highest logit at temperature 0, the lowest id on a tie', () => {
    expect(sampleToken(logits(1, 3, 3, 2), { ...PLAIN, temperature: 0 })).toBe(1);
  });

  test('never gives a banned id', () => {
    expect(sampleToken(logits(9, 1), { ...PLAIN, temperature: 0, banned: [0] })).toBe(1);
    for (let position = 0; position < 50; position += 1) {
      expect(sampleToken(logits(9, 1, 1), { ...PLAIN, position, banned: [0] })).not.toBe(0);
    }
  });

  test('keeps within the smallest set that reaches topP, and always keeps one', () => {
    for (let position = 0; position < 100; position += 1) {
      expect(sampleToken(logits(2, 1.9, -5), { ...PLAIN, topP: 0.6, position })).not.toBe(2);
      expect(sampleToken(logits(2, 1.9, -5), { ...PLAIN, topP: 0, position })).toBe(0);
    }
  });

  test('draws in proportion to the probabilities', () => {
    let ones = 0;
    for (let position = 0; position < 4000; position += 1)
      ones += sampleToken(logits(0, Math.log(3)), { ...PLAIN, position });
    expect(Math.abs(ones / 4000 - 0.75)).toBeLessThan(0.03);
  });

  test('lowers what was said before by both penalties', () => {
    const counts = new Map([[0, 2]]);
    const greedy = { ...PLAIN, temperature: 0, counts };
    expect(sampleToken(logits(2, 1.1), { ...greedy, presencePenalty: 1 })).toBe(1);
    expect(sampleToken(logits(2, 1.1), { ...greedy, frequencyPenalty: 0.5 })).toBe(1);
    expect(sampleToken(logits(2, 1.1), { ...greedy, frequencyPenalty: 0.4 })).toBe(0);
    expect(sampleToken(logits(2, 2.1), { ...greedy, frequencyPenalty: -0.5 })).toBe(0);
  });
});
