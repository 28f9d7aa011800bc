import type { ServerResponse } from 'node:http';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Delta } from '../../backends/backend.ts';
import { openPromise } from '../../backends/open-promise.ts';
import { sendEvents, type Chat } from './fake-server.ts';
import { NEVER, serve, share, PLAIN, job, text, STOP, begin } from './http-kit.ts';
import { runJob, until } from './jobs.ts';

describe('a server that fails', () => {
  test.each([
    [
      'dies in mid-answer',
      (r: ServerResponse) => {
        begin(r, text('a'));
        setTimeout(() => r.destroy(), 20);
      },
      'unreachable',
      'broke',
      'a',
    ],
    ['dies before an answer', (r: ServerResponse) => void r.destroy(), 'unreachable', 'does not answer', ''],
    ['ends without a finish_reason', sendEvents([text('a')]), 'internal', 'finish_reason', 'a'],
    ['says that it is done before anything', sendEvents(['[DONE]']), 'internal', 'finish_reason', ''],
    ['ends without anything', sendEvents([]), 'internal', 'finish_reason', ''],
    [
      'sends an error in the stream',
      sendEvents([text('a'), '{"error":{"message":"secret"}}']),
      'internal',
      'reported an error',
      'a',
    ],
    ['sends what is no JSON', sendEvents(['<html>']), 'internal', 'not JSON', ''],
    ['gives an answer up', sendEvents([text('a'), text('', 'abort'), '[DONE]']), 'internal', 'gave the answer up', 'a'],
    [
      'sends a line without end',
      (r: ServerResponse) => {
        begin(r);
        r.write(`data: ${'x'.repeat(1_200_000)}`);
      },
      'internal',
      '1 MiB',
      '',
    ],
    [
      'answers 500',
      (r: ServerResponse) => {
        r.statusCode = 500;
        r.end('secret');
      },
      'internal',
      '500',
      '',
    ],
    [
      'answers 404',
      (r: ServerResponse) => {
        r.statusCode = 404;
        r.end('secret');
      },
      'no-model',
      '404',
      '',
    ],
    [
      'answers 503',
      (r: ServerResponse) => {
        r.statusCode = 503;
        r.end();
      },
      'busy',
      '503',
      '',
    ],
    [
      'redirects',
      (r: ServerResponse) => {
        r.writeHead(307, { location: 'http://192.168.1.1/' });
        r.end();
      },
      'unreachable',
      'redirects',
      '',
    ],
  ])('one that %s ends the run with an error', async (_, chat, code, message, shown) => {
    const server = await serve(PLAIN, chat as Chat);
    const ran = await runJob(share({ baseUrl: server.url }), job());
    expect(ran.finish).toMatchObject({ reason: 'error', error: { code, message: expect.stringContaining(message) } });
    expect(JSON.stringify(ran.finish)).not.toContain('secret');
    expect([ran.text, ran.finish.outputTokens]).toEqual([shown, shown.length]);
  });

  test('an answer that breaks after its finish_reason is complete', async () => {
    const server = await serve(PLAIN, (response) => {
      begin(response, text('a'), STOP);
      setTimeout(() => response.destroy(), 20);
    });
    expect((await runJob(share({ baseUrl: server.url }), job())).finish.reason).toBe('stop');
  });

  test('a kept connection that the server closed meanwhile is replaced without a word', async () => {
    const server = await serve(PLAIN, (response) => {
      void sendEvents([text('a'), STOP, '[DONE]'])(response, { method: '', path: '', headers: {}, body: '' });
      response.on('finish', () => setTimeout(() => response.socket?.resetAndDestroy(), 5));
    });
    const backend = share({ baseUrl: server.url });
    for (let i = 0; i < 5; i += 1) {
      expect((await runJob(backend, job())).finish.reason).toBe('stop');
      await sleep(i * 3);
    }
  });

  test('that is away is said to be, and is found again when it is back', async () => {
    const placeholder = createServer();
    await new Promise<void>((resolve) => placeholder.listen(0, '127.0.0.1', resolve));
    const { port } = placeholder.address() as { port: number };
    await new Promise((resolve) => placeholder.close(resolve));
    const backend = share({ baseUrl: `http://127.0.0.1:${port}` });
    expect(await backend.detect(NEVER)).toEqual({ ok: false, error: expect.stringContaining('No server answers') });
    expect(await backend.models()).toEqual([]);
    expect((await runJob(backend, job())).finish.error?.code).toBe('unreachable');
  });
});

