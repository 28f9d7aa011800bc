import { expect, test } from 'vitest';
import type { MachineFacts } from './judge-machine.ts';
import { HUB_MODELS, listHubModels, tellFileUrl } from './list-hub-models.ts';

const GB = 1024 ** 3;

function machine(cardGb: number | null, memoryGb: number, diskGb: number): MachineFacts {
  const card = { name: 'card', totalBytes: (cardGb ?? 0) * GB, othersBytes: 0.5 * GB, isShared: false };
  return {
    nodeVersion: '24',
    memoryBytes: memoryGb * GB,
    freeMemoryBytes: memoryGb * GB,
    freeDiskBytes: diskGb * GB,
    cards: cardGb === null ? [] : [card],
    isOnBattery: null,
  };
}

test.each<[number | null, number, number, string[]]>([
  [24, 32, 500, ['qwen3-14b', 'qwen3-8b', 'qwen3-4b']],
  [12, 16, 500, ['qwen3-8b', 'qwen3-4b', 'qwen3-1.7b']],
  [6, 16, 500, ['qwen3-4b', 'qwen3-1.7b', 'qwen3-0.6b']],
  [24, 32, 6, ['qwen3-4b', 'qwen3-1.7b', 'qwen3-0.6b']],
  [null, 16, 500, ['qwen3-8b', 'qwen3-4b', 'qwen3-1.7b']],
  [null, 2, 500, ['qwen3-0.6b']],
  [null, 1, 500, []],
  [24, 32, 0.1, []],
])(
  'a card of %s GB, memory of %s and a disk of %s are offered what fits with room to spare',
  (card, memory, disk, ids) => {
    expect(listHubModels(machine(card, memory, disk), null).map(({ model }) => model.id)).toEqual(ids);
  },
);

test('each is pinned by its hash, and a row tells size, licence and speed', () => {
  for (const { sha256, licence, file } of HUB_MODELS)
    expect([/^[0-9a-f]{64}$/.test(sha256), licence !== '', file.endsWith('.gguf')]).toEqual([true, true, true]);
  const [best] = listHubModels(machine(12, 16, 500), { name: 'RTX 4070', memoryBytes: 12 * GB });
  expect(best?.label).toBe('Download Qwen3 8B (4.7 GB, Apache-2.0 · ~63 tok/s)');
  expect(best && tellFileUrl('https://hub.example/', best.model)).toBe(
    'https://hub.example/MaziyarPanahi/Qwen3-8B-GGUF/resolve/main/Qwen3-8B.Q4_K_M.gguf',
  );
});
