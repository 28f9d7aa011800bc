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
  /** Where the sign alone is not enough, since others have it too: a second path that denies the product unless it has this. */
  readonly proof?: { readonly path: string; readonly isGiven: (json: unknown) => boolean };
}

const version = z.looseObject({ version: z.string() });
const lmStudio = z.looseObject({
  models: z.array(z.looseObject({ key: z.string(), loaded_instances: z.array(z.unknown()) })),
});
const lmStudioOld = z.looseObject({ data: z.array(z.looseObject({ id: z.string(), state: z.string() })).min(1) });
const llamaProps = z.looseObject({ total_slots: z.number(), build_info: z.string().optional() });
const listed = z.looseObject({ data: z.array(z.unknown()).nullable() });
const ollamaTags = z.looseObject({ models: z.array(z.unknown()).nullable() });
/** As Python packages count: LocalAI answers at the same path, with `v3.2.1 (commit)`. */
const vllmVersion = z.looseObject({ version: z.string().regex(/^(\d|dev$)/) });

/** What a server said at a path. Status 0: nothing came. A 5xx, 408 or 429 says nothing of what lies there either. */
export interface Said {
  readonly status: number;
  readonly json: unknown;
}

/** The first that fits decides. `models`, which everything answers, stands last; it means `{api}/models`, all others lie at the root. */
export const PROBES: readonly Probe[] = [
  {
    // llama-swap and Open WebUI answer here too.
    product: 'ollama',
    path: '/api/version',
    readVersion: (json) => version.safeParse(json).data?.version,
    proof: { path: '/api/tags', isGiven: (json) => ollamaTags.safeParse(json).success },
  },
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
  { product: 'vllm', path: '/version', readVersion: (json) => vllmVersion.safeParse(json).data?.version },
  { product: 'unknown', path: 'models', readVersion: (json) => (isModelList(json) ? null : undefined) },
];

/** What a server is taken for, and whether every earlier probe was answered: false means that a slow one may still say otherwise. */
export interface Identity {
  readonly product: Product;
  readonly version: string | null;
  readonly isSure: boolean;
}

/** The first product that fits what was said at each path, or null where none does. */
export function identifyServer(said: ReadonlyMap<string, Said>): Identity | null {
  let isSure = true;
  for (const probe of PROBES) {
    const answer = said.get(probe.path);
    if (!isStatement(answer)) isSure = false;
    const version = answer?.status === 200 ? probe.readVersion(answer.json) : undefined;
    if (version === undefined) continue;
    const proof = judgeProof(probe, said);
    if (proof !== 'denied') return { product: probe.product, version, isSure: isSure && proof === 'given' };
  }
  return null;
}

/** A proof that has not come denies nothing yet. */
function judgeProof({ proof }: Probe, said: ReadonlyMap<string, Said>): 'given' | 'open' | 'denied' {
  if (proof === undefined) return 'given';
  const answer = said.get(proof.path);
  if (!isStatement(answer)) return 'open';
  return answer.status === 200 && proof.isGiven(answer.json) ? 'given' : 'denied';
}

/** The paths that tell whether a server is this product. */
export function listSigns(product: Product): string[] {
  const probes = PROBES.filter((probe) => probe.product === product);
  return probes.flatMap(({ path, proof }) => (proof === undefined ? [path] : [path, proof.path]));
}

const NO_STATEMENTS: ReadonlySet<number> = new Set([0, 408, 425, 429]);

/** True where an answer says what lies at its path: that it is there, absent or locked. A server that is busy or starting says nothing. */
export function isStatement(said: Said | undefined): said is Said {
  if (said === undefined || NO_STATEMENTS.has(said.status)) return false;
  return said.status < 500 || said.status === 501;
}

/** True for an OpenAI-style list of models, also an empty one (Ollama without models says `data: null`). */
export function isModelList(json: unknown): boolean {
  return listed.safeParse(json).success;
}

function readBuild(json: unknown): string | null | undefined {
  const props = llamaProps.safeParse(json);
  return props.success ? (props.data.build_info ?? null) : undefined;
}

/** What is asked of each product beside a job, to see whether it lives: the least that it answers while it works. */
export const LOOK_PATHS: Readonly<Record<Product, string>> = {
  ollama: '/api/version',
  'lm-studio': 'models',
  'llama-server': '/health',
  vllm: '/health',
  unknown: 'models',
};

/** What else to ask each product, to learn its models: without an answer of the first, nothing is known of them. */
export const LISTING_PATHS: Readonly<Record<Product, readonly string[]>> = {
  ollama: ['/api/tags', '/api/ps'],
  'lm-studio': ['/api/v1/models', '/api/v0/models'],
  'llama-server': ['models', '/props', '/tools'],
  vllm: ['models', '/metrics'],
  unknown: ['models', '/tools'],
};

/** What is answered with text and not with JSON. */
export const TEXT_PATHS: ReadonlySet<string> = new Set(['/metrics']);

/** What is asked only where nothing else told it: a llama-server that sleeps (`--sleep-idle-seconds`) is woken by `/slots`, and by nothing above. */
export function listFurther(product: Product, said: ReadonlyMap<string, Said>): readonly string[] {
  const props = llamaProps.safeParse(said.get('/props')?.json).data;
  return product === 'llama-server' && !(props !== undefined && props.total_slots > 0) ? ['/slots'] : [];
}
