// What a server's finish_reason means, whoever's word it is. Pure.
import type { FinishWord } from './judge-end.ts';

/**
 * Words of other APIs and engines, in lower case. Sources: vLLM v1/engine/__init__.py (abort, error), SGLang's abort, TGI's FinishReason, Mistral's
 * model_length and error, Gemini's FinishReason, Anthropic's stop_reason, DeepSeek's insufficient_system_resource, Ollama's unload.
 */
const WORDS: ReadonlyMap<string, FinishWord> = new Map([
  ...sameMeaning('length', 'length max_tokens max_token max_length model_length token_limit max_output_tokens'),
  ...sameMeaning('tool_calls', 'tool_calls tool_call tool_use function_call'),
  ...sameMeaning(
    'content_filter',
    'content_filter content_filtered content-filter contentfilter safety recitation blocklist prohibited_content spii sensitive refusal',
  ),
  ...sameMeaning(
    'failed',
    'abort aborted error errored failed failure cancel cancelled canceled timeout timed_out internal_error server_error network_error ' +
      'insufficient_system_resource unload disconnected interrupted malformed_response',
  ),
]);

/** Null where nothing was said (absent, null, empty). A word that nobody knows is the model's own end: `eos`, `end_turn`. */
export function readFinishWord(reason: unknown): FinishWord | null {
  if (typeof reason !== 'string') return null;
  const word = reason.trim().toLowerCase();
  return word === '' || word === 'null' || word === 'none' ? null : (WORDS.get(word) ?? 'stop');
}

function sameMeaning(meaning: FinishWord, words: string): [string, FinishWord][] {
  return words.split(' ').map((word) => [word, meaning]);
}
