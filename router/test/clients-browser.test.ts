// A page of another origin that calls the API with the official client, in a real browser: what it may send, and what it may read of answers and refusals.
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ABLE_MODEL } from './able-server.ts';
import { startAbleStack } from './able-stack.ts';
import type { AbleStack } from './able-stack.ts';
import { BROWSER_TOLD, findBrowser, startBrowser } from './browser.ts';
import type { RunningBrowser } from './browser.ts';

const command = findBrowser();

/** Runs in the page. What it saw goes back to the page's own server. */
const PAGE = `
import OpenAI from 'openai';
const { baseURL, apiKey, model } = CONFIG;
const client = new OpenAI({ baseURL, apiKey, dangerouslyAllowBrowser: true, maxRetries: 0 });
const messages = [{ role: 'user', content: 'Hi' }];
const saw = {};
try {
  saw.whole = (await client.chat.completions.create({ model, messages })).choices[0].message.content;
  saw.streamed = '';
  for await (const chunk of await client.chat.completions.create({ model, messages, stream: true }))
    saw.streamed += chunk.choices[0]?.delta.content ?? '';
  saw.response = (await client.responses.create({ model, input: 'Hi' })).output_text;
  const raw = await client.chat.completions.create({ model, messages, strange_field: 1 }).asResponse();
  saw.headers = ['x-request-id', 'x-irori-job', 'x-irori-ignored'].map((name) => raw.headers.get(name));
  try {
    await new OpenAI({ baseURL, apiKey: 'irori_wrong', dangerouslyAllowBrowser: true, maxRetries: 0 }).models.list();
  } catch (error) {
    saw.refusal = [error.status, error.code];
  }
} catch (error) {
  saw.error = String(error);
}
await fetch('/saw', { method: 'POST', body: JSON.stringify(saw) });
`;

describe.skipIf(!command)(`a page of another origin (${BROWSER_TOLD})`, () => {
  let network: AbleStack;
  let server: Server;
  let browser: RunningBrowser | undefined;
  let saw: Promise<Record<string, unknown>>;

  beforeAll(async () => {
    network = await startAbleStack();
    const config = JSON.stringify({ baseURL: network.url, apiKey: network.account.apiKey, model: ABLE_MODEL });
    const { outputFiles } = await build({
      stdin: { contents: PAGE, resolveDir: import.meta.dirname },
      bundle: true,
      format: 'esm',
      write: false,
      define: { CONFIG: config },
    });
    const told = Promise.withResolvers<Record<string, unknown>>();
    saw = told.promise;
    server = createServer((request, response) => {
      if (request.url === '/page.js')
        return void response.setHeader('content-type', 'text/javascript').end(outputFiles[0]?.text);
      if (request.url === '/saw')
        request
          .toArray()
          .then((parts: Buffer[]) => told.resolve(JSON.parse(Buffer.concat(parts).toString())), told.reject);
      response
        .setHeader('content-type', 'text/html')
        .end('<!doctype html><script type="module" src="/page.js"></script>');
    });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    const page = `http://localhost:${(server.address() as AddressInfo).port}/`;
    browser = await startBrowser(command!, page);
    browser.child.once('error', told.reject);
  });

  afterAll(async () => {
    await browser?.close();
    server?.closeAllConnections();
    server?.close();
    await network?.stop();
  });

  test('is answered, whole and streamed, and reads the headers and the refusals', async () => {
    expect(await saw).toEqual({
      whole: 'You said: Hi',
      streamed: 'You said: Hi',
      response: 'You said: Hi',
      headers: [expect.stringMatching(/^req_/), expect.stringMatching(/^job_/), 'strange_field'],
      refusal: [401, 'invalid_api_key'],
    });
  });
});
