// A server's models from its own answers: which may be shared, which may not and why. Pure.

import * as z from 'zod';
import type { ModelInfo } from './backend.ts';
import { hashManifest, hashText } from './hash-manifest.ts';
import type { Product } from './probe-server.ts';
import { readVllmMetrics } from './read-vllm-metrics.ts';
import type { VllmLoad } from './read-vllm-metrics.ts';

export interface Listing {
  readonly models: readonly ModelInfo[];
  /** Models that must not be used, even under an owner's pattern. */
  readonly excluded: readonly { readonly name: string; readonly why: string }[];
  /** Answers at once, where the server tells. */
  readonly slots: number | null;
  /** Where it tells how loaded it is instead. */
  readonly load?: VllmLoad;
  readonly ownedBy: readonly string[];
}

/** The JSON of each path of LISTING_PATHS, undefined where there was none. */
type ListingAnswers = ReadonlyMap<string, unknown>;

/** What a server gives a model when it does not say: Ollama's default. */
export const DEFAULT_CONTEXT = 4096;

/** Reads the answers of one product. Entries that do not have the documented shape are left out. */
export function listModels(product: Product, answers: ListingAnswers): Listing {
  if (product === 'ollama') return listOllama(answers);
  if (product === 'lm-studio')
    return answers.get('/api/v1/models') === undefined ? listOldLmStudio(answers) : listLmStudio(answers);
  return listOpenAi(product, answers);
}

const count = z.number().int().positive();

/** No home has more models; what a server lists beyond them is not read. A hub takes fewer. */
const ENTRIES_MOST = 1000;

/** Each entry of `list` that has the schema's shape, of the first ENTRIES_MOST. */
function each<T>(list: unknown, schema: z.ZodType<T>): T[] {
  return Array.isArray(list)
    ? list
        .slice(0, ENTRIES_MOST)
        .map((entry) => schema.safeParse(entry))
        .flatMap((result) => (result.success ? [result.data] : []))
    : [];
}

function field(json: unknown, name: string): unknown {
  return typeof json === 'object' && json !== null ? (json as Record<string, unknown>)[name] : undefined;
}

// Source: github.com/ollama/ollama docs/api.md (/api/tags, /api/ps) and api/types.go (remote_host, remote_model of cloud models).
const ollamaModel = z.looseObject({
  name: z.string(),
  digest: z.string().default(''),
  size: z.number().nonnegative().optional(),
  remote_host: z.string().optional(),
  remote_model: z.string().optional(),
  details: z.looseObject({ family: z.string().optional(), quantization_level: z.string().optional() }).default({}),
});
const ollamaLoaded = z.looseObject({ name: z.string(), context_length: count.optional() });

function listOllama(answers: ListingAnswers): Listing {
  const loaded = new Map(
    each(field(answers.get('/api/ps'), 'models'), ollamaLoaded).map((m) => [m.name, m.context_length]),
  );
  // A server that does not tell what it holds is taken to hold what it lists.
  const knowsLoaded = answers.get('/api/ps') !== undefined;
  const models: ModelInfo[] = [];
  const excluded: Listing['excluded'][number][] = [];
  for (const model of each(field(answers.get('/api/tags'), 'models'), ollamaModel)) {
    if (model.remote_host !== undefined || model.remote_model !== undefined || isCloudName(model.name)) {
      excluded.push({ name: model.name, why: 'it runs in a cloud, not on this machine' });
      continue;
    }
    const quantisation = textOrNull(model.details.quantization_level);
    const weights = model.digest.replace(/^sha256:/, '');
    const identity = weights === '' ? { name: model.name } : { weights };
    const digest = hashManifest({ source: 'ollama', ...identity, ...(quantisation === null ? {} : { quantisation }) });
    const context = sayContext(loaded.get(model.name));
    const isCold = knowsLoaded && !loaded.has(model.name);
    const loadMs = isCold ? estimateLoadMs(model.size ?? null) : 0;
    const family = textOrNull(model.details.family);
    const size = model.size === undefined ? {} : { sizeBytes: model.size };
    models.push({ name: model.name, digest, ...context, quantisation, family, loadMs, ...size });
  }
  return { models, excluded, slots: null, ownedBy: [] };
}

