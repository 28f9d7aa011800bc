// Samples after the documentation of nvidia-smi, "--query-gpu" and "--query-compute-apps" with --format=csv,noheader,nounits.
import { expect, test } from 'vitest';
import { countServerBytes, readCardTable } from './read-card-table.ts';

const MIB = 1024 ** 2;

test('cards are read a line each; what the driver does not tell is not known', () => {
  expect(readCardTable('NVIDIA GeForce RTX 4070, 12282, 1126\nTesla P40, 24576, [Not Supported]\n')).toEqual([
    { name: 'NVIDIA GeForce RTX 4070', totalBytes: 12_282 * MIB, usedBytes: 1126 * MIB },
    { name: 'Tesla P40', totalBytes: 24_576 * MIB, usedBytes: null },
  ]);
});

test('anything else is no card', () => {
  for (const text of [
    '',
    'No devices were found',
    'NVIDIA-SMI has failed, because\n',
    'a,b',
    ', 1, 2',
    `x, ${'9'.repeat(30)}, 1`,
  ])
    expect(readCardTable(text)).toEqual([]);
});

test('what model servers hold is counted apart from what other programs hold', () => {
  const apps = [
    '/usr/local/bin/ollama, 4800',
    'C:\\Program Files\\LM Studio\\LM Studio.exe, 1000',
    '/usr/bin/blender, 3000',
    'llama-server, [N/A]',
  ].join('\n');
  expect(countServerBytes(apps)).toBe(5800 * MIB);
  expect(countServerBytes('')).toBe(0);
});
