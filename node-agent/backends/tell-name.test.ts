import { expect, test } from 'vitest';
import { tellName } from './tell-name.ts';

test.each([
  ['/home/mika/models/qwen3-8b-Q4_K_M.gguf', 'qwen3-8b-Q4_K_M.gguf'],
  ['models/qwen3.gguf', 'qwen3.gguf'],
  ['./qwen3.gguf', 'qwen3.gguf'],
  ['../a/b.gguf', 'b.gguf'],
  ['~/qwen3', 'qwen3'],
  ['C:\\Users\\mika\\qwen3.gguf', 'qwen3.gguf'],
  ['D:/models/qwen3.gguf', 'qwen3.gguf'],
  ['\\\\nas\\models\\qwen3', 'qwen3'],
  ['mika\\qwen3', 'qwen3'],
  ['file:///srv/models/qwen3', 'qwen3'],
  ['/models/Llama-3.1-8B/', 'Llama-3.1-8B'],
  ['/models/qwen*', 'qwen*'],
  ['models/qwen*.gguf*', 'qwen*.gguf*'],
  ['/', 'model'],
  ['/root/.cache/huggingface/hub/models--meta-llama--Llama-3.1-8B/snapshots/0e9e39f249', 'meta-llama/Llama-3.1-8B'],
  ['/x/models--unsloth--Qwen3-GGUF/snapshots/0e9e/Qwen3-Q4_K_M.gguf', 'Qwen3-Q4_K_M.gguf'],
])('the place of a model stays here: %s is told as %s', (name, told) => {
  expect(tellName(name)).toBe(told);
  expect(tellName(told)).toBe(told);
});

test.each([
  'llama3.2:latest',
  'meta-llama/Llama-3.1-8B',
  'hf.co/unsloth/Qwen3:Q4_K_M',
  'openai/*',
  'mock-*',
  'a..b',
  'モデル',
])('a name that is no path stands as it is: %s', (name) => {
  expect(tellName(name)).toBe(name);
});
