// How loaded a vLLM server is, by its own metrics (Prometheus text). Pure. Source: docs.vllm.ai, "Metrics" (`vllm:num_requests_running`,
// `vllm:num_requests_waiting`, and the labels of `vllm:cache_config_info`).

/** What the server says of itself, all of its engines together; null where it does not say. */
export interface VllmLoad {
  /** Answers that it works on, and those that wait for room. */
  readonly running: number | null;
  readonly waiting: number | null;
  /** Tokens of prompts and answers that its cache holds at once. */
  readonly cacheTokens: number | null;
}

/** Reads the body of `/metrics`; anything else says nothing. */
export function readVllmMetrics(text: unknown): VllmLoad {
  const lines = typeof text === 'string' ? text.split('\n') : [];
  const of = (name: string): string[] =>
    lines.filter((line) => line.startsWith(`vllm:${name}{`) || line.startsWith(`vllm:${name} `));
  return {
    running: sum(of('num_requests_running').map(readValue)),
    waiting: sum(of('num_requests_waiting').map(readValue)),
    cacheTokens: sum(of('cache_config_info').map(readCache)),
  };
}

/** The number behind the labels, which may hold anything. */
function readValue(line: string): number {
  return Number(/[}\s]\s*([\d.e+]+)\s*(?:\d+\s*)?$/i.exec(line)?.[1] ?? Number.NaN);
}

function readCache(line: string): number {
  const label = (name: string): number => Number(new RegExp(`[{,]${name}="(\\d{1,9})"`).exec(line)?.[1] ?? Number.NaN);
  return label('num_gpu_blocks') * label('block_size');
}

/** Null where there is nothing to sum, or one of them is no number. */
function sum(values: readonly number[]): number | null {
  const total = values.reduce((all, one) => all + one, 0);
  return values.length > 0 && Number.isFinite(total) ? total : null;
}
