// The answer to a Responses request, as it grows out of a chat's chunks: what each chunk adds is told as events, and the response object holds all of it.
import type { StreamError, Usage } from '../../schema/chunks.ts';
import type { ChatChunk, ChatFinish } from './dialect.ts';
import { shortenEcho } from './responses-echo.ts';
import type { ResponsesFacts } from './responses-facts.ts';
import type { ResponseEvent } from './responses-items.ts';
import { growOutput } from './responses-output.ts';

type Head = Pick<ChatChunk, 'id' | 'created' | 'model'>;
type Events = readonly ResponseEvent[];

export interface GrowingAnswer {
  readonly start: () => Events;
  readonly take: (chunk: ChatChunk) => Events;
  readonly end: () => Events;
  readonly fail: (error: StreamError) => Events;
  /** The response object as it stands. */
  readonly tell: () => object;
}

/** How an answer stands beside its output. */
interface State {
  finish: ChatFinish | null;
  usage: Usage | null;
  irori: object | undefined;
  error: StreamError | null;
  isOver: boolean;
}

export function growAnswer(facts: ResponsesFacts, head: Head): GrowingAnswer {
  const tail = head.id.replace(/^chatcmpl-/, '');
  const output = growOutput(facts, tail);
  const state: State = { finish: null, usage: null, irori: undefined, error: null, isOver: false };
  const tell = (echo = facts.echo): object => ({
    id: `resp_${tail}`,
    object: 'response',
    created_at: head.created,
    model: head.model,
    output: output.tell(),
    ...describeState(state),
    ...echo,
    background: false,
    previous_response_id: null,
    service_tier: 'default',
    // Whatever was asked for: nothing is stored, and nothing is cut out of what was sent.
    store: false,
    truncation: 'disabled',
    ...(state.irori && { irori: state.irori }),
  });
  return {
    tell: () => tell(),
    start: () => {
      const response = tell(shortenEcho(facts.echo));
      return ['response.created', 'response.in_progress'].map((type) => ({ type, response }));
    },
    take: (chunk) => {
      const events = output.take(chunk);
      const finish = chunk.choices[0]?.finish_reason;
      state.usage = chunk.usage ?? state.usage;
      state.irori = chunk.irori ?? state.irori;
      if (finish == null || finish === 'error') return events;
      state.finish = finish;
      return [...events, ...output.close(isCut(finish))];
    },
    end: () => {
      const events = output.close(isCut(state.finish));
      state.isOver = true;
      return [
        ...events,
        { type: isCut(state.finish) ? 'response.incomplete' : 'response.completed', response: tell() },
      ];
    },
    fail: (error) => {
      output.breakOff();
      state.error = error;
      return [{ type: 'response.failed', response: tell() }];
    },
  };
}

/** The members that tell how the answer stands. */
function describeState({ finish, usage, error, isOver }: State): object {
  const reason = finish === 'content_filter' ? 'content_filter' : 'max_output_tokens';
  const end = isCut(finish) ? 'incomplete' : 'completed';
  return {
    status: error ? 'failed' : isOver ? end : 'in_progress',
    error: error && {
      code: error.code,
      message: error.message,
      type: error.type,
      param: error.param ?? null,
      ...(error.availability && { availability: error.availability }),
    },
    incomplete_details: isOver && isCut(finish) ? { reason } : null,
    usage: usage && toUsage(usage),
  };
}

function isCut(finish: ChatFinish | null): boolean {
  return finish === 'length' || finish === 'content_filter';
}

/** Nothing of a prompt is told as cached: homes do not say. */
function toUsage(usage: Usage): object {
  return {
    input_tokens: usage.prompt_tokens,
    input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
    output_tokens: usage.completion_tokens,
    output_tokens_details: { reasoning_tokens: usage.completion_tokens_details?.reasoning_tokens ?? 0 },
    total_tokens: usage.total_tokens,
    ...(usage.energy && { energy: usage.energy }),
  };
}
