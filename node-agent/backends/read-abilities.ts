// What a server's models can do beside text, from the server's own words. Pure. What it does not say is found out by asking (ability-probe.ts).
// Sources: ggml-org/llama.cpp tools/server/README.md (GET /props: modalities, chat_template_caps); ollama/ollama docs/api.md (POST /api/show:
// capabilities); lmstudio-ai/docs 1_developer/2_rest/list.md (capabilities); docs.vllm.ai, OpenAI-compatible server.
import * as z from 'zod';
import type { Need } from '../../schema/needs.ts';

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

/** llama-server builds grammars itself, for every model. Builds before `chat_template_caps` show the template, in which tools are named where it knows them. */
export function readLlamaAbilities(json: unknown): Abilities {
  const props = llamaProps.safeParse(json).data;
  const can: Need[] = ['json', 'logprobs', 'completion'];
  const caps = props?.chat_template_caps;
  const hasTools = caps ? caps['supports_tools'] === true : /\btools\b/.test(props?.chat_template ?? '');
  if (hasTools) can.push('tools');
  if (props?.modalities?.vision === true) can.push('images');
  return { can, unsaid: ['embeddings'] };
}

const ollamaShow = z.looseObject({ capabilities: z.array(z.string()) });
const OLLAMA_WORDS: ReadonlyMap<string, Need> = new Map([
  ['tools', 'tools'],
  ['vision', 'images'],
  ['embedding', 'embeddings'],
  ['completion', 'completion'],
]);

/** Ollama keeps every model that completes to a schema; log probabilities came with one of its versions, and are asked for. */
export function readOllamaAbilities(json: unknown): Abilities | null {
  const shown = ollamaShow.safeParse(json);
  if (!shown.success) return null;
  const can = shown.data.capabilities.flatMap((word) => OLLAMA_WORDS.get(word) ?? []);
  return { can: can.includes('completion') ? [...can, 'json'] : can, unsaid: ['logprobs'] };
}

const lmStudioModel = z.looseObject({
  type: z.string().optional(),
  capabilities: z
    .looseObject({ vision: z.boolean().optional(), trained_for_tool_use: z.boolean().optional() })
    .optional(),
});

/** LM Studio lets every model call tools, in a form of its own where it was not trained to. It tells no log probabilities of chats. */
export function readLmStudioAbilities(json: unknown): Abilities {
  const model = lmStudioModel.safeParse(json).data;
  if (model?.type === 'embedding' || model?.type === 'embeddings') return { can: ['embeddings'], unsaid: [] };
  const can: Need[] = ['json', 'completion', 'tools'];
  if (model?.capabilities?.vision === true) can.push('images');
  return { can, unsaid: [] };
}

/** vLLM calls tools only where it was started with a parser for them, and says so to who asks. */
export const VLLM_ABILITIES: Abilities = { can: ['json', 'logprobs', 'completion'], unsaid: ['tools', 'images'] };

/** Of a server that nobody knows nothing is known. */
export const UNKNOWN_ABILITIES: Abilities = {
  can: [],
  unsaid: ['tools', 'json', 'images', 'logprobs', 'completion', 'embeddings'],
};