/** A context as the server told it; where it did not, the default, and the word that it is one. */
function sayContext(told: number | null | undefined): Pick<ModelInfo, 'contextTokens' | 'isContextGuessed'> {
  return told == null ? { contextTokens: DEFAULT_CONTEXT, isContextGuessed: true } : { contextTokens: told };
}

/** Start of a runner, and a disk that reads a gigabyte a second: what a model takes that is not in memory. Size null is taken for 5 GB. */
function estimateLoadMs(sizeBytes: number | null): number {
  return Math.round(800 + (sizeBytes ?? 5e9) / 1e6);
}

/** Ollama's cloud models carry the word in their tag: gpt-oss:120b-cloud, name:cloud. */
export function isCloudName(name: string): boolean {
  return /[-:]cloud$/i.test(name);
}

// Source: lmstudio-ai/docs 1_developer/2_rest/list.md
const lmStudioModel = z.looseObject({
  type: z.string().default('llm'),
  key: z.string(),
  architecture: z.string().nullish(),
  quantization: z.looseObject({ name: z.string().nullish() }).nullish(),
  size_bytes: z.number().nullish(),
  params_string: z.string().nullish(),
  loaded_instances: z.array(
    z.looseObject({
      id: z.string(),
      config: z.looseObject({ context_length: count.optional(), parallel: count.optional() }).optional(),
    }),
  ),
});

const NOT_LOADED = 'it is not loaded, and asking for it would load it behind the owner’s back';

function listLmStudio(answers: ListingAnswers): Listing {
  const models: ModelInfo[] = [];
  const excluded: Listing['excluded'][number][] = [];
  const slots: number[] = [];
  for (const model of each(field(answers.get('/api/v1/models'), 'models'), lmStudioModel)) {
    if (model.type !== 'llm' && model.type !== 'vlm') continue;
    if (model.loaded_instances.length === 0) excluded.push({ name: model.key, why: NOT_LOADED });
    const quantisation = textOrNull(model.quantization?.name);
    const facts = {
      ...(quantisation === null ? {} : { quantisation }),
      ...(model.size_bytes == null ? {} : { sizeBytes: model.size_bytes }),
    };
    const digest = hashManifest({ source: 'lm-studio', name: model.key, ...facts });
    for (const instance of model.loaded_instances) {
      const context = sayContext(instance.config?.context_length);
      models.push({ name: instance.id, digest, ...context, quantisation, family: textOrNull(model.architecture) });
      if (instance.config?.parallel !== undefined) slots.push(instance.config.parallel);
    }
  }
  return { models, excluded, slots: slots.length === 0 ? null : Math.min(...slots), ownedBy: [] };
}

// Source: lmstudio-ai/docs 1_developer/2_rest-api/endpoints.md (GET /api/v0/models)
const oldLmStudioModel = z.looseObject({
  id: z.string(),
  type: z.string().default('llm'),
  arch: z.string().optional(),
  quantization: z.string().optional(),
  state: z.string(),
  max_context_length: count.optional(),
  loaded_context_length: count.optional(),
});

function listOldLmStudio(answers: ListingAnswers): Listing {
  const entries = each(field(answers.get('/api/v0/models'), 'data'), oldLmStudioModel).filter(
    (m) => m.type === 'llm' || m.type === 'vlm',
  );
  const models = entries
    .filter((model) => model.state === 'loaded')
    .map((model) => {
      const quantisation = textOrNull(model.quantization);
      const digest = hashManifest({
        source: 'lm-studio',
        name: model.id,
        ...(quantisation === null ? {} : { quantisation }),
      });
      const context = sayContext(model.loaded_context_length);
      return { name: model.id, digest, ...context, quantisation, family: textOrNull(model.arch) };
    });
  const excluded = entries
    .filter((model) => model.state !== 'loaded')
    .map((model) => ({ name: model.id, why: NOT_LOADED }));
  return { models, excluded, slots: null, ownedBy: [] };
}

