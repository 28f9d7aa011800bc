// The backends that the owner's settings name: one for each server, or the built-in model when none is named.
import { join } from 'node:path';
import { existsSync } from 'node:fs';
import type { Backend } from '../backends/backend.ts';
import { EmbedderBackend } from '../backends/embedder.ts';
import { LlamaProcess } from '../backends/llama-process.ts';
import { OwnLlamaBackend } from '../backends/own-llama.ts';
import { OnnxBackend } from '../backends/onnx.ts';
import { OpenAiHttpBackend } from '../backends/openai-http.ts';
import { PacedBackend } from '../backends/paced-backend.ts';
import type { AgentConfig } from '../config/config.ts';

/** Where `irori-node setup` puts the runtime of the built-in model. */
export function runtimeFolder(state: string): string {
  return join(state, 'runtime');
}

/** Which models of the servers are lent: names and patterns, null for all. Read at each look, since the owner may switch. */
interface Choice {
  readonly names: readonly string[] | null;
}

/** Opens nothing yet: the first look and the first job do. `onChange`: what a backend offers may have changed. */
export function openBackends(
  config: AgentConfig,
  onChange: () => void = () => undefined,
  choice: Choice = { names: config.models },
): Backend[] {
  const backends: Backend[] = config.backends.map((url) => openServer(url, config, { onChange, choice }));
  if (config.gguf !== null) backends.push(openOwnLlama(config.gguf, config, { onChange, choice }));
  if (backends.length === 0) backends.push(openBuiltIn(config, onChange));
  if (config.embeddings) backends.push(openEmbedder(config, onChange));
  return config.pace > 0 ? backends.map((backend) => new PacedBackend(backend, { tokensPerS: config.pace })) : backends;
}

function openBuiltIn({ state, slots, load, unloadAfterMs }: AgentConfig, onChange: () => void): Backend {
  const runtime = runtimeFolder(state);
  // Without a runtime of its own the one beside the agent is used, as in a checkout.
  const isSetUp = existsSync(join(runtime, 'node_modules', 'onnxruntime-node'));
  return new OnnxBackend({
    onChange,
    idleMs: load === 'keep' ? 0 : unloadAfterMs,
    ...(isSetUp ? { runtimePath: runtime } : {}),
    ...(slots === null ? {} : { slots }),
  });
}

/** Tokens that each of its answers can hold, and how many it gives at once unless the owner says otherwise. */
const OWN_CONTEXT = 8192;
const OWN_SLOTS = 2;

function openOwnLlama(
  gguf: string,
  config: AgentConfig,
  { onChange, choice }: { readonly onChange: () => void; readonly choice: Choice },
): Backend {
  const { state, llamaServer, slots } = config;
  const child = new LlamaProcess({
    command: [llamaServer ?? 'llama-server'],
    gguf,
    slots: slots ?? OWN_SLOTS,
    contextTokens: OWN_CONTEXT,
    pidFile: join(state, 'llama-server.json'),
    onLost: onChange,
  });
  const open = (url: string): Backend =>
    openServer(url, { ...config, backendKeys: () => null, slots: null }, { onChange, choice });
  return new OwnLlamaBackend({ process: child, open, onChange, now: () => performance.now() });
}

function openEmbedder({ state, load, unloadAfterMs }: AgentConfig, onChange: () => void): Backend {
  const runtime = runtimeFolder(state);
  const isSetUp = existsSync(join(runtime, 'node_modules', '@energetic-ai', 'embeddings'));
  return new EmbedderBackend({
    onChange,
    idleMs: load === 'keep' ? 0 : unloadAfterMs,
    ...(isSetUp ? { runtimePath: runtime } : {}),
  });
}

function openServer(
  baseUrl: string,
  config: AgentConfig,
  { onChange, choice }: { readonly onChange: () => void; readonly choice: Choice },
): Backend {
  const { backendKeys, can, slots, ollamaSlots, allowLan, allowNetworks, specials, frozenMs } = config;
  const apiKey = backendKeys(baseUrl);
  return new OpenAiHttpBackend({
    baseUrl,
    onChange,
    allowLan,
    allowNetworks,
    allowSpecials: specials === 'share',
    can,
    life: { frozenMs },
    ...(apiKey === null ? {} : { apiKey }),
    get models() {
      return choice.names ?? undefined;
    },
    ...(slots === null ? {} : { slots }),
    ...(ollamaSlots === null ? {} : { ollamaSlots }),
  });
}
