// What the able server says to a chat, and what it refuses. Pure.

interface AbleTool {
  readonly type: string;
  readonly function: { readonly name: string; readonly parameters?: Schema };
}
interface AbleMessage {
  readonly role: string;
  readonly content?:
    | string
    | null
    | readonly { readonly type: string; readonly text?: string; readonly image_url?: { readonly url: string } }[];
  readonly name?: string;
  readonly tool_calls?: readonly {
    readonly id: string;
    readonly function: { readonly name: string; readonly arguments: string };
  }[];
  readonly tool_call_id?: string;
}
export interface AbleChat {
  readonly messages: readonly AbleMessage[];
  readonly stream?: boolean;
  readonly stream_options?: { readonly include_usage?: boolean };
  readonly max_tokens?: number;
  readonly seed?: number;
  readonly tools?: readonly AbleTool[];
  readonly tool_choice?: 'auto' | 'none' | 'required' | { readonly function: { readonly name: string } };
  readonly parallel_tool_calls?: boolean;
  readonly response_format?: { readonly type: string; readonly json_schema?: { readonly schema?: Schema } };
  readonly reasoning_effort?: string;
  readonly chat_template_kwargs?: { readonly reasoning_effort?: string; readonly enable_thinking?: boolean };
  readonly logprobs?: boolean;
  readonly top_logprobs?: number;
  readonly continue_final_message?: boolean;
}

export interface Schema {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly required?: readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
}

export interface AblePlan {
  readonly thoughts: readonly string[];
  readonly words: readonly string[];
  readonly calls: readonly { readonly id: string; readonly name: string; readonly pieces: readonly string[] }[];
  readonly finish: 'stop' | 'length' | 'tool_calls';
  readonly usage: { readonly prompt_tokens: number; readonly completion_tokens: number; readonly total_tokens: number };
  readonly logprobsOf: (word: string) => object | null;
}

/** The longest that it writes where nobody says. */
const MOST_WORDS = 200;

/** Why a real server would refuse it; null for a good one. */
export function checkChat({ messages, tools = [], tool_choice: choice }: AbleChat): string | null {
  const open = new Set<string>();
  for (const [i, message] of messages.entries()) {
    if (!['system', 'user', 'assistant', 'tool'].includes(message.role)) return `messages[${i}]: unknown role`;
    if (message.role === 'tool' && !open.has(message.tool_call_id ?? '')) return `messages[${i}]: answers no call`;
    for (const { id, function: called } of message.tool_calls ?? []) {
      if (typeof called.arguments !== 'string') return `messages[${i}]: arguments must be a text`;
      open.add(id);
    }
    if (Array.isArray(message.content))
      for (const part of message.content)
        if (part.type === 'image_url' && !part.image_url?.url.startsWith('data:image/'))
          return 'a picture must be a data URI';
  }
  if (tools.some((tool) => tool.type !== 'function' || !tool.function.name))
    return 'tools must be functions with names';
  const named = typeof choice === 'object' ? choice.function.name : null;
  return named !== null && !tools.some((tool) => tool.function.name === named) ? 'tool_choice names no tool' : null;
}

/**
 * Calls where it must, or where the last message says `call <name>` of a tool that is offered; else says what it was shown, or first, where it is to
 * `then call <name>`. What another has written of the answer it goes on with.
 */
export function planAnswer(chat: AbleChat): AblePlan {
  if (chat.continue_final_message === true) return planRest(chat);
  const { messages, max_tokens: most = MOST_WORDS, logprobs, top_logprobs: top = 0 } = chat;
  const calls = planCalls(chat);
  const thoughts = planThoughts(chat);
  const isSilent = calls.length > 0 && !textOf(messages.at(-1)).includes('then call');
  const all = isSilent ? [] : say(chat).split(/(?<= )/);
  const words = all.slice(0, most);
  const count = thoughts.length + words.length + calls.reduce((sum, { pieces }) => sum + 1 + pieces.length, 0);
  const prompt = JSON.stringify(messages).length >> 2;
  return {
    thoughts,
    words,
    calls,
    finish: calls.length > 0 ? 'tool_calls' : words.length < all.length ? 'length' : 'stop',
    usage: { prompt_tokens: prompt, completion_tokens: count, total_tokens: prompt + count },
    logprobsOf: (word) => (logprobs === true ? { content: [likelihood(word, top)] } : null),
  };
}

function planRest(chat: AbleChat): AblePlan {
  const { messages } = chat;
  const whole = planAnswer({ ...chat, messages: messages.slice(0, -1), continue_final_message: false });
  const rest = whole.words.join('').slice(textOf(messages.at(-1)).length);
  return { ...whole, words: rest.split(/(?<= )/) };
}

