import { describe, expect, test } from 'vitest';
import type { Delta } from '../../backends/backend.ts';
import { sendEvents } from './fake-server.ts';
import { job, PLAIN, serve, share, STOP, text } from './http-kit.ts';
import { runJob } from './jobs.ts';
import { LLAMA_SERVER } from './wire-fixtures.ts';

describe('thinking', () => {
  const said = (delta: object, more: object = {}): string =>
    JSON.stringify({ choices: [{ index: 0, delta }], ...more });
  const shown = ({ deltas }: { deltas: readonly Delta[] }): unknown[] =>
    deltas.map(({ text: words, tokens, thinking }) => [thinking ? 'thinking' : 'text', words, tokens]);

  // Where each name is written: QUIRKS.md.
  test.each(['reasoning_content', 'reasoning', 'thinking'])('as %s is handed on apart from the text', async (name) => {
    const thoughts = [said({ role: 'assistant', content: '', [name]: 'Hm' }), said({ content: null, [name]: '.' })];
    const usage = JSON.stringify({ choices: [], usage: { prompt_tokens: 4, completion_tokens: 3 } });
    const server = await serve(PLAIN, sendEvents([...thoughts, text('Yes'), STOP, usage, '[DONE]']));
    const ran = await runJob(share({ baseUrl: server.url }), job());
    expect(shown(ran)).toEqual([
      ['thinking', 'Hm.', 2],
      ['text', 'Yes', 1],
    ]);
    expect(ran.finish).toMatchObject({ reason: 'stop', outputTokens: 3 });
  });

  test('that ends in the event in which the text begins comes before it, and both count as the one token that they are', async () => {
    const both = said({ reasoning_content: ' so', content: 'Yes' });
    const server = await serve(PLAIN, sendEvents([said({ reasoning_content: 'Hm' }), both, text('!'), STOP, '[DONE]']));
    const ran = await runJob(share({ baseUrl: server.url }), job());
    expect(shown(ran)).toEqual([
      ['thinking', 'Hm so', 1],
      ['text', 'Yes!', 2],
    ]);
    expect(ran.finish.outputTokens).toBe(3);
  });

  test('between two texts stays between them, also where a server counts as it goes', async () => {
    const at = (tokens: number): object => ({ usage: { prompt_tokens: 4, completion_tokens: tokens } });
    const events = [
      said({ content: 'One.' }, at(2)),
      said({ reasoning: 'hmm' }, at(5)),
      said({ content: ' Two.' }, at(7)),
    ];
    const server = await serve(PLAIN, sendEvents([...events, STOP, '[DONE]']));
    expect(shown(await runJob(share({ baseUrl: server.url }), job()))).toEqual([
      ['text', 'One.', 2],
      ['thinking', 'hmm', 3],
      ['text', ' Two.', 2],
    ]);
  });

  test('that uses up the limit ends the answer with length, and nothing but thinking was handed on', async () => {
    const thoughts = Array.from({ length: 20 }, () => said({ content: '', reasoning: ' hm' }));
    const end = text('', 'length');
    const usage = JSON.stringify({ choices: [], usage: { prompt_tokens: 4, completion_tokens: 20 } });
    const server = await serve(PLAIN, sendEvents([...thoughts, end, usage, '[DONE]']));
    const ran = await runJob(share({ baseUrl: server.url }), job({ maxTokens: 20 }));
    expect([ran.text, ran.deltas.every(({ thinking }) => thinking)]).toEqual([' hm'.repeat(20), true]);
    expect(ran.deltas.reduce((sum, { tokens }) => sum + tokens, 0)).toBe(20);
    expect(ran.finish).toMatchObject({ reason: 'length', outputTokens: 20 });
  });

  test('of a server that goes on with a text is no repetition of it', async () => {
    const llama = await serve(
      LLAMA_SERVER.gets,
      sendEvents([said({ reasoning: 'Once' }), text(' upon'), STOP, '[DONE]']),
    );
    const resume = { text: 'Once', count: 1 };
    const ran = await runJob(share({ baseUrl: llama.url }), job({ model: 'qwen2.5-14b', resume }));
    expect(shown(ran)).toEqual([
      ['thinking', 'Once', 1],
      ['text', ' upon', 1],
    ]);
  });

  test('in a `<think>` block of the content is text, as the server wrote it', async () => {
    const server = await serve(PLAIN, sendEvents([text('<think>hm'), text('</think>Yes'), STOP, '[DONE]']));
    expect(shown(await runJob(share({ baseUrl: server.url }), job()))).toEqual([['text', '<think>hm</think>Yes', 2]]);
  });

  test('that a model does not do is not asked for again: the same answer without it', async () => {
    const server = await serve(PLAIN, (response, asked) => {
      const { reasoning_effort: effort } = JSON.parse(asked.body) as { reasoning_effort?: string };
      if (effort === undefined) return sendEvents([text('Yes'), STOP, '[DONE]'])(response, asked);
      response.writeHead(400, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ error: { message: '"m" does not support thinking', type: 'api_error' } }));
    });
    const wishes = { reasoningEffort: 'medium', verbosity: 'low' } as const;
    const ran = await runJob(share({ baseUrl: server.url }), job({ wishes }));
    expect([ran.text, ran.finish.reason]).toEqual(['Yes', 'stop']);
    const bodies = server.asked.filter(({ method }) => method === 'POST').map(({ body }) => JSON.parse(body) as object);
    expect(bodies).toHaveLength(2);
    expect(bodies[1]).toMatchObject({ verbosity: 'low' });
  });

  test.each([
    ['for another reason', 'the grammar is wrong', { reasoningEffort: 'low' }],
    ['though none was asked for', 'this model must be thinking', {}],
  ] as const)('refused %s is refused', async (_, message, wishes) => {
    const server = await serve(PLAIN, (response) => {
      response.writeHead(400, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ error: { message } }));
    });
    const ran = await runJob(share({ baseUrl: server.url }), job({ wishes }));
    expect(ran.finish).toMatchObject({ reason: 'error', error: { code: 'bad-request', message } });
    expect(server.asked.filter(({ method }) => method === 'POST')).toHaveLength(1);
  });
});
