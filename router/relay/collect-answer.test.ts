import { describe, expect, test } from 'vitest';
import { encodeFinishChunk, makeChunkWriter } from '../../schema/chunks.ts';
import { ANSWERS } from '../../schema/answers.ts';
import type { FinalFacts } from '../../schema/chunks.ts';
import {
  aliveRecord,
  countsOf,
  dataRecord,
  endRecord,
  failRecord,
  headRecord,
  rawRecord,
  thinkingRecord,
  JOB_END,
  openRun,
  taken,
} from '../test/fake-hubs.ts';
import type { FakeRecord } from '../test/fake-hubs.ts';
import { collectAnswer, makeKeep } from './collect-answer.ts';

const MAX_ANSWER_CHARS = 4 * 1024 * 1024;

const head = { id: 'chatcmpl-1', created: 1_700_000_000, model: 'm' };
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

async function collect(...records: FakeRecord[]) {
  const { bare } = openRun(['n1@h1'], { h1: [() => taken(headRecord('n1'), ...records)] }, { stream: false });
  return collectAnswer(bare, await bare.next());
}

const WHOLE = {
  text: '',
  thinking: '',
  calls: [],
  promptTokens: 3,
  outputTokens: 2,
  thinkingTokens: 0,
  finish: 'stop',
};

describe('collectAnswer', () => {
  test('the text of all events is one text', async () => {
    const writer = makeChunkWriter(head);
    const events = ['Hello', ', ', '世界'].map((text) => dataRecord(bytes(writer.content(text))));
    expect(await collect(...events, endRecord())).toEqual({
      ok: true,
      value: { whole: { ...WHOLE, text: 'Hello, 世界' }, end: { ...JOB_END, ttftMs: expect.any(Number) } },
    });
  });

  test('a character cut between two records is whole again', async () => {
    const event = bytes(makeChunkWriter(head).content('火🔥'));
    for (let at = 1; at < event.length; at++) {
      const cut = [event.subarray(0, at), event.subarray(at)].map((part) => rawRecord(part));
      expect(await collect(...cut, endRecord())).toMatchObject({ ok: true, value: { whole: { text: '火🔥' } } });
    }
  });

  test('thinking stands beside the text, with its tokens among those of the output', async () => {
    const writer = makeChunkWriter(head);
    const thoughts = ['Hm', ', well'].map((text) => thinkingRecord(bytes(writer.thinking(text))));
    const said = dataRecord(bytes(writer.content('So')));
    expect(await collect(...thoughts, said, endRecord({ outputTokens: 3, thinkingTokens: 2 }))).toMatchObject({
      value: { whole: { text: 'So', thinking: 'Hm, well', calls: [], outputTokens: 3, thinkingTokens: 2 } },
    });
  });

  test('an answer without a token is an empty text', async () => {
    const end = { ...JOB_END, ttftMs: expect.any(Number) };
    expect(await collect(endRecord())).toEqual({ ok: true, value: { whole: WHOLE, end } });
  });

  test('what is no content adds nothing', async () => {
    const finish = encodeFinishChunk(head, 'stop', { role: false });
    expect(await collect(aliveRecord, rawRecord(finish), aliveRecord, endRecord())).toMatchObject({
      value: { whole: { text: '' } },
    });
  });

  test('half an answer is never given as a whole one', async () => {
    const event = dataRecord(bytes(makeChunkWriter(head).content('half')));
    const broken = await collect(event, failRecord({ message: 'the home went away' }));
    expect(broken).toMatchObject({
      ok: false,
      error: { kind: 'broken', message: expect.stringContaining('the home went away') },
    });
  });

  test('a hub that dies takes what it had of it along: nobody has read any, and the next home begins anew', async () => {
    const half = dataRecord(bytes(makeChunkWriter(head).content('half')));
    const whole = dataRecord(bytes(makeChunkWriter(head).content('whole')));
    const hubs = {
      h1: [() => taken(headRecord('n1'), half)],
      h2: [() => taken(headRecord('n2'), whole, endRecord())],
    };
    const { bare, asked } = openRun(['n1@h1', 'n2@h2'], hubs, { stream: false });
    expect(await collectAnswer(bare, await bare.next())).toMatchObject({ value: { whole: { text: 'whole' } } });
    expect(asked[1]?.offer).toMatchObject({
      resume: null,
      isBegun: false,
      interrupted: 0,
      request: { maxTokens: 100 },
    });
  });

  test('what a home that broke off had said is gone on with, with its ids, and is part of the whole', async () => {
    const [first, second] = ['The ', 'fox'].map((text) => bytes(makeChunkWriter(head).content(text)));
    const delivered = countsOf(3, 2, { isFinal: false });
    const fail = failRecord({ code: 'lost', delivered });
    const hubs = {
      h1: [() => taken(headRecord('n1'), dataRecord(first!, [5, 6]), fail)],
      h2: [() => taken(headRecord('n2', 'exact'), dataRecord(second!, [7]), endRecord())],
    };
    const { bare, asked } = openRun(['n1@h1', 'n2@h2'], hubs, { stream: false });
    expect(await collectAnswer(bare, await bare.next())).toMatchObject({
      value: { whole: { text: 'The fox', outputTokens: 4 }, end: { charge: 11 } },
    });
    expect(asked[1]?.offer).toMatchObject({ resume: { text: 'The ', tokenIds: [5, 6], count: 2 }, interrupted: 1 });
  });

  test('a job that failed at once says why', async () => {
    const { bare } = openRun([], {});
    expect(await collectAnswer(bare, await bare.next())).toMatchObject({
      ok: false,
      error: { kind: 'no-home' },
    });
  });
});