// Sources: ggml-org/llama.cpp tools/server/README.md (/v1/models meta and status, /props); docs.vllm.ai, OpenAI-compatible server.
const openAiModel = z.looseObject({
  // LiteLLM lists its routes (`openai/*`) among its models. A pattern is the owner's to give.
  id: z.string().regex(/[^*]$/),
  /** What it was loaded from, whatever it is called: vLLM and its kin. */
  root: z.string().nullish().catch(null),
  owned_by: z.string().nullish(),
  parent: z.string().nullish(),
  max_model_len: count.nullish(),
  status: z.looseObject({ value: z.string() }).optional(),
  meta: z
    .looseObject({
      n_ctx: count.nullish(),
      n_params: count.nullish(),
      size: count.nullish(),
      ftype: z.string().nullish(),
    })
    .nullish(),
});
const llamaProps = z.looseObject({
  total_slots: count.optional(),
  /** The file, whatever its alias. */
  model_path: z.string().optional().catch(undefined),
  chat_template: z.string().optional(),
  default_generation_settings: z.looseObject({ n_ctx: count.optional() }).optional(),
});

/** llama-server's router: a model that sleeps has left memory by its owner's rule (`--sleep-idle-seconds`), and the next request wakes it. */
const IN_MEMORY: ReadonlySet<string> = new Set(['loaded', 'sleeping']);

function listOpenAi(product: Product, answers: ListingAnswers): Listing {
  const props = llamaProps.safeParse(answers.get('/props')).data;
  const entries = each(field(answers.get('models'), 'data'), openAiModel);
  const asleep = entries.filter((model) => model.status !== undefined && !IN_MEMORY.has(model.status.value));
  // vLLM's adapters have the context of what they adapt.
  const lengths = new Map(entries.map((model) => [model.id, model.max_model_len]));
  // A server of several models speaks of one of them in its properties.
  const file = entries.length === 1 ? props?.model_path : undefined;
  const originOf = ({ id, root }: z.infer<typeof openAiModel>): string =>
    [file, root].find((one) => one != null && lastPart(one) !== '') ?? id;
  const models = entries
    .filter((model) => !asleep.includes(model))
    .map((model) => ({
      name: model.id,
      digest: hashOpenAi(product, { ...model, origin: originOf(model) }, props?.chat_template),
      ...sayContext(
        props?.default_generation_settings?.n_ctx ??
          model.max_model_len ??
          model.meta?.n_ctx ??
          lengths.get(model.parent ?? ''),
      ),
      quantisation: readQuantisation({ ...model, origin: originOf(model) }) ?? nameQuantisation(model.id),
      family: null,
      ...(model.meta?.size == null ? {} : { sizeBytes: model.meta.size }),
    }));
  const excluded = asleep.map((model) => ({ name: model.id, why: NOT_LOADED }));
  return {
    models,
    excluded,
    slots: props?.total_slots ?? countSlots(answers.get('/slots')),
    ...(product === 'vllm' && { load: readVllmMetrics(answers.get('/metrics')) }),
    ownedBy: entries.flatMap(({ owned_by: owner }) => owner ?? []),
  };
}

/** llama-server before /props told them (and under a proxy that leaves /props out). */
function countSlots(json: unknown): number | null {
  return Array.isArray(json) && json.length > 0 ? json.length : null;
}

/** A model and what it was loaded from, which is not always what it is called. */
type Loaded = z.infer<typeof openAiModel> & { readonly origin: string };

/** Never of the name: an alias may change from one start to the next, and callers pay by the digest. */
function hashOpenAi(product: Product, model: Loaded, template: string | undefined): string {
  const quantisation = readQuantisation(model);
  return hashManifest({
    source: product,
    name: lastPart(model.origin),
    ...(quantisation === null ? {} : { quantisation }),
    ...(model.meta?.n_params == null ? {} : { parameters: model.meta.n_params }),
    ...(model.meta?.size == null ? {} : { sizeBytes: model.meta.size }),
    ...(template === undefined ? {} : { template: hashText(template) }),
  });
}

function lastPart(path: string): string {
  return path.split(/[/\\]/).at(-1) ?? path;
}

/** From the server's own word, else from the name of what it loaded. */
function readQuantisation({ meta, origin }: Loaded): string | null {
  return textOrNull(meta?.ftype) ?? nameQuantisation(origin);
}

/** As in model-Q4_K_M.gguf or model-AWQ. */
function nameQuantisation(name: string): string | null {
  const word = /(?:^|[-._])(I?Q\d(?:_[0-9A-Z]+)*|F16|BF16|F32|FP8|AWQ|GPTQ|MXFP4)(?=$|[-.])/i.exec(name)?.[1];
  return word?.toUpperCase() ?? null;
}

function textOrNull(text: string | null | undefined): string | null {
  return text === undefined || text === null || text === '' ? null : text;
}
