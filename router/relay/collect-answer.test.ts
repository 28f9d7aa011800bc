import { describe, expect, test } from 'vitest';
import { encodeFinishChunk, makeChunkWriter } from '../../schema/chunks.ts';
import { ANSWERS } from '../../schema/answers.ts';
import type { FinalFacts } from '../../schema/chunks.ts';
import {
  dataRecord,
  endRecord,
  failRecord,
  headRecord,
  thinkingRecord,
  JOB_END,
  openRun,
  taken,
} from '../test/fake-hubs.ts';
import { collectAnswer, MAX_ANSWER_CHARS } from './collect-answer.ts';

const head = { id: 'chatcmpl-1', created: 1_700_000_000, model: 'm' };
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

async function collect(...records: Uint8Array[]) {
  const { run } = openRun(['n1@h1'], { h1: [() => taken(headRecord('n1'), ...records)] });
  return collectAnswer(run, await run.next(), { format: ANSWERS.chat, keep: () => true });
}

const WHOLE = { text: '', thinking: '', promptTokens: 3, outputTokens: 2, thinkingTokens: 0, finish: 'stop' };

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
      const cut = [event.subarray(0, at), event.subarray(at)].map((part) => dataRecord(part));
      expect(await collect(...cut, endRecord())).toMatchObject({ ok: true, value: { whole: { text: '火🔥' } } });
    }
  });

  test('thinking stands beside the text, with its tokens among those of the output', async () => {
    const writer = makeChunkWriter(head);
    const thoughts = ['Hm', ', well'].map((text) => thinkingRecord(bytes(writer.thinking(text))));
    const said = dataRecord(bytes(writer.content('So')));
    expect(await collect(...thoughts, said, endRecord({ outputTokens: 3, thinkingTokens: 2 }))).toMatchObject({
      value: { whole: { text: 'So', thinking: 'Hm, well', outputTokens: 3, thinkingTokens: 2 } },
    });
  });

  test('an answer without a token is an empty text', async () => {
    expect(await collect(endRecord())).toEqual({ ok: true, value: { whole: WHOLE, end: JOB_END } });
  });

  test('what is no content adds nothing', async () => {
    const finish = encodeFinishChunk(head, 'stop', { role: false });
    expect(await collect(dataRecord(finish), dataRecord(bytes(': hm\n\n')), endRecord())).toMatchObject({
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
    expect(await collect(event)).toMatchObject({ ok: false, error: { kind: 'broken' } });
  });

  test('a job that failed at once says why', async () => {
    const { run } = openRun([], {});
    expect(await collectAnswer(run, await run.next(), { format: ANSWERS.chat, keep: () => true })).toMatchObject({
      ok: false,
      error: { kind: 'no-home' },
    });
  });
});

/** An answer of so many characters, in events of 64 KiB. */
function long(chars: number): Uint8Array[] {
  const event = bytes(makeChunkWriter(head).content('x'.repeat(65_536)));
  return Array.from({ length: chars / 65_536 }, () => dataRecord(event));
}

async function collectLong(chars: number, keep: (more: number) => boolean) {
  const { run } = openRun(['n1@h1'], { h1: [() => taken(headRecord('n1'), ...long(chars), endRecord())] });
  return { collected: await collectAnswer(run, await run.next(), { format: ANSWERS.chat, keep }), run };
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
        { text: 'hi "there"\n', thinking: '', promptTokens: 3, outputTokens: 2, thinkingTokens: 0, finish: 'length' },
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
