// What a chat's chunks say, piece by piece, as the content blocks of a streamed message: they stand one after another, each with a start, deltas and a stop,
// while a chat may mix the pieces of several calls. Source: the Anthropic API's documentation, "Streaming Messages".
import { escapeLines } from '../../schema/quote-json.ts';
import type { ChatChunk } from './dialect.ts';
import { signThinking } from './messages-answer.ts';

/** A piece of the answer: of its text, of its thinking, or of one of its calls. */
export interface Piece {
  readonly key: string;
  readonly text: string;
  readonly call?: { readonly id: string; readonly name: string };
}

/** How far the JSON of a call's input has come; read on piece by piece, since a home may write it a letter at a time. */
interface JsonProgress {
  depth: number;
  inText: boolean;
  escaped: boolean;
  isWhole: boolean;
}

/** The blocks of one message, as text of events. */
export interface BlockWriter {
  readonly say: (piece: Piece) => string;
  /** Whatever still waits, and the stop of the last block. */
  readonly end: () => string;
  readonly hasCalls: () => boolean;
}

/** What other blocks say while a call's input is not whole waits until it is: a block that was stopped cannot go on. */
export function makeBlockWriter(messageId: string): BlockWriter {
  const waiting = new Map<string, Piece>();
  const toldCalls = new Set<string>();
  let index = -1;
  let open: { readonly key: string; readonly json: JsonProgress | null } | null = null;

  const isBusy = (): boolean => open?.json != null && !open.json.isWhole;
  const close = (): string => {
    if (!open) return '';
    const isThought = open.key === 'thinking';
    open = null;
    const signed = { type: 'signature_delta', signature: signThinking(messageId) };
    return (isThought ? writeDelta(index, signed) : '') + writeEvent('content_block_stop', { index });
  };
  const write = (piece: Piece): string => {
    let events = '';
    if (open?.key !== piece.key) {
      // Its input was whole when it was stopped: what comes after that is none of it.
      if (toldCalls.has(piece.key)) return '';
      events = close() + writeEvent('content_block_start', { index: ++index, content_block: describeStart(piece) });
      if (piece.call) toldCalls.add(piece.key);
      open = { key: piece.key, json: piece.call ? beginJson() : null };
    }
    if (open?.json) readOn(open.json, piece.text);
    return piece.text === '' ? events : events + writeDelta(index, toDelta(piece));
  };
  const release = (isEnd: boolean): string => {
    let events = '';
    for (const [key, piece] of waiting) {
      if (!isEnd && isBusy()) break;
      waiting.delete(key);
      events += write(piece);
    }
    return events;
  };
  return {
    say: (piece) => {
      if (!isBusy() || open?.key === piece.key) return write(piece) + release(false);
      const held = waiting.get(piece.key);
      waiting.set(piece.key, held ? { ...held, text: held.text + piece.text } : piece);
      return '';
    },
    end: () => release(true) + close(),
    hasCalls: () => toldCalls.size > 0,
  };
}

/** What a chunk's delta says. Texts of no length open no block: chunks that say nothing are among those that keep a line awake. */
export function listPieces(delta: ChatChunk['choices'][number]['delta'], messageId: string): Piece[] {
  const pieces: Piece[] = [];
  if (delta.reasoning_content) pieces.push({ key: 'thinking', text: delta.reasoning_content });
  if (delta.content) pieces.push({ key: 'text', text: delta.content });
  for (const { index, id, function: called } of delta.tool_calls ?? []) {
    const call = { id: id ?? `toolu_${messageId.slice(4)}_${index}`, name: called.name ?? '' };
    pieces.push({ key: `call ${index}`, text: called.arguments ?? '', call });
  }
  return pieces;
}

function describeStart({ key, call }: Piece): object {
  if (call) return { type: 'tool_use', id: call.id, name: call.name, input: {}, caller: { type: 'direct' } };
  return key === 'thinking'
    ? { type: 'thinking', thinking: '', signature: '' }
    : { type: 'text', text: '', citations: null };
}

function toDelta({ key, text, call }: Piece): object {
  const said = text.toWellFormed();
  if (call) return { type: 'input_json_delta', partial_json: said };
  return key === 'thinking' ? { type: 'thinking_delta', thinking: said } : { type: 'text_delta', text: said };
}

function writeDelta(index: number, delta: object): string {
  return writeEvent('content_block_delta', { index, delta });
}

/** One server-sent event, with its type as its name and in its data. */
export function writeEvent(type: string, data: object): string {
  return `event: ${type}\ndata: ${escapeLines(JSON.stringify({ type, ...data }))}\n\n`;
}

function beginJson(): JsonProgress {
  return { depth: 0, inText: false, escaped: false, isWhole: false };
}

/** Follows braces and brackets outside texts: an input is an object, and whole where its last brace is closed. */
function readOn(json: JsonProgress, piece: string): void {
  for (const char of piece) {
    if (json.escaped) json.escaped = false;
    else if (json.inText) {
      if (char === '\\') json.escaped = true;
      else if (char === '"') json.inText = false;
    } else if (char === '"') json.inText = true;
    else if (char === '{' || char === '[') json.depth++;
    else if (char === '}' || char === ']') {
      json.depth--;
      json.isWhole ||= json.depth <= 0;
    }
  }
}
