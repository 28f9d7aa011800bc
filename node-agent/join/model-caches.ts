// Whether a model file lies on this machine already, in another program's cache: then it is used where it is, and no second copy is fetched. Read only.
import { readdir, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { hashFile } from './file-download.ts';
import type { HubModel } from './list-hub-models.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The path of exactly this file, or null. Ollama and the hub's own cache name files by their hash; LM Studio by repository and name. */
export async function findCached(model: HubModel, env: Environment, home = homedir()): Promise<string | null> {
  for (const path of await listPlaces(model, env, home)) {
    const isThere = await stat(path).then(
      (found) => found.isFile(),
      () => false,
    );
    // A name proves nothing: a download of theirs may have been cut.
    if (isThere && (await hashFile(path).catch(() => null)) === model.sha256) return path;
  }
  return null;
}

async function listPlaces({ sha256, repository, file }: HubModel, env: Environment, home: string): Promise<string[]> {
  const ollama = env['OLLAMA_MODELS'] ?? join(home, '.ollama', 'models');
  const hub = env['HF_HUB_CACHE'] ?? join(env['HF_HOME'] ?? join(home, '.cache', 'huggingface'), 'hub');
  const repo = join(hub, `models--${repository.replace('/', '--')}`);
  const snapshots = await readdir(join(repo, 'snapshots')).catch(() => []);
  return [
    join(ollama, 'blobs', `sha256-${sha256}`),
    join('/usr/share/ollama/.ollama/models/blobs', `sha256-${sha256}`),
    join(repo, 'blobs', sha256),
    ...snapshots.map((snapshot) => join(repo, 'snapshots', snapshot, file)),
    join(home, '.lmstudio', 'models', repository, file),
    join(home, '.cache', 'lm-studio', 'models', repository, file),
  ];
}
