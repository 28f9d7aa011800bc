// Transcriptions and pictures, asked for with the official client through the whole network.
import { createHash, randomBytes } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import OpenAI, { toFile } from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { NEVER, NO_PICTURE, PIXEL, REFUSE, TOO_FEW } from './able-media.ts';
import { learnDigest, listModel } from './ask.ts';
import { readUsage } from './books.ts';
import { ABLE_MODEL, startAbleServer } from './able-server.ts';
import type { AbleServer } from './able-server.ts';
import { startStack } from './stack.ts';
import type { Stack, TestAccount, TestAgent } from './stack.ts';

const MAX_AUDIO_BYTES = 5_750_000;
const HEARD = '/v1/audio/transcriptions';
const DRAWN = '/v1/images/generations';

let stack: Stack;
let server: AbleServer;
let owner: TestAccount;
let client: OpenAI;
let agent: TestAgent;

beforeAll(async () => {
  [stack, server] = await Promise.all([startStack(), startAbleServer()]);
  owner = await stack.makeAccount();
  const can = ['--can', `${ABLE_MODEL}=transcription+image-generation`];
  agent = await stack.startAgent({ owner, args: ['--backend', server.url, '--slots', '8', ...can] });
  await stack.waitForModel(owner, ABLE_MODEL);
  client = new OpenAI({ baseURL: `${stack.url}/v1`, apiKey: owner.apiKey, maxRetries: 0 });
});

afterAll(async () => {
  await stack?.stop();
  await server?.stop();
});

/** A WAV file of so many bytes. */
function makeWav(bytes: number): Buffer {
  const wav = randomBytes(bytes);
  wav.write('RIFF', 0);
  wav.write('WAVEfmt ', 8);
  return wav;
}

const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

async function refusal(
  call: Promise<unknown>,
): Promise<{ status?: number; param?: string; code?: string; message: string }> {
  const error: unknown = await call.then(
    () => null,
    (reason: unknown) => reason,
  );
  return error as { status?: number; param?: string; code?: string; message: string };
}

async function hear(more: object = {}, bytes = makeWav(3000), name = 'a "strange"\r\nname.wav'): Promise<unknown> {
  const file = await toFile(bytes, name);
  return client.audio.transcriptions.create({ file, model: ABLE_MODEL, ...more });
}

test('a seed of 64 bits is taken, and no home is to blame for it', async () => {
  const body = `{"model":${JSON.stringify(ABLE_MODEL)},"prompt":"x","seed":18446744073709551615}`;
  const headers = { authorization: `Bearer ${owner.apiKey}`, 'content-type': 'application/json' };
  const response = await fetch(`${stack.url}${DRAWN}`, { method: 'POST', headers, body });
  expect(response.status).toBe(200);
});

