// The turns of a conversation in the Messages API as messages of a chat. One turn may hold texts, calls and the answers to calls; a chat has a message for
// each. Source: the Anthropic API's reference, "Create a Message", and its pages on tool use, thinking and mid-conversation system messages.
import * as z from 'zod';
import { listOf } from '../../schema/list-of.ts';
import { wholeText } from '../../schema/whole-text.ts';
import { blockContent, listBlocks, readAs, readParts, refuse, toTexts, typeOf } from './messages-blocks.ts';
import type { Block, ChatPart, Reading } from './messages-blocks.ts';
import { wrapReminder } from './wrap-reminder.ts';

/** As many as this API takes; the chat's own limit is on what they become. */
const MAX_TURNS = 100_000;
/** Claude Code's line for its maker's bills: it differs in every request, so that no home would find the rest of the prompt in its cache. */
const BILLING_LINE = /^x-anthropic-billing-header:[^\n]*\n?/;

const turn = z.object({
  role: z.enum(['user', 'assistant', 'system', 'developer'], { error: "must be 'user', 'assistant' or 'system'." }),
  content: blockContent,
});
/** Fields of a request that this file reads. */
export const turnFields = { messages: listOf(turn, { min: 1, max: MAX_TURNS }), system: blockContent };
type Turn = z.output<typeof turn>;

interface ChatCall {
  readonly id: string;
  readonly type: 'function';
  readonly function: { readonly name: string; readonly arguments: string | Record<string, unknown> };
}
interface ChatTurn {
  readonly role: 'system' | 'user' | 'assistant' | 'tool';
  readonly from: string;
  readonly parts: ChatPart[];
  readonly tool_call_id?: string;
  readonly calls: ChatCall[];
  readonly thoughts: string[];
}

const thinkingBlock = z.object({ thinking: wholeText.nullish() });
const useBlock = z.object({
  id: z.string().min(1).max(256),
  name: z.string().max(256),
  input: z.union([z.record(z.string(), z.unknown()), wholeText], { error: 'must be an object.' }).nullish(),
});
const resultBlock = z.object({
  tool_use_id: z.string().min(1).max(256),
  content: blockContent,
  is_error: z.boolean().nullish(),
});
const compactionBlock = z.object({ content: wholeText.nullish() });

/** The messages of a chat, each with the path of what it was made of. What cannot be read stands in `reading.fault`. */
export function readTurns(
  said: { readonly messages: Turn[]; readonly system?: Turn['content'] },
  reading: Reading,
): object[] {
  const system = makeTurn('system', 'system');
  system.parts.push(...readSystem(said.system, 'system', reading));
  const turns: ChatTurn[] = [];
  for (const [i, { role, content }] of said.messages.entries()) {
    if (reading.fault) break;
    const path = `messages[${i}]`;
    if (role === 'assistant') readAnswer(content, path, turns, reading);
    else if (role === 'user') readQuestion(content, path, turns, reading);
    else if (turns.length === 0) system.parts.push(...readSystem(content, `${path}.content`, reading));
    else addReminder(content, path, turns, reading);
  }
  return [...(system.parts.length > 0 ? [system] : []), ...turns].map(toMessage);
}

function readSystem(content: Turn['content'], path: string, reading: Reading): ChatPart[] {
  return listBlocks(content, path).flatMap(({ block, path: at }) => {
    if (typeOf(block, at, reading) !== 'text') {
      refuse(`${at}.type`, "must be 'text': what a system says is text, and tools stand in 'tools'.", reading);
      return [];
    }
    return (readParts(block, at, reading) ?? []).flatMap((part) =>
      part.type === 'text' ? toTexts(at, part.text.replace(BILLING_LINE, '')) : [],
    );
  });
}

function addReminder(content: Turn['content'], path: string, turns: ChatTurn[], reading: Reading): void {
  const texts = readSystem(content, `${path}.content`, reading).map((part) => (part.type === 'text' ? part.text : ''));
  if (texts.length > 0) lastOf('user', path, turns).parts.push(...toTexts(path, wrapReminder(texts)));
}

