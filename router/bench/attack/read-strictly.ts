// Reads a streamed answer as the strictest client would: whatever stands in it that the router alone may say, or nobody, is a fault. Pure.
import { findTokenizer } from '../../billing/tokenizers.ts';
import type { FinalFacts, Usage } from '../../../schema/chunks.ts';

export interface StrictRead {
  readonly text: string;
  /** True where `[DONE]` came last and a finish before it. */
  readonly isDone: boolean;
  /** The message of an error that came in place of the end. */
  readonly error: string | null;
  readonly usage: Usage | null;
  readonly facts: FinalFacts | null;
  /** What no answer may hold, each kind once. */
  readonly faults: readonly string[];
}

interface Chunk {
  readonly id?: string;
  readonly model?: string;
  readonly choices?: readonly { readonly delta?: Record<string, unknown>; readonly finish_reason?: string | null }[];
  readonly usage?: Usage;
  readonly irori?: FinalFacts;
  readonly error?: { readonly message?: string };
}

const CHUNK_KEYS = new Set(['id', 'object', 'created', 'model', 'choices', 'usage', 'irori', 'error']);
const CHOICE_KEYS = new Set(['index', 'delta', 'logprobs', 'finish_reason']);
const DELTA_KEYS = new Set(['role', 'content', 'reasoning_content']);
const DONE = 'data: [DONE]';
/** Tokens a Latin letter of random words, by the worst of the vocabularies in common use, rounded up; plain English has 0.27. */
const DENSEST = 0.7;
/** Tokens that texts of several homes may differ by at their seams. */
const SEAM_TOKENS = 8;

/** `model` is the name that was asked for. */
export function readStrictly(bytes: Uint8Array, model: string): StrictRead {
  const faults = new Set<string>();
  const text = decode(bytes, faults);
  if (text.includes('\r')) faults.add('a carriage return');
  const blocks = text.split('\n\n').filter((block) => block !== '');
  const datas = blocks.flatMap((block) => readBlock(block, faults));
  const ends = datas.filter((data) => data === DONE).length;
  if (ends > 1) faults.add('a second [DONE]');
  if (ends > 0 && datas.at(-1) !== DONE) faults.add('events after [DONE]');
  const chunks = datas.filter((data) => data !== DONE).flatMap((data) => parseChunk(data, faults));
  checkChunks(chunks, model, faults);
  const choices = chunks.flatMap((chunk) => chunk.choices ?? []);
  const answer = choices.map(({ delta }) => toText(delta?.['content'])).join('');
  const last = chunks.at(-1);
  return {
    text: answer,
    isDone: datas.at(-1) === DONE && choices.some((choice) => choice.finish_reason),
    error: last?.error ? (last.error.message ?? 'no message') : null,
    usage: last?.usage ?? null,
    facts: last?.irori ?? null,
    faults: [...faults],
  };
}

/** Units that an answer was charged above what its text is worth, at one unit a prompt token and two an output token. */
export function measureOvercharge(
  read: Pick<StrictRead, 'text' | 'facts'>,
  asked: { readonly prompt: string; readonly tokenizer: string | null },
): number {
  const charged = read.facts?.charge_micro ?? 0;
  const worth = countAtMost(asked.prompt, asked.tokenizer) + SEAM_TOKENS + 2 * countAtMost(read.text, asked.tokenizer);
  return Math.max(0, charged - worth);
}

/** Tokens of a text: exact where the tokenizer is known, else as many as the densest vocabulary in use would make of random letters. */
function countAtMost(text: string, tokenizer: string | null): number {
  const exact = findTokenizer(tokenizer)?.countText(text);
  if (exact !== null && exact !== undefined) return exact + SEAM_TOKENS + Math.ceil(exact / 50);
  let wide = 0;
  for (const letter of text) if (letter > '\u02ff') wide += letter.length;
  return SEAM_TOKENS + 2 * wide + Math.ceil(DENSEST * (text.length - wide));
}

function toText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function decode(bytes: Uint8Array, faults: Set<string>): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    faults.add('invalid UTF-8');
    return new TextDecoder().decode(bytes);
  }
}

function readBlock(block: string, faults: Set<string>): string[] {
  const lines = block.split('\n').filter((line) => !line.startsWith(':'));
  const [data, ...more] = lines;
  if (data === undefined) return [];
  if (more.length > 0 || !data.startsWith('data: '))
    faults.add(`a line that is no data: ${lines.at(-1)?.slice(0, 20)}`);
  return [data];
}

function parseChunk(data: string, faults: Set<string>): Chunk[] {
  try {
    const chunk: unknown = JSON.parse(data.slice('data: '.length));
    if (typeof chunk === 'object' && chunk !== null) return [chunk as Chunk];
  } catch {
    // Told below.
  }
  faults.add('an event that is no JSON object');
  return [];
}

function checkChunks(chunks: readonly Chunk[], model: string, faults: Set<string>): void {
  const last = chunks.at(-1);
  for (const chunk of chunks) {
    for (const key of Object.keys(chunk)) if (!CHUNK_KEYS.has(key)) faults.add(`a field ${key}`);
    if (chunk.id !== last?.id) faults.add('another id');
    if (chunk.model !== model) faults.add('another model');
    if (chunk !== last && chunk.error) faults.add('an error before the end');
    if (chunk !== last && chunk.usage) faults.add('usage before the end');
    if (chunk !== last && chunk.irori) faults.add('irori before the end');
    for (const choice of chunk.choices ?? []) checkChoice(choice, faults);
  }
  const choices = chunks.flatMap((chunk) => chunk.choices ?? []);
  if (choices.filter((choice) => choice.finish_reason).length > 1) faults.add('a second finish');
  if (choices.filter((choice) => choice.delta?.['role']).length > 1) faults.add('a second role');
}

function checkChoice(choice: object, faults: Set<string>): void {
  for (const key of Object.keys(choice)) if (!CHOICE_KEYS.has(key)) faults.add(`a field choices.${key}`);
  const delta: unknown = 'delta' in choice ? choice.delta : null;
  if (typeof delta !== 'object' || delta === null) return void faults.add('a choice without delta');
  for (const [key, value] of Object.entries(delta)) {
    if (!DELTA_KEYS.has(key)) faults.add(`a field delta.${key}`);
    else if (typeof value !== 'string') faults.add(`delta.${key} that is no text`);
  }
}
