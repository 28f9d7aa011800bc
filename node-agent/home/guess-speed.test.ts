import { describe, expect, test } from 'vitest';
import { guessSpeed } from './guess-speed.ts';
import type { Gpu, SpeedFacts } from './guess-speed.ts';
import { readNvidia } from './gpu-probe.ts';

const GB = 1e9;
const card = (name: string, memoryBytes: number | null = 24 * GB): Gpu => ({ name, memoryBytes });
const guess = (facts: Partial<SpeedFacts>) =>
  guessSpeed({ computesOn: 'graphics-card', sizeBytes: 4.9 * GB, gpu: null, paceTokensPerS: 0, ...facts });

describe('a first guess', () => {
  test('a pace below the prior is what the home promises', () => {
    expect(guess({ computesOn: 'cpu' }).decodeTokensPerS).toBe(200);
    expect(guess({ computesOn: 'cpu', paceTokensPerS: 30 }).decodeTokensPerS).toBe(30);
    expect(guess({ paceTokensPerS: 5000 })).toEqual(guess({}));
  });

  test.each([
    ['NVIDIA GeForce RTX 4090', 120],
    ['NVIDIA GeForce RTX 4070 Ti SUPER', 80],
    ['NVIDIA GeForce RTX 4070 Laptop GPU', 65],
    ['NVIDIA GeForce RTX 3060', 48],
    ['NVIDIA H100 80GB HBM3', 140],
    ['Apple M2', 13],
    ['Apple M2 Ultra', 70],
    ['Apple M3 Max', 48],
    ['Some card of tomorrow', 40],
  ])('%s decodes an 8B model at about %d tokens a second', (name, decodeTokensPerS) => {
    expect(guess({ gpu: card(name) }).decodeTokensPerS).toBe(decodeTokensPerS);
  });

  test('falls with the size of the model, rises with small ones up to a limit, and collapses where memory ends', () => {
    const gpu = card('NVIDIA GeForce RTX 3090');
    expect(guess({ gpu, sizeBytes: 9.8 * GB }).decodeTokensPerS).toBe(53);
    expect(guess({ gpu, sizeBytes: 0.1 * GB }).decodeTokensPerS).toBe(420);
    expect(guess({ gpu, sizeBytes: 40 * GB }).decodeTokensPerS).toBeLessThan(3);
    expect(guess({ gpu, sizeBytes: null }).decodeTokensPerS).toBe(105);
  });

  test('a small unknown card is guessed lower', () => {
    expect(guess({ gpu: card('Quadro X', 4 * GB) }).decodeTokensPerS).toBeLessThan(guess({}).decodeTokensPerS);
  });
});

describe("nvidia-smi's answer", () => {
  test('names the card with the most memory', () => {
    expect(readNvidia('NVIDIA GeForce GTX 1650, 4096\nNVIDIA GeForce RTX 3090, 24576\n')).toEqual({
      name: 'NVIDIA GeForce RTX 3090',
      memoryBytes: 24576 * 1024 * 1024,
    });
    expect(readNvidia('NVIDIA Thing, [N/A]\n')).toEqual({ name: 'NVIDIA Thing', memoryBytes: null });
  });

  test.each(['', '\n', 'NVIDIA-SMI has failed because it could not communicate with the driver.'])(
    'is no card: %j',
    (text) => {
      expect(readNvidia(text)).toBeNull();
    },
  );
});
