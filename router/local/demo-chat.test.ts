import { createServer } from 'node:http';
import type { Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { askDemo, fetchReceipt, listModels } from './demo-chat.ts';
import { describeAnswer, describeDeath, describeNoHome, describeWelcome, readWarning } from './describe-start.ts';

const RECEIPT = {
  id: 'rcpt_1',
  model: 'm',
  node: 'node_1',
  outcome: 'complete',
  usage: { prompt_tokens: 5, completion_tokens: 2 },
  charge_micro: 3,
  earned_micro: 2,
  receiptSignature: '0xab',
};

describe('the demo question', () => {
  let server: Server;
  let endpoint: string;
  let answer: (response: ServerResponse) => void = () => undefined;
  let paths: string[] = [];

  beforeAll(async () => {
    server = createServer((request, response) => {
      paths.push(request.url ?? '');
      answer(response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  });
  beforeEach(() => {
    paths = [];
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  const ask = async (tokens: string[]) =>
    askDemo({ endpoint, apiKey: 'k', model: 'm', prompt: 'p', onToken: (text) => tokens.push(text) });
  const say = (events: readonly unknown[]) => (response: ServerResponse) => {
    const text = events
      .map((event) => `data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`)
      .join('');
    // Cut in the middle of a character, as a network may.
    const bytes = Buffer.from(`: irori\n\n${text}`);
    response.write(bytes.subarray(0, 80));
    response.end(bytes.subarray(80));
  };

  test('tokens come in order and the job is known from the last chunk', async () => {
    const delta = (content: string) => ({ choices: [{ delta: { content } }] });
    answer = say([
      delta('é'),
      delta('囲炉裏'),
      delta('🔥'),
      { choices: [{ delta: {} }], irori: { job: 'job_1' } },
      '[DONE]',
    ]);
    const tokens: string[] = [];
    expect(await ask(tokens)).toMatchObject({ jobId: 'job_1', fault: null });
    expect(tokens).toEqual(['é', '囲炉裏', '🔥']);
  });

  test('an error in the stream, a refusal and a stream without its end are told apart', async () => {
    answer = say([{ error: { message: 'the home left' }, choices: [] }]);
    expect((await ask([])).fault).toBe('the home left');
    answer = (response) => response.writeHead(503).end(JSON.stringify({ error: { message: 'nobody' } }));
    expect((await ask([])).fault).toBe('nobody');
    answer = (response) => response.writeHead(500).end('oops');
    expect((await ask([])).fault).toBe('status 500');
    answer = say([{ choices: [{ delta: { content: 'a' } }] }]);
    expect((await ask([])).fault).toContain('without [DONE]');
    answer = (response) => response.destroy();
    expect((await ask([])).fault).not.toBeNull();
  });

  test('a receipt is waited for while it is being settled', async () => {
    answer = (response) => {
      if (paths.length < 3) response.writeHead(404).end('{}');
      else response.end(JSON.stringify({ data: [RECEIPT] }));
    };
    expect(await fetchReceipt({ endpoint, apiKey: 'k', jobId: 'job_1' })).toEqual(RECEIPT);
    expect(paths).toEqual(['/v1/receipts/job_1', '/v1/receipts/job_1', '/v1/receipts/job_1']);
  });

  test('an unknown key is told apart from an empty list', async () => {
    answer = (response) => response.writeHead(401).end('{}');
    expect(await listModels({ endpoint, apiKey: 'k' })).toBeNull();
    answer = (response) => response.end(JSON.stringify({ data: [{ id: 'm', nodes_online: 2 }] }));
    expect(await listModels({ endpoint, apiKey: 'k' })).toEqual([{ id: 'm', nodesOnline: 2 }]);
    answer = (response) => response.writeHead(500).end('x');
    expect(await listModels({ endpoint, apiKey: 'k' })).toEqual([]);
  });
});

describe('what a start tells', () => {
  test('the welcome holds the endpoint, the key, a curl line that is whole, and both clients', () => {
    const text = describeWelcome({
      endpoint: 'http://127.0.0.1:8787/v1',
      apiKey: 'irori_k',
      model: 'nano-demo',
      signInLink: 'http://localhost:8787/sign-in/code',
    });
    expect(text).toContain(`curl -N http://127.0.0.1:8787/v1/chat/completions -H 'authorization: Bearer irori_k'`);
    expect(text).toContain(`new OpenAI({ baseURL: 'http://127.0.0.1:8787/v1', apiKey: 'irori_k' })`);
    expect(text).toContain(`OpenAI(base_url="http://127.0.0.1:8787/v1", api_key="irori_k")`);
  });

  test('the summary of a receipt holds counts, money and whether it is signed', () => {
    const answer = { jobId: 'job_1', firstTokenMs: 12, totalMs: 300, fault: null };
    expect(describeAnswer(answer, RECEIPT)).toContain(
      'rcpt_1: complete, 5 + 2 tokens, charged 3 µ, home earned 2 µ, signed by the home (node_1)',
    );
    expect(describeAnswer(answer, { ...RECEIPT, receiptSignature: null })).toContain('not signed');
    expect(describeAnswer(answer, null)).toContain('none came');
  });

  test('a home that died or never came is told with its last words', () => {
    expect(describeDeath('home 1', { reason: 'status 3', lastLines: ['a', 'b'], isRestarted: true })).toBe(
      'home 1 ended (status 3); starting it again. b',
    );
    expect(describeDeath('home 1', { reason: 'SIGKILL', lastLines: [], isRestarted: false })).toBe(
      'home 1 ended (SIGKILL); it ended too often and stays down.',
    );
    expect(describeNoHome(['a', 'b'])).toContain('Last heard: a | b');
  });

  test('what a home warns of is told from what it says on a good day', () => {
    expect(readWarning('2026-11-28 12:00:01+09:00 warn: This server has no lama3. It lists: llama3.')).toBe(
      'This server has no lama3. It lists: llama3.',
    );
    expect(readWarning('2026-11-28 12:00:01+09:00 error: That code is spent.')).toBe('That code is spent.');
    expect(['2026-11-28 12:00:01+09:00 backend kind=onnx', 'warn: x', ''].map(readWarning)).toEqual([null, null, null]);
  });
});