/** The same as a whole answer. */
export function answerAs(chat: AbleChat, plan: AblePlan): object {
  const calls = plan.calls.map(({ id, name, pieces }) => ({
    id,
    type: 'function',
    function: { name, arguments: pieces.join('') },
  }));
  const message = {
    role: 'assistant',
    content: plan.words.length > 0 ? plan.words.join('') : null,
    ...(plan.thoughts.length > 0 && { reasoning_content: plan.thoughts.join('') }),
    ...(calls.length > 0 && { tool_calls: calls }),
  };
  const logprobs =
    chat.logprobs === true ? { content: plan.words.map((word) => likelihood(word, chat.top_logprobs ?? 0)) } : null;
  const choices = [{ index: 0, message, logprobs, finish_reason: plan.finish }];
  return { id: 'able-1', object: 'chat.completion', created: 1, model: 'able-model', choices, usage: plan.usage };
}

function planCalls(chat: AbleChat): AblePlan['calls'] {
  const { tools = [], tool_choice: choice = 'auto', parallel_tool_calls: isParallel = true, messages } = chat;
  if (tools.length === 0 || choice === 'none' || messages.at(-1)?.role === 'tool') return [];
  const asked = textOf(messages.at(-1));
  const wanted =
    typeof choice === 'object'
      ? tools.filter((tool) => tool.function.name === choice.function.name)
      : tools.filter((tool) => asked.includes(`call ${tool.function.name}`));
  const called = wanted.length > 0 ? wanted : choice === 'required' ? tools.slice(0, 1) : [];
  const run = called.length === 0 ? planRun(chat) : null;
  if (run) return [run];
  return called.slice(0, isParallel ? called.length : 1).map(({ function: { name, parameters = {} } }, i) => ({
    id: `call_able${messages.length}${i}`,
    name,
    pieces: JSON.stringify(fillSchema(parameters)).match(/.{1,6}/gsu) ?? [],
  }));
}

/** What a caller's message asks to be run in a shell, once, where a tool is offered that runs commands: as coding agents have one, under many names. */
function planRun({ tools = [], messages }: AbleChat): AblePlan['calls'][number] | null {
  if (messages.some(({ role }) => role === 'tool')) return null;
  const asked = messages.flatMap((one) => /RUN<<(.+?)>>/s.exec(one.role === 'user' ? textOf(one) : '')?.[1] ?? []);
  const command = asked[0];
  if (command === undefined) return null;
  for (const { function: tool } of tools)
    for (const field of ['command', 'cmd']) {
      const schema = tool.parameters?.properties?.[field];
      if (!schema) continue;
      const given = schema.type === 'array' ? ['sh', '-c', command] : command;
      const must = (tool.parameters?.required ?? []).filter((name) => name !== field);
      const others = must.map((name) => [name, fillSchema(tool.parameters?.properties?.[name] ?? {})]);
      const pieces = JSON.stringify({ [field]: given, ...Object.fromEntries(others) }).match(/.{1,6}/gsu) ?? [];
      return { id: `call_able${messages.length}`, name: tool.name, pieces };
    }
  return null;
}

function planThoughts({ reasoning_effort: effort, chat_template_kwargs: kwargs }: AbleChat): string[] {
  const said = effort ?? kwargs?.reasoning_effort;
  return said === undefined || said === 'none' || kwargs?.enable_thinking === false
    ? []
    : ['I think ', `with ${said} `, 'effort.'];
}

function say({ messages, response_format: format }: AbleChat): string {
  if (format?.type === 'json_object') return '{"answer": 42}';
  if (format?.type === 'json_schema') return JSON.stringify(fillSchema(format.json_schema?.schema ?? {}));
  const last = messages.at(-1);
  if (last?.role === 'tool') return `The tool said: ${textOf(last)}`;
  const pictures = messages.flatMap(({ content }) =>
    Array.isArray(content) ? content.filter((part) => part.type === 'image_url') : [],
  );
  const seen = pictures.map(
    (part) => `${/^data:([^;]+)/.exec(part.image_url?.url ?? '')?.[1]} of ${part.image_url?.url.length} characters`,
  );
  return seen.length > 0 ? `I see ${seen.join(' and ')}` : `You said: ${textOf(last)}`;
}

function textOf(message: AbleMessage | undefined): string {
  const content = message?.content ?? '';
  return typeof content === 'string' ? content : content.map((part) => part.text ?? '').join('');
}

function likelihood(token: string, top: number): object {
  const one = { token, logprob: -0.25, bytes: [...new TextEncoder().encode(token)] };
  return {
    ...one,
    top_logprobs: Array.from({ length: top }, (_, i) => ({
      ...one,
      token: i === 0 ? token : `other${i}`,
      logprob: -0.25 - i,
    })),
  };
}

/** The smallest value that fits a schema; null where it is none. */
function fillSchema(schema: Schema): unknown {
  if (typeof schema !== 'object' || schema === null) return null;
  if ('const' in schema) return schema.const;
  if (schema.enum) return schema.enum[0];
  if (schema.anyOf?.[0]) return fillSchema(schema.anyOf[0]);
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  switch (type) {
    case 'string':
      return 'text';
    case 'integer':
      return 7;
    case 'number':
      return 1.5;
    case 'boolean':
      return true;
    case 'array':
      return [fillSchema(schema.items ?? {})];
    case 'null':
      return null;
    default:
      return Object.fromEntries(Object.entries(schema.properties ?? {}).map(([name, one]) => [name, fillSchema(one)]));
  }
}
