// What the able server makes of a bare text, and of texts that are to be vectors. Pure.

export interface AbleText {
  readonly prompt: unknown;
  readonly suffix?: string;
  readonly max_tokens?: number;
  readonly stream?: boolean;
  readonly stream_options?: { readonly include_usage?: boolean };
}

export interface AbleInput {
  readonly input: unknown;
  readonly dimensions?: number;
  readonly encoding_format?: 'float' | 'base64';
}

/** A text that ends in a number is counted on to this one. */
const LAST_NUMBER = 40;
/** Numbers of a vector, of which callers may ask for fewer; of inputs, characters at most. */
const EMBEDDING_SIZE = 8;
const LONGEST_INPUT = 4000;

/** Why a real server would refuse it; null for a good one. */
export function checkText({ prompt }: AbleText): string | null {
  return typeof prompt === 'string' && prompt !== '' ? null : 'prompt must be a text';
}

/** Counts on from the prompt's last number, so that a part that goes on with an answer can be told from one that begins anew. */
export function planText({ prompt, suffix = '', max_tokens: most = 16 }: AbleText): {
  words: readonly string[];
  finish: 'stop' | 'length';
  usage: object;
} {
  const text = String(prompt);
  const last = Number(/(\d+)\s*$/.exec(text)?.[1] ?? 0);
  const all = Array.from({ length: Math.max(0, LAST_NUMBER - last) }, (_, i) => ` ${last + 1 + i}`);
  if (suffix !== '') all.push(` before ${suffix}`);
  const words = all.slice(0, most);
  const counts = { prompt_tokens: text.split(/\s+/).length, completion_tokens: words.length };
  const usage = { ...counts, total_tokens: counts.prompt_tokens + counts.completion_tokens };
  return { words, finish: words.length < all.length ? 'length' : 'stop', usage };
}

/** Why a real server would refuse it; null for a good one. */
export function checkInput({ input, dimensions }: AbleInput): string | null {
  const texts = listInputs(input);
  if (texts.length === 0 || texts.some((text) => typeof text !== 'string' || text === ''))
    return 'input must be a text or a list of texts';
  if (texts.some((text) => String(text).length > LONGEST_INPUT)) return 'input is too large to process';
  return dimensions !== undefined && dimensions > EMBEDDING_SIZE ? 'the model has no such dimensions' : null;
}

/** The vector of a text: numbers that follow from it, exact in 32 bits. */
export function vectorOf(text: string, size = EMBEDDING_SIZE): number[] {
  return Array.from({ length: size }, (_, i) => (text.length - 2 * i) / 64);
}

export function embed({ input, dimensions = EMBEDDING_SIZE, encoding_format: format }: AbleInput): object {
  const texts = listInputs(input).map(String);
  const data = texts.map((text, index) => {
    const vector = vectorOf(text, dimensions);
    const embedding = format === 'base64' ? Buffer.from(Float32Array.from(vector).buffer).toString('base64') : vector;
    return { object: 'embedding', index, embedding };
  });
  const tokens = texts.reduce((sum, text) => sum + text.split(/\s+/).length, 0);
  return { object: 'list', model: 'able-model', data, usage: { prompt_tokens: tokens, total_tokens: tokens } };
}

function listInputs(input: unknown): readonly unknown[] {
  return Array.isArray(input) ? input : [input];
}
