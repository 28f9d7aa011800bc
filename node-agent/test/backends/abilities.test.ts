// What servers are asked about their models, over real connections: what the answers show, how often, and when not at all.
import type { ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import { openPromise } from '../../backends/open-promise.ts';
import { PROBE_TEXT } from '../../backends/write-probe.ts';
import { AbilityScout } from '../../home/ability-scout.ts';
import { Slots } from '../../home/slots.ts';
import type { PauseReason } from '../../../schema/frames-to-hub.ts';
import { sendEvents } from './fake-server.ts';
import type { Asked, Chat, FakeServer } from './fake-server.ts';
import { job, NEVER, PLAIN, serve, share, STOP, text } from './http-kit.ts';
import { LLAMA_SERVER, LM_STUDIO, OLLAMA, VLLM } from './wire-fixtures.ts';

type Body = Readonly<Record<string, unknown>>;

function json(response: ServerResponse, status: number, value: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
}

function say(response: ServerResponse, message: object, more: object = {}, promptTokens?: number): void {
  const choices = [{ index: 0, message: { role: 'assistant', content: null, ...message }, ...more }];
  json(response, 200, { choices, ...(promptTokens !== undefined && { usage: { prompt_tokens: promptTokens } }) });
}

/** What only tells how control tokens are counted. */
function isCounting(body: Body): boolean {
  const [first] = (body['messages'] ?? []) as { content: unknown }[];
  const asks = ['tools', 'response_format', 'logprobs', 'reasoning_effort'].some((field) => field in body);
  return !asks && typeof first?.content === 'string';
}

const read = ({ body }: Asked): Body => JSON.parse(body) as Body;

/** Answers chats by what they ask; of what is counted only, each control token is many. */
function chat(play: (body: Body, response: ServerResponse) => void): Chat {
  return (response, asked) => {
    const body = read(asked);
    if (!isCounting(body)) return play(body, response);
    say(response, {}, {}, asked.body.length);
  };
}

const posted = ({ asked }: FakeServer): Asked[] =>
  asked.filter((one) => one.method === 'POST' && !isCounting(read(one)));
const counting = ({ asked }: FakeServer): Asked[] =>
  asked.filter((one) => one.method === 'POST' && isCounting(read(one)));

async function learn(server: FakeServer, options: Partial<Parameters<typeof share>[0]> = {}) {
  const backend = share({ baseUrl: server.url, ...options });
  await backend.detect(NEVER);
  await backend.questions!.ask(NEVER);
  return { backend, can: (await backend.models())[0]?.can };
}

describe('a server of no known product', () => {
  test('can what its answers show', async () => {
    const server = await serve(
      {
        ...PLAIN,
        '/v1/embeddings': { data: [{ embedding: [0.5] }] },
        '/v1/completions': { choices: [{ text: ' x' }] },
      },
      chat(({ tools, response_format: format, logprobs, reasoning_effort: effort }, response) => {
        if (tools) return say(response, { tool_calls: [{ id: 'a', function: { name: 'ping', arguments: '{}' } }] });
        if (format) return say(response, { content: '{"irori": "hearth"}' });
        if (logprobs) return say(response, {}, { logprobs: { content: [{ token: 'a', logprob: -1 }] } });
        if (effort) return say(response, { reasoning_content: 'Hm' });
        say(response, { content: 'Red.' });
      }),
    );
    const { can } = await learn(server);
    expect(can).toEqual(['tools', 'json', 'images', 'logprobs', 'completion', 'embeddings', 'reasoning']);
    expect(posted(server).every(({ body }) => body.includes(PROBE_TEXT))).toBe(true);
  });

  test('that passes over what it is asked can nothing of it', async () => {
    const server = await serve(
      PLAIN,
      chat((_, response) => say(response, { content: 'Hello' })),
    );
    const { backend, can } = await learn(server);
    expect(can).toEqual([]);
    expect(backend.questions!.isOpen()).toBe(false);
  });

  test('is asked once, and what it refuses it cannot do', async () => {
    const server = await serve(
      PLAIN,
      chat((_, response) => json(response, 400, { error: 'no' })),
    );
    const { backend, can } = await learn(server);
    const asked = posted(server).length;
    expect([can, asked]).toEqual([[], 8]);
    await backend.detect(NEVER);
    await backend.questions!.ask(NEVER);
    expect([backend.questions!.isOpen(), posted(server).length]).toEqual([false, asked]);
  });

  test.each([
    ['in its answer', { content: 'It is red.' }, ['images']],
    ['in its thoughts', { content: '', reasoning_content: 'I see red' }, ['images']],
    ['nowhere, but what it was given as text', { content: 'Rendered: data:image/png' }, []],
  ])('sees a picture where it names its colour: %s', async (_, message, able) => {
    const server = await serve(
      PLAIN,
      chat(({ messages }, response) => {
        const [first] = messages as { content: unknown }[];
        say(response, Array.isArray(first?.content) ? message : { content: 'Hello' }, { finish_reason: 'length' });
      }),
    );
    expect((await learn(server)).can).toEqual(able);
  });

  test('that breaks on one question is asked the others', async () => {
    const server = await serve(
      PLAIN,
      chat(({ tools, response_format: format }, response) => {
        if (tools) return json(response, 500, {});
        say(response, { content: format ? '{"irori": "hearth"}' : 'Red' });
      }),
    );
    const { backend, can } = await learn(server);
    expect([can, backend.questions!.isOpen()]).toEqual([['json', 'images'], true]);
  });

  test.each([
    ['', { content: null, reasoning_content: 'Hm' }, ['json', 'reasoning']],
    [' within its text', { content: '<think>\nHm' }, ['json']],
  ])('whose thoughts%s use up a small answer is asked once more without them', async (_, thought, able) => {
    const server = await serve(
      PLAIN,
      chat(({ response_format: format, chat_template_kwargs: kwargs }, response) => {
        if (kwargs === undefined) return say(response, thought, { finish_reason: 'length' });
        say(response, { content: format ? '{"irori": "hearth"}' : 'blue' }, { finish_reason: 'stop' });
      }),
    );
    const { backend, can } = await learn(server);
    expect([can, backend.questions!.isOpen()]).toEqual([able, false]);
    const again = posted(server)
      .map(read)
      .filter(({ chat_template_kwargs: kwargs }) => kwargs !== undefined);
    expect(again.every((body) => body['max_tokens'] === 512)).toBe(true);
  });

  test('that thinks whatever it is asked is not known to do a thing, nor not to', async () => {
    const server = await serve(
      PLAIN,
      chat((_, response) => say(response, { content: '' }, { finish_reason: 'length' })),
    );
    const { backend, can } = await learn(server);
    expect([can, backend.questions!.isOpen()]).toEqual([[], true]);
  });

  test('that is busy is asked again with later looks, and in the end no more', async () => {
    const server = await serve(
      PLAIN,
      chat((_, response) => json(response, 503, {})),
    );
    const { backend, can } = await learn(server);
    expect([can, backend.questions!.isOpen(), posted(server).length]).toEqual([[], true, 1]);
    for (let i = 0; i < 5; i += 1) await backend.questions!.ask(NEVER);
    expect([backend.questions!.isOpen(), posted(server).length]).toEqual([false, 3]);
  });

  test('that lists many models, and may load each of them, is not asked', async () => {
    const data = Array.from({ length: 5 }, (_, i) => ({ id: `m${i}`, object: 'model' }));
    const server = await serve({ '/v1/models': { object: 'list', data } });
    const { backend } = await learn(server);
    expect([backend.questions!.isOpen(), posted(server)]).toEqual([false, []]);
  });

  test('is not asked of what its owner has said', async () => {
    const server = await serve(
      PLAIN,
      chat(() => undefined),
    );
    const { can } = await learn(server, { can: [{ model: 'm*', can: ['transcription'] }] });
    expect([can, posted(server)]).toEqual([['transcription'], []]);
  });
});

describe('what a product does not say', () => {
  test('vLLM without a parser for tools refuses them, and one without eyes a picture', async () => {
    const server = await serve(
      VLLM.gets,
      chat(({ tools }, response) => (tools ? json(response, 400, { error: 'parser' }) : say(response, {}))),
    );
    const { backend, can } = await learn(server);
    expect(can).toEqual(['json', 'logprobs', 'completion', 'images']);
    expect(posted(server).filter(({ path }) => path.includes('chat'))).toHaveLength(3);
    expect((await backend.models())[0]?.samplers).toContain('top_k');
  });

  test.each(['reasoning', 'reasoning_content'])('vLLM with a parser for thinking tells it as %s', async (name) => {
    const server = await serve(
      VLLM.gets,
      chat(({ reasoning_effort: effort }, response) => say(response, effort ? { [name]: 'Hm' } : { content: 'x' })),
    );
    expect((await learn(server)).can).toContain('reasoning');
    const [asked] = posted(server).filter(({ body }) => body.includes('reasoning_effort'));
    expect(read(asked!)).toMatchObject({ chat_template_kwargs: { enable_thinking: true } });
  });

  test('vLLM without one leaves thoughts in the text, where they are none', async () => {
    const server = await serve(
      VLLM.gets,
      chat((_, response) => say(response, { content: '<think>Hm' }, { finish_reason: 'length' })),
    );
    expect((await learn(server)).can).not.toContain('reasoning');
    expect(posted(server).filter(({ body }) => body.includes('reasoning_effort'))).toHaveLength(1);
  });

  test('an answer in which a model thought shows that it can, unless its owner has spoken', async () => {
    const thought = JSON.stringify({ choices: [{ index: 0, delta: { reasoning_content: 'Hm' } }] });
    const thinks = sendEvents([thought, text('Yes'), STOP, '[DONE]']);
    for (const [can, shown] of [
      [[], true],
      [[{ model: '*', can: ['json' as const] }], false],
    ] as const) {
      let changes = 0;
      const server = await serve(LM_STUDIO.gets, thinks);
      const backend = share({ baseUrl: server.url, can, onChange: () => void changes++ });
      await backend.detect(NEVER);
      const [model] = await backend.models();
      for (let i = 0; i < 2; i++) await backend.run(job({ model: model!.name }), () => undefined, NEVER);
      const now = (await backend.models())[0]?.can?.includes('reasoning');
      expect([model?.can?.includes('reasoning'), now, changes]).toEqual([false, shown, Number(shown)]);
    }
  });

  test('Ollama is asked for each model in words, and computes nothing for it', async () => {
    const server = await serve({ ...OLLAMA.gets, '/api/show': { capabilities: ['completion', 'tools', 'vision'] } });
    const { can } = await learn(server);
    expect(can?.slice(0, 4)).toEqual(['completion', 'tools', 'images', 'json']);
    expect([...new Set(posted(server).map(({ path }) => path))]).toEqual(['/api/show']);
  });

  test('a llama-server that was started for embeddings does nothing else', async () => {
    const server = await serve({ ...LLAMA_SERVER.gets, '/v1/embeddings': { data: [{ embedding: [1] }] } });
    expect((await learn(server)).can).toEqual(['embeddings']);
    const plain = await serve(LLAMA_SERVER.gets);
    expect((await learn(plain)).can).not.toContain('embeddings');
  });
});

describe('an owner who starts a server otherwise', () => {
  const DAY_MS = 24 * 3_600_000;
  const refusing = chat((_, response) => json(response, 400, { error: 'parser' }));
  const able = chat((_, response) => say(response, {}));

  test('has it asked anew where it was away, whatever was learned', async () => {
    const { gets } = VLLM;
    const old = await serve(gets, able);
    const { backend, can } = await learn(old);
    expect(can).toContain('tools');
    await old.close();
    expect((await backend.detect(NEVER)).ok).toBe(false);
    await serve(gets, refusing, old.port);
    await backend.detect(NEVER);
    await backend.questions!.ask(NEVER);
    expect((await backend.models())[0]?.can).not.toContain('tools');
  });

  test('has what it could not asked again after a day, once, and offered until then as before', async () => {
    let now = 0;
    const server = await serve(VLLM.gets, refusing);
    const { backend } = await learn(server, { sight: { now: () => now } });
    const asked = posted(server).length;
    server.chat = able;
    now = DAY_MS - 1;
    expect(backend.questions!.isOpen()).toBe(false);
    now = DAY_MS;
    expect(backend.questions!.isOpen()).toBe(true);
    expect((await backend.models())[0]?.can).not.toContain('tools');
    await backend.questions!.ask(NEVER);
    await backend.questions!.ask(NEVER);
    expect((await backend.models())[0]?.can).toEqual(expect.arrayContaining(['tools', 'images']));
    expect([posted(server).length - asked, backend.questions!.isOpen()]).toEqual([asked, false]);
  });

  test('has one that never answered asked again after a day', async () => {
    let now = 0;
    const busy = chat((_, response) => json(response, 503, {}));
    const server = await serve(PLAIN, busy);
    const { backend } = await learn(server, { sight: { now: () => now } });
    for (let i = 0; i < 3; i += 1) await backend.questions!.ask(NEVER);
    expect(backend.questions!.isOpen()).toBe(false);
    now = DAY_MS;
    expect(backend.questions!.isOpen()).toBe(true);
  });
});

describe('whether control tokens are read out of messages', () => {
  const lists = { 'LM Studio': LM_STUDIO.gets, 'a server of no known product': PLAIN };

  /** Counts a word for a letter, and one token each for what it knows. */
  const counts =
    (known: string): Chat =>
    (response, asked) => {
      const text = JSON.stringify(read(asked)['messages']);
      const times = known === '' ? 0 : text.split(known).length - 1;
      say(response, {}, {}, text.length - times * (known.length - 1));
    };

  test.each(Object.entries(lists))(
    '%s is asked by what short answers count, once, and its owner told',
    async (_, gets) => {
      const server = await serve(gets, counts('<|im_end|>'));
      const { backend } = await learn(server, { can: [{ model: '*', can: [] }] });
      const found = await backend.detect(NEVER);
      expect(found.ok && found.value.warnings?.join()).toContain('reads control tokens (<|im_end|>)');
      const asked = counting(server).length;
      await backend.questions!.ask(NEVER);
      expect([asked, counting(server).length, backend.questions!.isOpen()]).toEqual([2, 2, false]);
    },
  );

  test.each(Object.entries(lists))('%s that keeps them as text is shared without a word', async (_, gets) => {
    const { backend } = await learn(await serve(gets, counts('')), { can: [{ model: '*', can: [] }] });
    const found = await backend.detect(NEVER);
    expect(found.ok && [...found.value.notes, ...(found.value.warnings ?? [])].join()).not.toContain('control tokens');
  });

  test('an owner who shares no such server has it asked first', async () => {
    const reading = await serve(PLAIN, counts('</s>'));
    const refused = await share({ baseUrl: reading.url, allowSpecials: false }).detect(NEVER);
    expect(refused).toEqual({ ok: false, error: expect.stringContaining('reads control tokens') });
    const plain = await serve(PLAIN, counts(''));
    expect((await share({ baseUrl: plain.url, allowSpecials: false }).detect(NEVER)).ok).toBe(true);
  });

  test('one that counts nothing is asked twice, and stays in doubt', async () => {
    const server = await serve(PLAIN, (response) => say(response, {}));
    const { backend } = await learn(server, { can: [{ model: '*', can: [] }] });
    await backend.questions!.ask(NEVER);
    await backend.questions!.ask(NEVER);
    expect([counting(server).length, backend.questions!.isOpen()]).toEqual([2, false]);
    const found = await backend.detect(NEVER);
    expect(found.ok && found.value.notes.join()).toContain('could not be found out');
  });
});

describe('the home that asks', () => {
  const open = async (server: FakeServer) => {
    const backend = share({ baseUrl: server.url });
    await backend.detect(NEVER);
    const slots = new Slots<object>(() => undefined);
    slots.setLimits(new Map([[backend, 1]]), 1);
    return { backend, slots };
  };

  test('does it in a slot, so that a job sees that it is busy', async () => {
    const taken: number[] = [];
    const server = await serve(PLAIN, (response) => {
      taken.push(home.slots.running);
      json(response, 400, {});
    });
    const home = await open(server);
    await new AbilityScout({ backends: [home.backend], slots: home.slots, pause: { reason: null } }).run();
    expect([new Set(taken), home.slots.running]).toEqual([new Set([1]), 0]);
  });

  test('does it neither while a job runs nor while its owner has the machine', async () => {
    const server = await serve(PLAIN);
    const { backend, slots } = await open(server);
    const release = slots.take(backend);
    await new AbilityScout({ backends: [backend], slots, pause: { reason: null } }).run();
    release?.();
    await new AbilityScout({ backends: [backend], slots, pause: { reason: 'owner' } }).run();
    expect(posted(server)).toEqual([]);
  });

  test('gives up what it is asking when its owner wants the machine, and asks it again afterwards', async () => {
    let answers = 0;
    const begun = openPromise<null>();
    const server = await serve(PLAIN, (response) => {
      answers += 1;
      if (answers === 1) begun.resolve(null);
      else json(response, 400, {});
    });
    const { backend, slots } = await open(server);
    const pause: { reason: PauseReason | null } = { reason: null };
    const scout = new AbilityScout({ backends: [backend], slots, pause });
    const round = scout.run();
    await begun.promise;
    scout.heed();
    expect(slots.running).toBe(1);
    pause.reason = 'owner';
    scout.heed();
    await round;
    expect([slots.running, answers]).toEqual([0, 1]);
    pause.reason = null;
    await scout.run();
    expect(answers).toBeGreaterThan(1);
  });
});
