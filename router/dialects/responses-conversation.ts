// Puts a Responses request's flat items together as a chat's messages.
import { wrapReminder } from './wrap-reminder.ts';

/** `from`: where in the request it stands. */
export type ChatPart =
  | { readonly type: 'text'; readonly text: string }
  | {
      readonly type: 'image_url';
      readonly image_url: { readonly url: string; readonly detail?: string };
      readonly from: string;
    };

/** A message as a chat request holds it. */
export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant' | 'tool';
  readonly content: string | readonly ChatPart[];
  readonly tool_call_id?: string;
  readonly reasoning_content?: string;
  readonly tool_calls?: readonly object[];
}

export interface SaidCall {
  readonly id: string;
  /** As the chat's model knows it. */
  readonly name: string;
  /** JSON text. */
  readonly arguments: string;
}

/** Collects messages; `path` is where in the request an item stands. */
export interface Conversation {
  /** What somebody else than the model said. */
  readonly add: (message: ChatMessage, path: string) => void;
  /** What the model said. */
  readonly say: (content: ChatMessage['content'], path: string) => void;
  readonly think: (thought: string, path: string) => void;
  readonly call: (call: SaidCall, path: string) => void;
  readonly close: () => { readonly messages: readonly ChatMessage[]; readonly paths: readonly string[] };
}

/** Between the texts of items that become one message. */
const GLUE = { system: '\n\n', user: '\n', assistant: '\n\n', tool: '' };

/** One turn of the model: what it thought, said and called until somebody else speaks. */
interface Turn {
  readonly path: string;
  readonly thoughts: string[];
  readonly contents: ChatMessage['content'][];
  readonly calls: SaidCall[];
}

/** A message whose items are joined at the end: each may be one of thousands. */
interface Draft {
  readonly message: Omit<ChatMessage, 'content'>;
  readonly contents: ChatMessage['content'][];
  readonly path: string;
}

export function openConversation(): Conversation {
  const drafts: Draft[] = [];
  let turn: Turn | null = null;
  const flush = (): void => {
    // A thought alone is left out: nothing followed from it.
    if (turn && (turn.contents.length > 0 || turn.calls.length > 0)) drafts.push(toDraft(turn));
    turn = null;
  };
  const take = (path: string): Turn => (turn ??= { path, thoughts: [], contents: [], calls: [] });
  return {
    add: (message, path) => {
      flush();
      const last = drafts.at(-1);
      const isLate = message.role === 'system' && last !== undefined && last.message.role !== 'system';
      const { content, ...told } = isLate ? toReminder(message) : message;
      if (isLate && content === '') return;
      // Many models' templates know one system message, and that first, and want user and model to take turns.
      if (told.role !== 'tool' && last?.message.role === told.role) last.contents.push(content);
      else drafts.push({ message: told, contents: [content], path });
    },
    say: (content, path) => void take(path).contents.push(content),
    think: (thought, path) => {
      if (thought !== '') take(path).thoughts.push(thought);
    },
    call: (call, path) => void take(path).calls.push(call),
    close: () => {
      flush();
      const messages = drafts.map(({ message, contents }) => ({
        ...message,
        content: joinContents(contents, GLUE[message.role]),
      }));
      return { messages, paths: drafts.map(({ path }) => path) };
    },
  };
}

function toDraft({ path, thoughts, contents, calls }: Turn): Draft {
  const message = {
    role: 'assistant' as const,
    ...(thoughts.length > 0 && { reasoning_content: thoughts.join('\n\n') }),
    ...(calls.length > 0 && {
      tool_calls: calls.map(({ id, ...called }) => ({ id, type: 'function', function: called })),
    }),
  };
  return { message, contents, path };
}

function toReminder({ content }: ChatMessage): ChatMessage {
  if (typeof content === 'string') return { role: 'user', content: content === '' ? '' : wrapReminder([content]) };
  const texts = content.flatMap((part) => (part.type === 'text' ? [part.text] : []));
  const others = content.filter((part) => part.type !== 'text');
  return { role: 'user', content: [...(texts.length > 0 ? [toText(wrapReminder(texts))] : []), ...others] };
}

function joinContents(contents: readonly ChatMessage['content'][], glue: string): ChatMessage['content'] {
  const said = contents.filter((one) => one !== '');
  const texts = said.filter((one) => typeof one === 'string');
  if (texts.length === said.length) return texts.join(glue);
  return said.flatMap((one) => (typeof one === 'string' ? [toText(one)] : one));
}

function toText(text: string): ChatPart {
  return { type: 'text', text };
}
