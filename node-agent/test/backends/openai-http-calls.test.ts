// Calls of tools as servers write them over HTTP: what the agent asks for, and what it hands on.
import { describe, expect, test } from 'vitest';
import type { Delta } from '../../backends/backend.ts';
import { sendEvents } from './fake-server.ts';
import { job, PLAIN, serve, share, text } from './http-kit.ts';
import { runJob } from './jobs.ts';

const said = (...calls: object[]): string => JSON.stringify({ choices: [{ index: 0, delta: { tool_calls: calls } }] });
const END = text('', 'tool_calls');
const tools = [{ type: 'function' as const, function: { name: 'add', parameters: { type: 'object' } } }];

/** Calls as a client puts them together. */
function join(deltas: readonly Delta[]): string[] {
  const calls: string[] = [];
  for (const { call, text: piece } of deltas)
    if (call) calls[call.index] = (calls[call.index] ?? '') + (call.begun ? `${call.begun.name}:` : '') + piece;
  return calls;
}

describe('calls of tools', () => {
  test('are asked for with what the caller wished, and handed on apart from the text', async () => {
    const begun = said({ index: 0, id: 'a', type: 'function', function: { name: 'add', arguments: '' } });
    const events = [text('I add. '), begun, said({ index: 0, function: { arguments: '{"a":1}' } }), END, '[DONE]'];
    const server = await serve(PLAIN, sendEvents(events));
    const wishes = { tools, toolChoice: 'required', reasoningEffort: 'high' } as const;
    const ran = await runJob(share({ baseUrl: server.url }), job({ wishes }));
    expect(join(ran.deltas)).toEqual(['add:{"a":1}']);
    expect(ran.deltas.filter(({ call }) => !call).map((delta) => delta.text)).toEqual(['I add. ']);
    expect(ran.finish.reason).toBe('tool_calls');
  });

  test('of which one is wanted are one, though the server made two', async () => {
    const two = [0, 1].map((index) => ({ index, id: `c${index}`, function: { name: 'add', arguments: '{}' } }));
    const server = await serve(PLAIN, sendEvents([said(...two), END, '[DONE]']));
    const ask = async (parallelToolCalls: boolean): Promise<string[]> =>
      join((await runJob(share({ baseUrl: server.url }), job({ wishes: { tools, parallelToolCalls } }))).deltas);
    expect(await ask(false)).toEqual(['add:{}']);
    expect(await ask(true)).toEqual(['add:{}', 'add:{}']);
  });

  test('without arguments have empty ones at their end; one that the limit cut has what came', async () => {
    const call = said({ index: 0, id: 'a', function: { name: 'add' } });
    for (const [end, whole] of [
      [END, 'add:{}'],
      [text('', 'length'), 'add:'],
    ] as const) {
      const server = await serve(PLAIN, sendEvents([call, end, '[DONE]']));
      const ran = await runJob(share({ baseUrl: server.url }), job({ wishes: { tools } }));
      expect(join(ran.deltas)).toEqual([whole]);
    }
  });

  test('that break off with their connection are no whole answer', async () => {
    const server = await serve(
      PLAIN,
      sendEvents([said({ index: 0, id: 'a', function: { name: 'add', arguments: '{' } })]),
    );
    const ran = await runJob(share({ baseUrl: server.url }), job({ wishes: { tools } }));
    expect(ran.finish).toMatchObject({ reason: 'error', error: { code: 'internal' } });
  });
});
