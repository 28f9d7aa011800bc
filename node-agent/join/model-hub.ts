// Getting a model where a machine has none: what suits it, from the owner's other caches or a hub, and the program that serves it.
import { access, constants, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import type { Gpu } from '../home/guess-speed.ts';
import { downloadFile, hashFile } from './file-download.ts';
import type { MachineFacts } from './judge-machine.ts';
import { HUB_MODELS, listHubModels, tellFileUrl } from './list-hub-models.ts';
import type { HubModel } from './list-hub-models.ts';
import { findCached } from './model-caches.ts';
import { formatGb } from './tell-size.ts';
import type { HubOffer } from './wizard-doors.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export interface HubOptions {
  /** The hub's address; null where the owner named none. */
  readonly hub: string | null;
  readonly folder: string;
  /** Named by the owner, else looked for on the PATH. */
  readonly llamaServer: string | null;
  readonly env: Environment;
  readonly models?: readonly HubModel[];
}

export interface TakenModel {
  readonly gguf: string;
  readonly llamaServer: string;
}

export class ModelHub {
  readonly #options: HubOptions;

  constructor(options: HubOptions) {
    this.#options = options;
  }

  /** Why nothing can be offered, in a sentence; null where something can. */
  async findLack(): Promise<string | null> {
    if (this.#options.hub === null) return 'To download a model here, name a hub: irori-node --model-hub URL.';
    if ((await this.#findServer()) === null)
      return 'A downloaded model needs llama-server (llama.cpp) on the PATH, or --llama-server PATH.';
    return null;
  }

  async list(machine: MachineFacts, gpu: Gpu | null): Promise<HubOffer[]> {
    if ((await this.findLack()) !== null) return [];
    return listHubModels(machine, gpu, this.#options.models).map(({ model, label }) => ({
      id: model.id,
      name: model.file.replace(/\.gguf$/, ''),
      label,
    }));
  }

  /** Downloads what is not there yet. The error is a sentence. */
  async take(id: string, tell: (text: string) => void): Promise<Result<TakenModel, string>> {
    const { hub, folder, env, models = HUB_MODELS } = this.#options;
    const model = models.find((one) => one.id === id);
    const llamaServer = await this.#findServer();
    if (model === undefined || hub === null || llamaServer === null) return err('There is no such model to download.');
    const path = join(folder, 'models', model.file);
    if (await isWhole(path, model)) return ok({ gguf: path, llamaServer });
    tell(`Looking for ${model.file} on this machine …`);
    const cached = await findCached(model, env);
    if (cached !== null) return ok({ gguf: cached, llamaServer });
    const fetched = await downloadFile({
      url: tellFileUrl(hub, model),
      path,
      sha256: model.sha256,
      sizeBytes: model.sizeBytes,
      tell: (done, total) =>
        tell(`Downloading ${model.name} · ${formatGb(done)} of ${formatGb(total)} · Ctrl-C keeps what came`),
    });
    return fetched.ok ? ok({ gguf: path, llamaServer }) : fetched;
  }

  async #findServer(): Promise<string | null> {
    const { llamaServer, env } = this.#options;
    return llamaServer ?? findOnPath('llama-server', env);
  }
}

async function isWhole(path: string, { sha256 }: HubModel): Promise<boolean> {
  const isThere = await stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
  return isThere && (await hashFile(path).catch(() => null)) === sha256;
}

/** Where a program of this name lies on the PATH; null where none does. */
export async function findOnPath(program: string, env: Environment): Promise<string | null> {
  const name = process.platform === 'win32' ? `${program}.exe` : program;
  for (const folder of (env['PATH'] ?? env['Path'] ?? '').split(delimiter)) {
    if (folder === '') continue;
    const path = join(folder, name);
    const isUsable = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isUsable) return path;
  }
  return null;
}
