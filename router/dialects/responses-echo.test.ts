// What an answer tells of its request stays short, however long the request is.
import { expect, test } from 'vitest';
import { accept, mail, patch, shell } from '../test/responses-requests.ts';
import { responses } from './responses.ts';

const LONG = 'x'.repeat(512 * 1024);
const head = { id: 'chatcmpl-1', created: 1, model: 'm' };

function streamOf(body: Record<string, unknown>): string {
  const told = responses.openStream(accept(body).facts, head);
  return told.start() + told.end();
}

test('texts that name something are told up to 512 characters, and longer ones are left out', () => {
  const ids = ['user', 'prompt_cache_key', 'safety_identifier'];
  const body = (text: string): Record<string, unknown> => Object.fromEntries(ids.map((id) => [id, text]));
  expect(accept(body('u'.repeat(512))).facts.echo).toMatchObject(body('u'.repeat(512)));
  for (const id of ids) expect(accept(body('u'.repeat(513))).facts.echo[id]).toBe(null);
  expect(accept({ reasoning: { summary: LONG } }).facts.echo['reasoning']).toEqual({ effort: null, summary: null });
});

test('metadata are told within the limits of OpenAI, and what is beyond them is left out', () => {
  const echoOf = (metadata: unknown): unknown => accept({ metadata }).facts.echo['metadata'];
  const pairs = Array.from({ length: 20 }, (_, i): [string, string] => [`k${i}`, 'v']);
  expect(echoOf(Object.fromEntries(pairs))).toEqual(Object.fromEntries(pairs.slice(0, 16)));
  const most = { ['k'.repeat(64)]: 'v'.repeat(512), number: 1 };
  const beyond = { ['l'.repeat(65)]: 'v', text: 'v'.repeat(513), nested: { a: 'b' }, nothing: null };
  expect(echoOf({ ...beyond, ...most })).toEqual(most);
  expect(echoOf('text')).toEqual({});
});

test('of tools what is read is told, of those that nobody runs their type', () => {
  const hosted = { type: 'mcp', server_url: LONG, headers: { secret: LONG } };
  const tools = [{ ...shell, more: LONG }, patch, { ...mail, more: LONG }, hosted, { type: LONG }];
  expect(accept({ tools }).facts.echo['tools']).toEqual([shell, patch, mail, { type: 'mcp' }, { type: null }]);
  const nested = { type: 'function', function: { name: 'f', description: 'd' } };
  expect(accept({ tools: [nested] }).facts.echo['tools']).toEqual([{ type: 'function', name: 'f', description: 'd' }]);
});

test('what is very long is told in short', () => {
  const schema = { type: 'object', description: LONG };
  const { echo } = accept({
    instructions: LONG,
    tools: [{ ...shell, parameters: schema }, mail],
    text: { format: { type: 'json_schema', name: 'out', schema } },
  }).facts;
  expect(echo).toMatchObject({
    instructions: null,
    tools: [
      { type: 'function', name: 'shell' },
      { type: 'namespace', name: 'mcp__mail', tools: [{ type: 'function', name: 'read' }] },
    ],
    text: { format: { type: 'json_schema', name: 'out', schema: {} } },
  });
});

test('a choice is told by names', () => {
  const choiceOf = (tool_choice: unknown): unknown => accept({ tools: [shell], tool_choice }).facts.echo['tool_choice'];
  expect(choiceOf('required')).toBe('required');
  expect(choiceOf({ type: 'function', name: 'shell', more: LONG })).toEqual({ type: 'function', name: 'shell' });
  const tools = [{ type: 'function', name: 'shell', more: LONG }, { type: 'web_search', more: LONG }, LONG];
  expect(choiceOf({ type: 'allowed_tools', tools, more: LONG })).toEqual({
    type: 'allowed_tools',
    mode: 'auto',
    tools: [{ type: 'function', name: 'shell' }, { type: 'web_search' }, { type: null }],
  });
});

test('a stream tells instructions and tools once, at its end', () => {
  const text = streamOf({ instructions: 'Be brief.', tools: [shell], text: { format: { type: 'text' } } });
  const told = [...text.matchAll(/data: (.+)/g)].flatMap(
    ([, json]) => (JSON.parse(json!) as { response?: object }).response ?? [],
  );
  const whole = { instructions: 'Be brief.', tools: [shell] };
  const short = { instructions: null, tools: [] };
  expect(told).toMatchObject([short, short, whole]);
});

test('a body of one long field makes no long answer, whichever it is', () => {
  const tool = { type: 'function', name: 'f', parameters: { description: LONG } };
  const bodies = [
    ...['user', 'metadata', 'prompt_cache_key', 'safety_identifier', 'instructions', 'nobodys'].map((field) => ({
      [field]: field === 'metadata' ? { long: LONG, [LONG]: 'v' } : LONG,
    })),
    { tools: [tool] },
    { tools: [{ type: 'namespace', name: 'n', description: LONG, tools: [] }] },
    { tools: [shell, tool], tool_choice: { type: 'allowed_tools', tools: [shell], mode: 'auto' } },
    { tools: [{ type: 'web_search', filters: LONG }] },
    { text: { format: { type: 'json_schema', name: 'n', schema: { description: LONG } } } },
    { reasoning: { summary: LONG } },
  ];
  for (const body of bodies) expect(streamOf(body).length).toBeLessThan(10_000);
});