describe('cancelling closes the request at once', () => {
  test.each([
    [
      'while text flows',
      async (r: ServerResponse) => {
        begin(r);
        while (!r.destroyed) {
          r.write(`data: ${text('a')}\n\n`);
          await sleep(3);
        }
      },
      2,
    ],
    ['in silence after the first text', (r: ServerResponse) => begin(r, text('a')), 1],
    ['after the headers, before any text', (r: ServerResponse) => begin(r), 0],
    ['before the headers', () => undefined, 0],
  ])('%s', async (_, chat, after) => {
    const server = await serve(PLAIN, chat as Chat);
    const stop = new AbortController();
    const deltas: Delta[] = [];
    const run = share({ baseUrl: server.url }).run(job(), (delta) => void deltas.push(delta), stop.signal);
    await until(() => server.asked.some((asked) => asked.method === 'POST') && deltas.length >= after);
    stop.abort();
    const seen = deltas.length;
    const finish = await run;
    await until(() => server.closed === 1);
    expect(finish).toMatchObject({ reason: 'cancelled' });
    expect(finish.error).toBeUndefined();
    expect(deltas).toHaveLength(seen);
  });

  test('while the sink holds back', async () => {
    const server = await serve(PLAIN, (response) => begin(response, text('a'), text('b')));
    const stop = new AbortController();
    let calls = 0;
    const hold = (): Promise<void> => {
      calls += 1;
      return new Promise(() => undefined);
    };
    const run = share({ baseUrl: server.url }).run(job(), hold, stop.signal);
    await until(() => calls === 1);
    stop.abort();
    expect((await run).reason).toBe('cancelled');
    await until(() => server.closed === 1);
  });

  test('a job cancelled before it began never reaches the server', async () => {
    const server = await serve(PLAIN);
    expect((await runJob(share({ baseUrl: server.url }), job(), AbortSignal.abort())).finish.reason).toBe('cancelled');
    expect(server.asked.some((asked) => asked.method === 'POST')).toBe(false);
  });
});

describe('a sink that holds back', () => {
  test('stops the reading, so that the server’s socket fills up, and gets everything in the end', async () => {
    const big = 'x'.repeat(16_000);
    let written = 0;
    // A product whose silence would be held against it.
    const server = await serve({ ...PLAIN, '/version': { version: '0' } }, async (response) => {
      begin(response);
      for (written = 0; written < 2000; written += 1) {
        if (!response.write(`data: ${text(big)}\n\n`)) await new Promise((resolve) => response.once('drain', resolve));
        if (response.destroyed) return;
      }
      response.end(`data: ${STOP}\n\ndata: [DONE]\n\n`);
    });
    const gate = openPromise<void>();
    let length = 0;
    const sink = (delta: Delta): Promise<void> => {
      length += delta.text.length;
      return gate.promise;
    };
    // Longer than a busy machine stands still, shorter than the reading does.
    const frozenMs = 2000;
    const run = share({ baseUrl: server.url, life: { tellEveryMs: 10, lookAfterMs: 1e6, frozenMs } }).run(
      job(),
      sink,
      NEVER,
    );
    await until(() => length > 0);
    await sleep(frozenMs + 500);
    expect(written).toBeLessThan(1900);
    gate.resolve();
    expect((await run).reason).toBe('stop');
    expect(length).toBe(2000 * big.length);
  });

  test('that throws ends the run and the request', async () => {
    const server = await serve(PLAIN, (response) => begin(response, text('a')));
    const sink = (): void => {
      throw new Error('gone');
    };
    expect(await share({ baseUrl: server.url }).run(job(), sink, NEVER)).toMatchObject({
      reason: 'error',
      error: { code: 'internal' },
    });
    await until(() => server.closed === 1);
  });
});