/** An answer of so many characters, in events of 64 KiB. */
function long(chars: number): FakeRecord[] {
  const event = bytes(makeChunkWriter(head).content('x'.repeat(65_536)));
  return Array.from({ length: chars / 65_536 }, () => dataRecord(event));
}

async function collectLong(chars: number, room: (more: number) => boolean) {
  const hubs = { h1: [() => taken(headRecord('n1'), ...long(chars), endRecord())] };
  const { bare } = openRun(['n1@h1'], hubs, { stream: false, keep: makeKeep(room) });
  return { collected: await collectAnswer(bare, await bare.next()), run: bare };
}

describe('a long answer', () => {
  test('of four million characters is given in one piece, and room is asked for all but what is usual', async () => {
    let kept = 0;
    const { collected } = await collectLong(MAX_ANSWER_CHARS, (more) => (kept += more) > 0);
    expect(collected.ok && collected.value.whole.text.length).toBe(MAX_ANSWER_CHARS);
    expect(kept).toBe(MAX_ANSWER_CHARS - 128 * 1024);
  });

  test('that is longer is refused, and its home is stopped', async () => {
    const { collected } = await collectLong(MAX_ANSWER_CHARS + 65_536, () => true);
    expect(collected).toMatchObject({
      ok: false,
      error: { kind: 'broken', message: expect.stringContaining('stream') },
    });
  });

  test('for which there is no room is refused, a usual one never', async () => {
    expect((await collectLong(256 * 1024, () => false)).collected).toMatchObject({
      ok: false,
      error: { kind: 'broken' },
    });
    expect((await collectLong(128 * 1024, () => false)).collected.ok).toBe(true);
  });
});

test('the completion is shaped as the OpenAI API’s, with the facts beside it', () => {
  const irori = { job: 'job_1', charge_micro: 5 } as FinalFacts;
  expect(
    JSON.parse(
      ANSWERS.chat.encodeWhole(
        head,
        {
          text: 'hi "there"\n',
          thinking: '',
          calls: [],
          promptTokens: 3,
          outputTokens: 2,
          thinkingTokens: 0,
          finish: 'length',
        },
        irori,
      ),
    ),
  ).toEqual({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1_700_000_000,
    model: 'm',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: 'hi "there"\n', refusal: null },
        logprobs: null,
        finish_reason: 'length',
      },
    ],
    usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
    irori,
  });
});

test('a completion whose limit was used up by thinking has an empty content, and says what was thought and counted', () => {
  const answer = {
    text: '',
    thinking: 'Hm',
    calls: [],
    promptTokens: 3,
    outputTokens: 2,
    thinkingTokens: 2,
    finish: 'length',
  } as const;
  const whole = JSON.parse(ANSWERS.chat.encodeWhole(head, answer, { job: 'job_1' } as FinalFacts));
  expect(whole.choices[0]).toMatchObject({
    message: { content: '', reasoning_content: 'Hm' },
    finish_reason: 'length',
  });
  expect(whole.usage).toEqual({
    prompt_tokens: 3,
    completion_tokens: 2,
    total_tokens: 5,
    completion_tokens_details: { reasoning_tokens: 2 },
  });
});

test('how likely its tokens were is gathered of all homes that gave it, and told beside the text', async () => {
  const writer = makeChunkWriter({ id: 'c', created: 1, model: 'm' }, true);
  const event = (token: string): FakeRecord =>
    dataRecord(bytes(writer.content(token, [{ token, logprob: -1, bytes: null, top_logprobs: [] }])));
  const { bare } = openRun(
    ['n1@h1', 'n2@h2'],
    {
      h1: [() => taken(headRecord('n1'), event('a'), failRecord({ code: 'lost' }))],
      h2: [() => taken(headRecord('n2', 'same-model'), event('b'), event('c'), endRecord())],
    },
    { stream: false },
  );
  const collected = await collectAnswer(bare, await bare.next());
  if (!collected.ok) throw new Error(collected.error.message);
  const json = ANSWERS.chat.encodeWhole(head, collected.value.whole, {} as FinalFacts);
  const [choice] = (JSON.parse(json) as { choices: any[] }).choices;
  expect(choice.message.content).toBe('abc');
  expect(choice.logprobs).toMatchObject({ content: [{ token: 'a' }, { token: 'b' }, { token: 'c' }], refusal: null });
});
