// What an owner calls the server that was found. Pure: by what it says, and by its port only where it says nothing.
import type { Product } from '../backends/probe-server.ts';

const NAMES: Readonly<Record<Exclude<Product, 'unknown'>, string>> = {
  ollama: 'Ollama',
  'lm-studio': 'LM Studio',
  'llama-server': 'llama-server',
  vllm: 'vLLM',
};

/** Where servers listen unless they are told otherwise; models.md's table. */
export const PLACES: readonly { readonly port: number; readonly name: string }[] = [
  { port: 11434, name: 'Ollama' },
  { port: 1234, name: 'LM Studio' },
  { port: 8080, name: 'llama-server' },
  { port: 9931, name: 'llama-server' },
  { port: 8000, name: 'vLLM' },
  { port: 1337, name: 'Jan' },
  { port: 5001, name: 'KoboldCpp' },
];

/** Asked of a server of no known product: KoboldCpp's and LocalAI's own signs. */
export const NAME_PATHS = ['/api/extra/version', '/version'] as const;

/** `said`: the JSON of each of NAME_PATHS that was answered well. */
export function tellProduct(product: Product, port: number, said: ReadonlyMap<string, unknown>): string {
  if (product !== 'unknown') return NAMES[product];
  if (textAt(said.get('/api/extra/version'), 'result') === 'KoboldCpp') return 'KoboldCpp';
  // vLLM counts versions without a letter before them.
  if (/^v\d/.test(textAt(said.get('/version'), 'version'))) return 'LocalAI';
  return port === 1337 ? 'Jan' : 'A model server';
}

function textAt(json: unknown, name: string): string {
  const value: unknown =
    typeof json === 'object' && json !== null ? (json as Record<string, unknown>)[name] : undefined;
  return typeof value === 'string' ? value : '';
}