describe('a transcription', () => {
  test('reaches the model server byte for byte with each field, and is paid for by its bytes', async () => {
    const wav = makeWav(300_000);
    const fields = { language: 'de', prompt: 'Straße "x"\r\n--y', temperature: 0.5 };
    const answer = (await hear(fields, wav)) as OpenAI.Audio.Transcription;
    expect(answer.text).toContain(
      `audio.wav ${digest(wav)} model=${ABLE_MODEL} response_format=json temperature=0.5 language=de prompt=Straße "x"\r\n--y`,
    );
    expect(answer.usage).toMatchObject({ type: 'tokens', input_tokens: Math.ceil(300_000 / 1024) + 4 });
  });

  test('of all bytes that it may hold is taken', async () => {
    const wav = makeWav(MAX_AUDIO_BYTES);
    expect(((await hear({}, wav)) as { text: string }).text).toContain(digest(wav));
  });

  test('is told as bare text where that is asked for', async () => {
    const wav = makeWav(500);
    const text = (await hear({ response_format: 'text' }, wav)) as string;
    expect(text).toContain(digest(wav));
    expect(text.endsWith('\n')).toBe(true);
  });

  test('is told as the events of a stream', async () => {
    const wav = makeWav(500);
    const events = [];
    const file = await toFile(wav, 'a.wav');
    for await (const event of await client.audio.transcriptions.create({ file, model: ABLE_MODEL, stream: true }))
      events.push(event);
    const done = events.at(-1);
    const deltas = events.flatMap((event) => (event.type === 'transcript.text.delta' ? [event.delta] : []));
    expect(done).toMatchObject({ type: 'transcript.text.done', text: deltas.join(''), usage: { input_tokens: 1 } });
    expect(deltas.join('')).toContain(digest(wav));
  });

  test('that the model server refuses is refused with its reason, and another one is answered after it', async () => {
    expect(await refusal(hear({ prompt: REFUSE }))).toMatchObject({ status: 400 });
    expect(await hear()).toHaveProperty('text');
  });

  test('whose caller leaves stops at the model server', async () => {
    const before = server.left;
    const abort = new AbortController();
    const file = await toFile(makeWav(500), 'a.wav');
    const call = client.audio.transcriptions.create(
      { file, model: ABLE_MODEL, prompt: NEVER },
      { signal: abort.signal },
    );
    await expect.poll(() => JSON.stringify(server.seen.at(-1)?.body).includes(NEVER)).toBe(true);
    abort.abort();
    await refusal(call);
    await expect.poll(() => server.left).toBeGreaterThan(before);
  });

  test.each([
    ['verbose_json', { response_format: 'verbose_json' }, 'response_format'],
    ['srt', { response_format: 'srt' }, 'response_format'],
    ['granularities', { timestamp_granularities: ['word'] }, 'timestamp_granularities[]'],
    ['logprobs', { include: ['logprobs'] }, 'include[]'],
    ['a language that is none', { language: 'Deutsch, bitte' }, 'language'],
    ['a temperature above 1', { temperature: 7 }, 'temperature'],
  ])('with %s is refused by the name of its field', async (_name, more, param) => {
    expect(await refusal(hear(more))).toMatchObject({ status: 400, param });
  });

  test('of what is no audio, or of no file, is refused', async () => {
    expect(await refusal(hear({}, Buffer.from('#!/bin/sh\n')))).toMatchObject({ status: 400, param: 'file' });
    const form = new FormData();
    form.set('model', ABLE_MODEL);
    expect(await post(form)).toMatchObject([400, { error: { param: 'file' } }]);
    form.set('file', 'a text');
    expect(await post(form)).toMatchObject([400, { error: { param: 'file' } }]);
    form.append('model', 'another');
    expect(await post(form)).toMatchObject([400, { error: { param: 'model' } }]);
  });

  test('in another form than the API knows is refused', async () => {
    expect(await stack.call(HEARD, { key: owner.apiKey, body: { model: ABLE_MODEL } })).toHaveProperty('status', 415);
    const headers = { authorization: `Bearer ${owner.apiKey}`, 'content-type': 'multipart/form-data; boundary=x' };
    const broken = await fetch(`${stack.url}${HEARD}`, { method: 'POST', headers, body: '--y\r\nnothing' });
    expect([broken.status, await broken.text()]).toEqual([400, expect.stringContaining('multipart/form-data')]);
  });

  test('that is longer than it may be is refused before any of it is sent', async () => {
    const status = await new Promise<number>((resolve, reject) => {
      const headers = {
        authorization: `Bearer ${owner.apiKey}`,
        'content-type': 'multipart/form-data; boundary=x',
        'content-length': 7_000_000,
      };
      const outgoing = httpRequest(`${stack.url}${HEARD}`, { method: 'POST', headers }, (incoming) => {
        resolve(incoming.statusCode ?? 0);
        outgoing.destroy();
      });
      outgoing.on('error', reject);
      outgoing.flushHeaders();
    });
    expect(status).toBe(413);
  });
});

async function post(form: FormData): Promise<[number, unknown]> {
  const headers = { authorization: `Bearer ${owner.apiKey}` };
  const answer = await fetch(`${stack.url}${HEARD}`, { method: 'POST', headers, body: form });
  return [answer.status, await answer.json()];
}

function draw(prompt: string, more: object = {}): Promise<OpenAI.ImagesResponse> {
  return client.images.generate({
    model: ABLE_MODEL,
    prompt,
    size: '512x512',
    ...more,
  }) as Promise<OpenAI.ImagesResponse>;
}

