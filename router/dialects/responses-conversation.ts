// Puts a Responses request's flat items together as a chat's messages.

/** A message as a chat request holds it. */
export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant' | 'tool';
  readonly content: string | readonly object[];
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

/** One turn of the model: what it thought, said and called until somebody else speaks. */
interface Turn {
  readonly path: string;
  readonly thoughts: string[];
  readonly contents: ChatMessage['content'][];
  readonly calls: SaidCall[];
}

export function openConversation(): Conversation {
  const messages: ChatMessage[] = [];
  const paths: string[] = [];
  let turn: Turn | null = null;
  const push = (message: ChatMessage, path: string): void => {
    messages.push(message);
    paths.push(path);
  };
  const flush = (): void => {
    // A thought alone is left out: nothing followed from it.
    if (turn && (turn.contents.length > 0 || turn.calls.length > 0)) push(toMessage(turn), turn.path);
    turn = null;
  };
  const take = (path: string): Turn => (turn ??= { path, thoughts: [], contents: [], calls: [] });
  return {
    add: (message, path) => {
      flush();
      const first = messages[0];
      // Many models' templates know one system message, and that first.
      const isSecond = message.role === 'system' && messages.length === 1 && first?.role === 'system';
      if (isSecond && typeof first.content === 'string' && typeof message.content === 'string') {
        messages[0] = { ...first, content: `${first.content}\n\n${message.content}` };
      } else push(message, path);
    },
    say: (content, path) => {
      // A chat's message holds its text before its calls, and their outputs follow at once.
      if (turn && turn.contents.length > 0 && turn.calls.length === 0) flush();
      take(path).contents.push(content);
    },
    think: (thought, path) => {
      if (thought !== '') take(path).thoughts.push(thought);
    },
    call: (call, path) => void take(path).calls.push(call),
    close: () => {
      flush();
      return { messages, paths };
    },
  };
}

function toMessage({ thoughts, contents, calls }: Turn): ChatMessage {
  return {
    role: 'assistant',
    content: joinContents(contents),
    ...(thoughts.length > 0 && { reasoning_content: thoughts.join('\n\n') }),
    ...(calls.length > 0 && {
      tool_calls: calls.map(({ id, ...called }) => ({ id, type: 'function', function: called })),
    }),
  };
}

function joinContents(contents: readonly ChatMessage['content'][]): ChatMessage['content'] {
  const texts = contents.filter((one) => typeof one === 'string');
  if (texts.length === contents.length) return texts.join('\n\n');
  return contents.flatMap((one) => (typeof one === 'string' ? [{ type: 'text', text: one }] : one));
}
