import { expect, test } from 'vitest';
import { readVllmMetrics } from './read-vllm-metrics.ts';

const METRICS = `# HELP vllm:num_requests_running Number of requests in model execution batches.
# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{engine="0",model_name="a 7"} 3.0
vllm:num_requests_waiting{engine="0",model_name="a 7"} 2.0
vllm:num_requests_waiting_by_reason{engine="0",reason="capacity"} 9.0
vllm:cache_config_info{block_size="16",cache_dtype="auto",engine="0",num_gpu_blocks="573",num_gpu_blocks_override="None"} 1.0
vllm:prompt_tokens_total{engine="0"} 1.2e+06
`;

test('what runs, what waits and how much the cache holds is read of the text', () => {
  expect(readVllmMetrics(METRICS)).toEqual({ running: 3, waiting: 2, cacheTokens: 9168 });
});

test('engines are summed', () => {
  const more = METRICS.replaceAll('engine="0"', 'engine="1"');
  expect(readVllmMetrics(METRICS + more)).toEqual({ running: 6, waiting: 4, cacheTokens: 18_336 });
});

test('a cache whose size is not told yet, and whatever is no metrics, says nothing', () => {
  expect(readVllmMetrics(METRICS.replace('"573"', '"None"')).cacheTokens).toBeNull();
  const nothing = { running: null, waiting: null, cacheTokens: null };
  for (const text of ['', '<html>', undefined, { a: 1 }, 'vllm:num_requests_running{} many'])
    expect(readVllmMetrics(text)).toEqual(nothing);
});
