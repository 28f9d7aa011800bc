// A server's memory, given back to the owner: Ollama frees a model at a word and loads it again by itself; LM Studio's models are taken out by its REST
// API and loaded again as they were, since its own loading on demand would choose other settings. Others have no way: their owner loaded the model.
// Sources: github.com/ollama/ollama docs/api.md (keep_alive 0); lmstudio-ai/docs 1_developer/2_rest/unload.md and load.md (POST /api/v1/models/unload {instance_id}, /api/v1/models/load {model, config}).
import * as z from 'zod';
import type { HttpDoor } from './http-door.ts';
import type { Product } from './probe-server.ts';

const UNLOAD_TIMEOUT_MS = 3_000;
const LOAD_TIMEOUT_MS = 300_000;

/** What `load` takes of what the list says of an instance. */
const configSchema = z.object({
  context_length: z.number().optional(),
  eval_batch_size: z.number().optional(),
  flash_attention: z.boolean().optional(),
  num_experts: z.number().optional(),
  offload_kv_cache_to_gpu: z.boolean().optional(),
});
const listSchema = z.object({
  models: z.array(
    z.looseObject({
      key: z.string(),
      loaded_instances: z.array(z.looseObject({ id: z.string(), config: configSchema.optional().catch(undefined) })),
    }),
  ),
});

interface Taken {
  readonly model: string;
  readonly config: z.output<typeof configSchema>;
}

export class ServerMemory {
  #taken: Taken[] = [];
  /** Models that are in memory by our word, whether a job used them since or not. */
  readonly #restored = new Set<string>();
  /** A release ends a restoring: what is still to be loaded waits for the next. */
  #releases = 0;

  /** Frees the models of these names; never rejects. */
  async unload(door: HttpDoor, product: Product | undefined, names: ReadonlySet<string>): Promise<void> {
    this.#releases += 1;
    const ours = new Set([...names, ...this.#restored]);
    if (product === 'lm-studio' && ours.size > 0) await this.#unloadLmStudio(door, ours);
    if (product !== 'ollama') return;
    // At once: one that does not answer must not keep the others in memory.
    const bodies = Array.from(names, (model) => JSON.stringify({ model, keep_alive: 0 }));
    const url = `${door.server.root}/api/generate`;
    await Promise.all(bodies.map((body) => door.ask(url, { timeoutMs: UNLOAD_TIMEOUT_MS, body })));
  }

  /** Instances as the server lists them now. An older LM Studio has no way, and keeps them. */
  async #unloadLmStudio(door: HttpDoor, names: ReadonlySet<string>): Promise<void> {
    const { root } = door.server;
    const { json } = await door.ask(`${root}/api/v1/models`, { timeoutMs: UNLOAD_TIMEOUT_MS });
    const list = listSchema.safeParse(json);
    if (!list.success) return;
    const instances = list.data.models.flatMap(({ key, loaded_instances: loaded }) =>
      loaded.map(({ id, config = {} }) => ({ id, taken: { model: key, config } })),
    );
    const asked = instances.filter(({ id, taken }) => names.has(id) || names.has(taken.model));
    await Promise.all(
      asked.map(async ({ id, taken }) => {
        const body = JSON.stringify({ instance_id: id });
        const { status } = await door.ask(`${root}/api/v1/models/unload`, { timeoutMs: UNLOAD_TIMEOUT_MS, body });
        if (status === 200) this.#taken.push(taken);
        if (status === 200) this.#restored.delete(taken.model);
      }),
    );
  }

  /** Loads again what was unloaded here; never rejects. */
  async restore(door: HttpDoor): Promise<void> {
    const taken = this.#taken;
    this.#taken = [];
    const before = this.#releases;
    for (const load of taken) {
      if (this.#releases !== before) {
        this.#taken.push(load);
        continue;
      }
      this.#restored.add(load.model);
      await door.ask(`${door.server.root}/api/v1/models/load`, {
        timeoutMs: LOAD_TIMEOUT_MS,
        body: JSON.stringify(load),
      });
    }
  }
}
