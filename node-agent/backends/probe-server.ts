// Which product answers at an address, told by what its own paths say rather than by its port. Pure: the door asks, this reads.
// Sources: Ollama docs/api.md; LM Studio docs 1_developer/2_rest; llama.cpp tools/server/README.md; vLLM serving docs.

import * as z from 'zod';

export type Product = 'ollama' | 'lm-studio' | 'llama-server' | 'vllm' | 'unknown';

/** One question to a server, and what in its answer gives a product away. */
interface Probe {
  readonly product: Product;
  readonly path: string;
  /** The version when this is the product (null when it does not tell), undefined when it is not. */
  readVersion(json: unknown): string | null | undefined;
}

const version = z.looseObject({ version: z.string() });
const lmStudio = z.looseObject({
  models: z.array(z.looseObject({ key: z.string(), loaded_instances: z.array(z.unknown()) })),
});
const lmStudioOld = z.looseObject({ data: z.array(z.looseObject({ id: z.string(), state: z.string() })).min(1) });
const llamaProps = z.looseObject({ total_slots: z.number(), build_info: z.string().optional() });
const listed = z.looseObject({ data: z.array(z.unknown()) });

/** Asked in this order, each within 300 ms; the first that fits decides. `/v1/models` stands last: everything answers it. */
export const PROBES: readonly Probe[] = [
  { product: 'ollama', path: '/api/version', readVersion: (json) => version.safeParse(json).data?.version },
  {
    product: 'lm-studio',
    path: '/api/v1/models',
    readVersion: (json) => (lmStudio.safeParse(json).success ? null : undefined),
  },
  {
    product: 'lm-studio',
    path: '/api/v0/models',
    readVersion: (json) => (lmStudioOld.safeParse(json).success ? null : undefined),
  },
  { product: 'llama-server', path: '/props', readVersion: readBuild },
  { product: 'vllm', path: '/version', readVersion: (json) => version.safeParse(json).data?.version },
  {
    product: 'unknown',
    path: '/v1/models',
    readVersion: (json) => (listed.safeParse(json).success ? null : undefined),
  },
];

/** Time limit of each question, in milliseconds. */
export const PROBE_TIMEOUT_MS = 300;

function readBuild(json: unknown): string | null | undefined {
  const props = llamaProps.safeParse(json);
  return props.success ? (props.data.build_info ?? null) : undefined;
}

/** What else to ask each product, to learn its models. `models` stands for `{api}/models`. */
export const LISTING_PATHS: Readonly<Record<Product, readonly string[]>> = {
  ollama: ['/api/tags', '/api/ps'],
  'lm-studio': ['/api/v1/models', '/api/v0/models'],
  'llama-server': ['models', '/props', '/tools'],
  vllm: ['models'],
  unknown: ['models', '/tools'],
};
