// Messages to token ids. Control tokens come from the chat template only: message text is encoded as plain text, so that
// nobody can forge another speaker's turn by typing `<|system|>`. Pure.

import { Template } from '@huggingface/jinja';
import { Tokenizer } from '@huggingface/tokenizers';
import { err, ok, type Result } from '../../schema/result.ts';
import { findStrangeMessage, textOf } from '../../schema/message.ts';
import type { Message } from '../../schema/message.ts';
import { indexTokenBytes, type TokenBytes } from './decode-text.ts';

/** Everything needed to turn messages into ids and ids into text. */
export interface Codec {
  /** Plain text to ids; never yields a control token. */
  encode(text: string): number[];
  readonly bytesOf: TokenBytes;
  /** Control tokens by their text. */
  readonly controls: ReadonlyMap<string, number>;
  render(variables: Record<string, unknown>): string;
}

interface AddedToken {
  readonly id: number;
  readonly content: string;
}

/** Builds a codec from the parsed tokenizer.json and tokenizer_config.json; the error names what is missing. */
export function makeCodec(tokenizerJson: unknown, configJson: unknown): Result<Codec, string> {
  const tokenizer = asRecord(tokenizerJson);
  const config = asRecord(configJson);
  const template = config['chat_template'];
  if (typeof template !== 'string')
    return err('tokenizer_config.json has no chat_template: without it no prompt can be built');
  const added = Array.isArray(tokenizer['added_tokens']) ? (tokenizer['added_tokens'] as AddedToken[]) : [];
  const controls = new Map(added.map((token) => [token.content, token.id]));
  const plain = new Tokenizer({ ...tokenizer, added_tokens: [], post_processor: null }, config);
  const parsed = new Template(template);
  const shared = { bos_token: config['bos_token'] ?? '', eos_token: config['eos_token'] ?? '' };
  return ok({
    encode: (text) => (text === '' ? [] : plain.encode(text, { add_special_tokens: false }).ids),
    bytesOf: indexTokenBytes(plain.get_vocab(), new Set(controls.values())),
    controls,
    render: (variables) => parsed.render({ ...shared, ...variables }),
  });
}

/**
 * The prompt of a chat as token ids, ready for the assistant's answer. Contents are replaced by marks while the template
 * is rendered, so the rendered text holds none of the caller's characters when it is searched for control tokens.
 * The error says which message is wrong.
 */
export function renderPrompt(codec: Codec, messages: readonly Message[]): Result<number[], string> {
  const wrong = findStrangeMessage(messages);
  if (wrong !== null) return err(wrong);
  const marked = messages.map((m, index) => ({ role: m.role, content: `\u{F0000}${index}\u{F0001}` }));
  let rendered: string;
  try {
    rendered = codec.render({ messages: marked, add_generation_prompt: true });
  } catch (error) {
    return err(
      `the model's chat template refuses these messages: ${error instanceof Error ? error.message : 'unknown reason'}`,
    );
  }
  return ok(encodeParts(codec, splitControls(rendered, codec.controls), messages));
}

/** Tokens of a chat's prompt, as the backend will count them; the error is renderPrompt's. */
export function countPromptTokens(codec: Codec, messages: readonly Message[]): Result<number, string> {
  const ids = renderPrompt(codec, messages);
  return ids.ok ? ok(ids.value.length) : ids;
}

/** Cuts rendered template text at its control tokens: ids and the plain text between them. */
function splitControls(rendered: string, controls: ReadonlyMap<string, number>): (string | number)[] {
  const longestFirst = [...controls.keys()].sort((a, b) => b.length - a.length);
  const parts: (string | number)[] = [];
  let plainFrom = 0;
  let at = 0;
  while (at < rendered.length) {
    const control = longestFirst.find((text) => text !== '' && rendered.startsWith(text, at));
    const id = control === undefined ? undefined : controls.get(control);
    if (control === undefined || id === undefined) {
      at += 1;
      continue;
    }
    if (at > plainFrom) parts.push(rendered.slice(plainFrom, at));
    parts.push(id);
    at += control.length;
    plainFrom = at;
  }
  if (at > plainFrom) parts.push(rendered.slice(plainFrom));
  return parts;
}

/** Puts the contents back into the plain parts and encodes each part as one text, so that words merge as they would have. */
function encodeParts(codec: Codec, parts: readonly (string | number)[], messages: readonly Message[]): number[] {
  const ids: number[] = [];
  for (const part of parts) {
    if (typeof part === 'number') ids.push(part);
    else for (const id of codec.encode(part.replace(MARK, (_, index) => textAt(messages, Number(index))))) ids.push(id);
  }
  return ids;
}

function textAt(messages: readonly Message[], index: number): string {
  const message = messages[index];
  return message ? textOf(message) : '';
}

const MARK = /\u{F0000}(\d+)\u{F0001}/gu;

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
