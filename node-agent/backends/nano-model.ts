// The demo model that ships with the agent: where its files lie and what it is. Reads files, loads nothing.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ModelInfo } from './backend.ts';
import { hashManifest, hashText } from './hash-manifest.ts';

/** The name under which the built-in model is served. It is a plumbing model: never offered for pay. */
export const NANO_MODEL_NAME = 'nano-demo';

/** The folder of the built-in model; the same distance away in a checkout (backends/) and in an installed agent (dist/). */
export function locateNano(): string {
  return fileURLToPath(new URL('../models/nano', import.meta.url));
}

/** Reads what the model is. Its digest covers weights, quantisation, tokenizer and chat template. Rejects when a file is missing. */
export async function readModelInfo(modelDir: string): Promise<ModelInfo> {
  const tokenizerText = await readFile(join(modelDir, 'tokenizer.json'), 'utf8');
  const tokenizerConfig = await readJson(join(modelDir, 'tokenizer_config.json'));
  const config = await readJson(join(modelDir, 'config.json'));
  const digest = hashManifest({
    source: 'onnx',
    weights: await hashFile(join(modelDir, 'onnx', 'model.onnx')),
    quantisation: 'fp32',
    tokenizer: hashText(tokenizerText),
    template: hashText(String(tokenizerConfig['chat_template'])),
  });
  const { size: sizeBytes } = await stat(join(modelDir, 'onnx', 'model.onnx'));
  const contextTokens = Number(config['max_position_embeddings']);
  const family = String(config['model_type']);
  return { name: NANO_MODEL_NAME, digest, contextTokens, quantisation: 'fp32', family, sizeBytes };
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

async function readJson(path: string): Promise<Record<string, unknown>> {
  return JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
}
