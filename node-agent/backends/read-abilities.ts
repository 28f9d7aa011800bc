// What a server's models can do beside text, from the server's own words. Pure. What it does not say is found out by asking (ability-book.ts).
// Sources: ggml-org/llama.cpp tools/server/README.md (GET /props: modalities, chat_template_caps); ollama/ollama docs/api.md (POST /api/show:
// capabilities; log probabilities since 0.12.11); lmstudio-ai/docs 1_developer/2_rest/list.md (capabilities) and endpoints.md; docs.vllm.ai,
// OpenAI-compatible server.
import * as z from 'zod';
import type { Need } from '../../schema/needs.ts';
import type { Product } from './probe-server.ts';

/** What is known: 'unsaid' has to be asked for. */
export interface Abilities {
  readonly can: readonly Need[];
  readonly unsaid: readonly Need[];
}

const llamaProps = z.looseObject({
  chat_template: z.string().optional(),
  chat_template_caps: z.record(z.string(), z.unknown()).optional(),
  modalities: z.looseObject({ vision: z.boolean().optional() }).optional(),
});

/** How templates of models that think name it. */
const THINKING = /\b(?:enable_thinking|reasoning_effort|reasoning_content)\b|<think>|\[THINK\]/;

/**
 * llama-server builds grammars itself, for every model. Builds before `chat_template_caps` show the template, in which tools are named where it
 * knows them. Null where it shows no template: its router mode tells of each model when asked for that one.
 */
function readLlamaAbilities(json: unknown): Abilities | null {
  const props = llamaProps.safeParse(json).data;
  const caps = props?.chat_template_caps;
  if (caps === undefined && props?.chat_template === undefined) return null;
  const can: Need[] = ['json', 'logprobs', 'completion'];
  const hasTools = caps ? caps['supports_tools'] === true : /\btools\b/.test(props?.chat_template ?? '');
  if (hasTools) can.push('tools');
  if (props?.modalities?.vision === true) can.push('images');
  if (THINKING.test(props?.chat_template ?? '') || caps?.['supports_preserve_reasoning'] === true)
    can.push('reasoning');
  return { can, unsaid: ['embeddings'] };
}

const ollamaShow = z.looseObject({ capabilities: z.array(z.string()) });
const OLLAMA_WORDS: ReadonlyMap<string, Need> = new Map([
  ['tools', 'tools'],
  ['vision', 'images'],
  ['embedding', 'embeddings'],
  ['completion', 'completion'],
  ['thinking', 'reasoning'],
]);
/** The first Ollama that tells log probabilities. */
const OLLAMA_LOGPROBS = [0, 12, 11] as const;

/** Ollama keeps every model that completes to a schema. Null before it told what its models can (0.6.4). */
function readOllamaAbilities(json: unknown, version: string | null): Abilities | null {
  const shown = ollamaShow.safeParse(json);
  if (!shown.success) return null;
  const can = shown.data.capabilities.flatMap((word) => OLLAMA_WORDS.get(word) ?? []);
  if (!can.includes('completion')) return { can, unsaid: [] };
  return { can: [...can, 'json', ...(isSince(version, OLLAMA_LOGPROBS) ? (['logprobs'] as const) : [])], unsaid: [] };
}

function isSince(version: string | null, since: readonly number[]): boolean {
  const numbers = (version ?? '').split(/[.-]/, 3).map(Number);
  for (const [i, least] of since.entries()) {
    const number = numbers[i] ?? 0;
    if (!(number >= least)) return false;
    if (number > least) return true;
  }
  return true;
}

const lmStudioModel = z.looseObject({
  type: z.string().optional(),
  capabilities: z
    .union([
      z.looseObject({
        vision: z.boolean().optional(),
        trained_for_tool_use: z.boolean().optional(),
        // How hard it may think; false where it does not.
        reasoning: z.union([z.boolean(), z.looseObject({})]).optional(),
      }),
      z.array(z.string()).transform(() => undefined),
    ])
    .optional(),
});

/**
 * LM Studio lets every model call tools, in a form of its own where it was not trained to. It tells no log probabilities of chats.
 * `json` is the model's entry in its list, of either generation.
 */
function readLmStudioAbilities(json: unknown): Abilities {
  const model = lmStudioModel.safeParse(json).data;
  if (model?.type === 'embedding' || model?.type === 'embeddings') return { can: ['embeddings'], unsaid: [] };
  const can: Need[] = ['json', 'completion', 'tools'];
  if (model?.capabilities?.vision === true || model?.type === 'vlm') can.push('images');
  if (model?.capabilities?.reasoning !== undefined && model.capabilities.reasoning !== false) can.push('reasoning');
  return { can, unsaid: [] };
}

const lmStudioList = z.looseObject({
  models: z.array(z.looseObject({ loaded_instances: z.array(z.looseObject({ id: z.string() })) })),
});
const lmStudioOldList = z.looseObject({ data: z.array(z.looseObject({ id: z.string() })) });

/** vLLM calls tools, and tells thinking apart, only where it was started with a parser for them, and shows it to who asks. */
const VLLM_ABILITIES: Abilities = {
  can: ['json', 'logprobs', 'completion'],
  unsaid: ['tools', 'images', 'embeddings', 'reasoning'],
};

/** Of a server that nobody knows nothing is known. */
const UNKNOWN_ABILITIES: Abilities = {
  can: [],
  unsaid: ['tools', 'json', 'images', 'logprobs', 'completion', 'embeddings', 'reasoning'],
};

/** What a server said of itself, by path, and of one model where it was asked for that (`of`). */
export interface Words {
  readonly product: Product;
  readonly version: string | null;
  readonly said: ReadonlyMap<string, unknown>;
  readonly of: unknown;
}

/** What a server's words tell of a model; null where it has to be asked for this model first. */
export function readAbilities(name: string, { product, version, said, of }: Words): Abilities | null {
  switch (product) {
    case 'llama-server':
      return readLlamaAbilities(of ?? said.get('/props'));
    case 'ollama':
      return readOllamaAbilities(of, version);
    case 'lm-studio':
      return readLmStudioAbilities(findLmStudio(name, said));
    case 'vllm':
      return VLLM_ABILITIES;
    case 'unknown':
      return UNKNOWN_ABILITIES;
  }
}

function findLmStudio(name: string, said: ReadonlyMap<string, unknown>): unknown {
  const models = lmStudioList.safeParse(said.get('/api/v1/models')).data?.models;
  const found = models?.find((model) => model.loaded_instances.some(({ id }) => id === name));
  return found ?? lmStudioOldList.safeParse(said.get('/api/v0/models')).data?.data.find(({ id }) => id === name);
}
