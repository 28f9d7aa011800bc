// One event of a local server's chat stream, read with distrust. Pure.

/** What one event says. Fields that it does not speak of are empty, false or null. */
export interface BackendEvent {
  /** Answer text to hand on. */
  readonly text: string;
  /** The event carried thinking that is not shown (reasoning_content, reasoning): it costs tokens but is no answer. */
  readonly hidden: boolean;
  readonly finish: 'stop' | 'length' | null;
  readonly usage: {
    readonly promptTokens: number;
    readonly outputTokens: number;
    readonly hiddenTokens: number | null;
  } | null;
  readonly done: boolean;
  /** The server reported an error, or sent what is no chat chunk. The text is ours; the server's may quote the prompt. */
  readonly error: string | null;
}

const BLANK: BackendEvent = { text: '', hidden: false, finish: null, usage: null, done: false, error: null };
const DONE: BackendEvent = { ...BLANK, done: true };

interface RawChunk {
  readonly error?: unknown;
  readonly usage?: {
    prompt_tokens?: unknown;
    completion_tokens?: unknown;
    completion_tokens_details?: { reasoning_tokens?: unknown } | null;
  } | null;
  readonly choices?:
    | {
        delta?: { content?: unknown; reasoning_content?: unknown; reasoning?: unknown } | null;
        finish_reason?: unknown;
      }[]
    | null;
}

/** Reads the data of one event: OpenAI's chat.completion.chunk as Ollama, llama-server, LM Studio and vLLM write it, or `[DONE]`. */
export function readBackendEvent(data: string): BackendEvent {
  if (data === '[DONE]') return DONE;
  const raw = parse(data);
  if (raw === null) return { ...BLANK, error: 'the server sent a chunk that is not JSON' };
  if (raw.error !== undefined && raw.error !== null)
    return { ...BLANK, error: 'the server reported an error in the stream' };
  const choice = Array.isArray(raw.choices) ? raw.choices[0] : undefined;
  const delta = choice?.delta;
  const content = delta?.content;
  return {
    text: typeof content === 'string' ? content : '',
    hidden: isText(delta?.reasoning_content) || isText(delta?.reasoning),
    finish: readFinish(choice?.finish_reason),
    usage: readUsage(raw.usage),
    done: false,
    error: null,
  };
}

function parse(data: string): RawChunk | null {
  try {
    const value: unknown = JSON.parse(data);
    return typeof value === 'object' && value !== null ? value : null;
  } catch {
    return null;
  }
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

/** 'length' is the only reason that differs for a caller without tools; everything else is a stop. */
function readFinish(reason: unknown): 'stop' | 'length' | null {
  if (typeof reason !== 'string' || reason === '') return null;
  return reason === 'length' || reason === 'max_tokens' ? 'length' : 'stop';
}

function readUsage(usage: RawChunk['usage']): BackendEvent['usage'] {
  if (usage === undefined || usage === null || !isCount(usage.prompt_tokens) || !isCount(usage.completion_tokens))
    return null;
  const hidden = usage.completion_tokens_details?.reasoning_tokens;
  return {
    promptTokens: usage.prompt_tokens,
    outputTokens: usage.completion_tokens,
    hiddenTokens: isCount(hidden) ? hidden : null,
  };
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