describe('pictures', () => {
  test('come as many as were asked for, and are paid for by their size', async () => {
    const answer = await draw('a white pixel', {
      n: 3,
      quality: 'high',
      output_format: 'png',
      response_format: 'b64_json',
    });
    expect(answer.data?.map((one) => one.b64_json)).toEqual([PIXEL, PIXEL, PIXEL]);
    expect(answer.usage).toMatchObject({ input_tokens: 4, output_tokens: 3 * 256 });
    expect(answer.output_format).toBe('png');
    const asked = server.seen.findLast(({ path }) => path === DRAWN)?.body;
    expect(asked).toMatchObject({
      n: 3,
      size: '512x512',
      quality: 'high',
      output_format: 'png',
      response_format: 'b64_json',
    });
  });

  test.each([
    ['an address', { response_format: 'url' }, 'response_format'],
    ['a stream', { stream: true }, 'stream'],
    ['a see-through ground', { background: 'transparent' }, 'background'],
    ['a size that is none', { size: '12x99999' }, 'size'],
    ['too many', { n: 5 }, 'n'],
  ])('with %s are refused by the name of the field', async (_name, more, param) => {
    expect(await refusal(draw('x', more))).toMatchObject({ status: 400, param });
  });

  test('that the model server refuses are refused with its reason', async () => {
    expect(await refusal(draw(REFUSE))).toMatchObject({ status: 400 });
  });

  test.each([TOO_FEW, NO_PICTURE])('are not given where the model server answers with %s', async (prompt) => {
    const error = await refusal(draw(prompt, { n: 2 }));
    expect(error.status).toBeGreaterThanOrEqual(400);
  });

  test('whose caller leaves stop at the model server', async () => {
    const before = server.left;
    const abort = new AbortController();
    const call = client.images.generate(
      { model: ABLE_MODEL, prompt: NEVER, size: '512x512' },
      { signal: abort.signal },
    );
    await expect.poll(() => JSON.stringify(server.seen.at(-1)?.body).includes(NEVER)).toBe(true);
    abort.abort();
    await refusal(call);
    await expect.poll(() => server.left).toBeGreaterThan(before);
  });
});

describe('a model whose homes cannot', () => {
  test('is told with the field and how many homes have it', async () => {
    const other = await stack.makeAccount();
    const plain = await startAbleServer();
    try {
      await stack.startAgent({ owner: other, args: ['--backend', plain.url, '--slots', '8'] });
      await stack.waitForModel(other, ABLE_MODEL);
      const theirs = new OpenAI({ baseURL: `${stack.url}/v1`, apiKey: other.apiKey, maxRetries: 0 });
      const error = await refusal(theirs.images.generate({ model: ABLE_MODEL, prompt: 'x' }));
      expect([error.status, error.message]).toEqual([400, expect.stringContaining('one home has it without')]);
      const file = await toFile(makeWav(500), 'a.wav');
      const heard = await refusal(theirs.audio.transcriptions.create({ file, model: ABLE_MODEL }));
      expect([heard.status, heard.message]).toEqual([400, expect.stringContaining('one home has it without')]);
    } finally {
      await plain.stop();
    }
  });
});

describe('a model that is sold', () => {
  const SOLD = 'test/able';
  const sold = (account: TestAccount): OpenAI =>
    new OpenAI({ baseURL: `${stack.url}/v1`, apiKey: account.apiKey, maxRetries: 0 });
  const heard = async (account: TestAccount, more: object = {}): Promise<unknown> =>
    sold(account).audio.transcriptions.create({ file: await toFile(makeWav(10_240), 'a.wav'), model: SOLD, ...more });
  const drawn = (account: TestAccount, prompt = 'a pixel'): Promise<unknown> =>
    sold(account).images.generate({ model: SOLD, prompt, n: 2, size: '256x256' });

  beforeAll(async () => {
    await listModel(stack, { owner, id: SOLD, digest: await learnDigest(stack, owner, ABLE_MODEL) });
  });

  test('costs a token of the prompt for each KiB of audio, and a picture the tokens of its size', async () => {
    const caller = await stack.makeAccount(10_000_000);
    const speech = (await heard(caller)) as { usage: { output_tokens: number }; irori: { charge_micro: number } };
    expect(speech.irori.charge_micro).toBe(10 + 2 * speech.usage.output_tokens);
    const pictures = (await drawn(caller)) as { irori: { charge_micro: number } };
    expect(pictures.irori.charge_micro).toBe(2 + 2 * 2 * 64);
  });

  test('is not asked for those who cannot pay', async () => {
    const poor = await stack.makeAccount(100);
    const before = server.seen.length;
    expect(await refusal(heard(poor))).toMatchObject({ status: 402 });
    expect(await refusal(drawn(poor))).toMatchObject({ status: 402 });
    expect(server.seen).toHaveLength(before);
  });

  test('costs nothing where its home dies, which its caller is told', async () => {
    const caller = await stack.makeAccount(10_000_000);
    const calls = [refusal(heard(caller, { prompt: NEVER })), refusal(drawn(caller, NEVER))];
    const isAsked = (path: string): boolean =>
      JSON.stringify(server.seen.findLast((one) => one.path === path)).includes(NEVER);
    await expect.poll(() => isAsked(HEARD) && isAsked(DRAWN)).toBe(true);
    await agent.signal('SIGKILL');
    for (const error of await Promise.all(calls)) expect(error).toBeInstanceOf(Error);
    await expect.poll(async () => (await readUsage(stack, caller)).held_micro).toBe(0);
    expect((await readUsage(stack, caller)).balance_micro).toBe(10_000_000);
  });
});