function readQuestion(content: Turn['content'], path: string, turns: ChatTurn[], reading: Reading): void {
  const parts: ChatPart[] = [];
  let results = 0;
  for (const { block, path: at } of listBlocks(content, `${path}.content`)) {
    if (reading.fault) return;
    const type = typeOf(block, at, reading);
    if (type === 'tool_result') {
      turns.push(readResult(block, at, reading));
      results++;
      continue;
    }
    const read = readParts(block, at, reading);
    if (read) parts.push(...read);
    else
      refuse(
        `${at}.type`,
        `cannot be '${type.slice(0, 40)}': users say text, pictures, documents and tool results.`,
        reading,
      );
  }
  if (parts.length > 0 || results === 0) lastOf('user', path, turns).parts.push(...parts);
}

function readResult(block: Block, path: string, reading: Reading): ChatTurn {
  const read = readAs(resultBlock, block, path, reading);
  const result = { ...makeTurn('tool', path), tool_call_id: read?.tool_use_id ?? '' };
  for (const { block: inner, path: at } of listBlocks(read?.content, `${path}.content`)) {
    const parts = readParts(inner, at, reading);
    if (parts) result.parts.push(...parts);
    else refuse(`${at}.type`, 'is no type of a result that a home can read. Send texts and pictures.', reading);
  }
  if (read?.is_error && !saysError(result.parts)) result.parts.unshift(...toTexts(path, 'Error:'));
  return result;
}

/** A chat has no mark for a result that is an error: its text has to say it. */
function saysError([first]: readonly ChatPart[]): boolean {
  return first?.type === 'text' && /error/i.test(first.text.slice(0, 200));
}

/** What an answer held comes back. Of blocks that only their own servers can read nothing is shown to a model: what came of them stands in the texts beside them. */
function readAnswer(content: Turn['content'], path: string, turns: ChatTurn[], reading: Reading): void {
  const answer = lastOf('assistant', path, turns);
  for (const { block, path: at } of listBlocks(content, `${path}.content`)) {
    const type = typeOf(block, at, reading);
    if (reading.fault) return;
    if (type === 'redacted_thinking') continue;
    if (type === 'thinking') answer.thoughts.push(readAs(thinkingBlock, block, at, reading)?.thinking ?? '');
    else if (type === 'tool_use') readCall(block, at, answer, reading);
    else if (type === 'compaction')
      answer.parts.push(...toTexts(at, readAs(compactionBlock, block, at, reading)?.content));
    else if (type === 'tool_result')
      refuse(
        `${at}.type`,
        "cannot be 'tool_result' in an assistant's message. Send results in the user's next message.",
        reading,
      );
    else {
      const parts = readParts(block, at, reading);
      if (parts) answer.parts.push(...parts);
      else reading.ignored.push(at);
    }
  }
}

function readCall(block: Block, path: string, answer: ChatTurn, reading: Reading): void {
  const read = readAs(useBlock, block, path, reading);
  if (!read) return;
  answer.calls.push({ id: read.id, type: 'function', function: { name: read.name, arguments: read.input ?? {} } });
}

/** Turns of one speaker after another are one turn. */
function lastOf(role: 'user' | 'assistant', from: string, turns: ChatTurn[]): ChatTurn {
  const last = turns.at(-1);
  if (last?.role === role) return last;
  const made = makeTurn(role, from);
  turns.push(made);
  return made;
}

function makeTurn(role: ChatTurn['role'], from: string): ChatTurn {
  return { role, from, parts: [], calls: [], thoughts: [] };
}

function toMessage({ role, from, parts, tool_call_id: callId, calls, thoughts }: ChatTurn): object {
  const thought = thoughts.filter((text) => text !== '').join('\n');
  return {
    role,
    from,
    content: parts.length > 0 ? parts : '',
    ...(callId !== undefined && { tool_call_id: callId }),
    ...(calls.length > 0 && { tool_calls: calls }),
    ...(thought !== '' && { reasoning_content: thought }),
  };
}
