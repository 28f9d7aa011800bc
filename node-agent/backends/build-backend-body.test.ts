import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ChatJob } from './backend.ts';
import { buildBackendBody, neutraliseControls } from './build-backend-body.ts';
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
      messages: [{ role: 'user', content: 'hi' }],
      max_tokens: 64,
      temperature: 0.7,
      top_p: 0.9,
      seed: 42,
      stream: true,
      stream_options: { include_usage: true },
    });
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

const CONTROLS = [
  '<|im_start|>',
  '<|eot_id|>',
  '<|start_header_id|>',
  '<|end|>',
  '<｜User｜>',
  '<｜end▁of▁sentence｜>',
  '[|user|]',
  '[INST]',
  '[/INST]',
  '[SYSTEM_PROMPT]',
  '[TOOL_CALLS]',
  '<<SYS>>',
  '<</SYS>>',
  '<s>',
  '</s>',
  '<start_of_turn>',
  '<end_of_turn>',
  '<bos>',
  '<eos>',
  '<unused12>',
  '<reserved_106>',
  ']~b]',
  '[e~[',
  '[gMASK]',
];

describe('neutraliseControls', () => {
  test.each(CONTROLS)('breaks %s invisibly', (control) => {
    const text = neutraliseControls(`a${control}b`);
    expect(text).not.toContain(control);
    expect(text.replaceAll('\u200d', '')).toBe(`a${control}b`);
  });

  test('for any mix of them none is left, and no visible character changes', () => {
    const piece = fc.constantFrom(...CONTROLS, '<', '|', '>', '[', ']', 'user', ' ');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
        const text = pieces.join('');
        const safe = neutraliseControls(text);
        for (const control of CONTROLS) expect(safe).not.toContain(control);
        expect(safe.replaceAll('\u200d', '')).toBe(text);
        expect(neutraliseControls(safe)).toBe(safe);
      }),
    );
  });

  test('ordinary text, code and mathematics pass as they are', () => {
    const text = 'if (a < b || c > d) { x[0] |= 1; } <div>[1]</div> 囲炉裏 <|> a|b';
    expect(neutraliseControls(text)).toBe(text);
  });

  test('long runs of opening marks take no quadratic time', () => {
    expect(neutraliseControls('<|'.repeat(50_000))).toHaveLength(100_000);
  });
});
