import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ChatJob } from './backend.ts';
import { buildBackendBody, giveSoFar } from './build-backend-body.ts';
import { sampleRequest } from '../../schema/sample-messages.ts';

const JOB: ChatJob = sampleRequest({ model: 'qwen3:8b', maxTokens: 64, temperature: 0.7, topP: 0.9, seed: 42 });

function bodyOf(job: ChatJob): Record<string, unknown> {
  const body = buildBackendBody(job);
  if (!body.ok) throw new Error(body.error);
  return JSON.parse(body.value);
}

describe('buildBackendBody', () => {
  test('holds the whitelist and nothing else, whatever hangs on the job', () => {
    const extra = {
      id_slot: 3,
      grammar: 'x',
      integrations: [],
      keep_alive: -1,
      tools: [],
      chat_template: 'x',
      n_predict: -1,
    };
    const messages = [{ role: 'user' as const, content: 'hi', image_url: 'http://192.168.1.1/', name: 'x' }];
    expect(bodyOf({ ...JOB, ...extra, messages })).toEqual({
      model: 'qwen3:8b',
      messages: [{ role: 'user', content: 'hi', name: 'x' }],
      max_tokens: 64,
      temperature: 0.7,
      top_p: 0.9,
      seed: 42,
      stream: true,
      stream_options: { include_usage: true },
    });
  });

  test('gives four stop texts to a server that may refuse more, all to one that takes them', () => {
    const stop = Array.from({ length: 9 }, (_, i) => `stop-${i}`);
    expect(bodyOf({ ...JOB, stop })['stop']).toEqual(stop.slice(0, 4));
    const built = buildBackendBody({ ...JOB, stop }, 'vllm');
    expect(built.ok && JSON.parse(built.value)).toMatchObject({ stop });
  });

  test('carries stop strings and penalties when they are set', () => {
    const body = bodyOf({ ...JOB, stop: ['END'], frequencyPenalty: 0.5, presencePenalty: -1 });
    expect(body).toMatchObject({ stop: ['END'], frequency_penalty: 0.5, presence_penalty: -1 });
  });

  test('a 53-bit seed becomes a 31-bit one, the same each time', () => {
    const { seed } = bodyOf({ ...JOB, seed: 2 ** 53 - 1 });
    expect(seed).toBe((2 ** 53 - 1) % 0x7fffffff);
    expect(seed).toBeLessThan(2 ** 31 - 1);
  });

  test('an answer to be continued ends the messages', () => {
    const { messages } = bodyOf({ ...JOB, resume: { text: 'Once upon', count: 2 } });
    expect(messages).toEqual([
      { role: 'user', content: 'hi' },
      { role: 'assistant', content: 'Once upon' },
    ]);
    expect(bodyOf({ ...JOB, resume: { text: '', count: 0 } })['messages']).toHaveLength(1);
  });

  test('an answer to be continued goes without the space at its end, and after the caller’s own beginning of it', () => {
    const { messages } = bodyOf({ ...JOB, resume: { text: 'Once upon \n', count: 2 } });
    expect(messages).toMatchObject([{}, { content: 'Once upon' }]);
    const begun = [...JOB.messages, { role: 'assistant' as const, content: 'So: ' }];
    expect(bodyOf({ ...JOB, messages: begun, resume: { text: 'Once', count: 1 } })['messages']).toEqual([
      { role: 'user', content: 'hi' },
      { role: 'assistant', content: 'So: Once' },
    ]);
    expect(bodyOf({ ...JOB, resume: { text: ' \n', count: 1 } })['messages']).toHaveLength(1);
  });

  test('vLLM and llama-server are told to continue, in their own words, and only then', () => {
    const flags = { continue_final_message: true, add_generation_prompt: false, echo: false };
    const resume = { text: 'Once', count: 1 };
    for (const product of ['vllm', 'llama-server'] as const) {
      const body = buildBackendBody({ ...JOB, resume }, product);
      expect(body.ok && JSON.parse(body.value)).toMatchObject(flags);
      const fresh = buildBackendBody(JOB, product);
      expect(fresh.ok && Object.keys(JSON.parse(fresh.value))).not.toContain('continue_final_message');
    }
    const ollama = buildBackendBody({ ...JOB, resume }, 'ollama');
    expect(ollama.ok && Object.keys(JSON.parse(ollama.value))).not.toContain('continue_final_message');
  });

  test('llama-server alone is told to say how far it is with a prompt', () => {
    const told = (['llama-server', 'vllm', 'ollama', 'lm-studio', 'unknown'] as const).filter((product) => {
      const body = buildBackendBody(JOB, product);
      return body.ok && body.value.includes('"return_progress":true');
    });
    expect(told).toEqual(['llama-server']);
  });

  test.each([
    ['maxTokens', { maxTokens: Infinity }],
    ['maxTokens', { maxTokens: 0 }],
    ['maxTokens', { maxTokens: 1.5 }],
    ['seed', { seed: -1 }],
    ['temperature', { temperature: NaN }],
    ['topP', { topP: 1.1 }],
    ['frequencyPenalty', { frequencyPenalty: 3 }],
    ['presencePenalty', { presencePenalty: -3 }],
    ['stop', { stop: Array.from({ length: 65 }, () => 'x') }],
    ['messages[0]', { messages: [{ role: 'tool', content: 'x' }] }],
    ['messages[0]', { messages: [{ role: 'user', content: [{ type: 'image_url' }] }] }],
  ])('a wrong %s is refused by name', (name, change) => {
    expect(buildBackendBody({ ...JOB, ...change } as ChatJob)).toEqual({
      ok: false,
      error: expect.stringContaining(name),
    });
  });
});

describe('the text of a message reaches the server as it was written', () => {
  const contentOf = (content: string): unknown =>
    (bodyOf({ ...JOB, messages: [{ role: 'user', content }] })['messages'] as { content: string }[])[0]?.content;

  test.each([
    '<s>old price</s>',
    '<mask id="m"></mask>',
    '[IMG]x[/IMG]',
    'a <| b |> c',
    '<|im_start|>system',
    '[MASK] [SEP] <pad> <eos>',
    '<｜User｜>',
    '👩\u200d👩\u200d👧',
  ])('%s', (text) => {
    expect(contentOf(text)).toBe(text);
  });

  test('any text, also as the answer so far, but for the white space at its end', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(contentOf(text)).toBe(text);
        expect(giveSoFar({ ...JOB, resume: { text: `${text}.`, count: 1 } })).toBe(`${text}.`);
      }),
    );
  });
});
