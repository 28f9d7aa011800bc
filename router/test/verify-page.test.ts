// `/verify` in a real browser: what it says of receipts that are pasted, and that it asks nobody for anything, from the router and from a saved file.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import WebSocket from 'ws';
import { sampleChain, toBundleJson } from '../../schema/sample-bundles.ts';
import type { ReceiptBundleJson } from '../../schema/check-bundle.ts';
import { tellVerifyPage } from '../docs/verify-body.ts';
import { VERIFY_PAGE, VERIFY_POLICY } from '../docs/verify-page.ts';
import { makeVerifyPage } from '../local/verify-page.ts';
import { BROWSER_TOLD, findBrowser, startBrowser } from './browser.ts';
import type { RunningBrowser } from './browser.ts';
import { until } from './until.ts';

const HTML = gunzipSync(Buffer.from(VERIFY_PAGE, 'base64')).toString('utf8');
const command = findBrowser();

test('the page that the Worker has is the one that its sources make; else run: npm run build:verify', async () => {
  const fresh = await makeVerifyPage();
  expect(VERIFY_POLICY).toBe(fresh.policy);
  expect(HTML === fresh.html).toBe(true);
});

test('it is one file of less than 150 KB that names nothing elsewhere, and its policy lets it fetch nothing', () => {
  expect(HTML.length).toBeLessThan(150_000);
  expect(HTML).not.toMatch(/<(?:link|img|iframe|form|object)\b|\ssrc=|@import/i);
  expect(HTML.match(/<script>/g)).toHaveLength(1);
  expect(VERIFY_POLICY).toMatch(
    /^default-src 'none'; script-src 'sha256-[\w+/=]+'; style-src 'sha256-[\w+/=]+'; base-uri 'none'; form-action 'none'$/,
  );
  expect(HTML).toContain(`<meta http-equiv="content-security-policy" content="${VERIFY_POLICY}">`);
});

test('in Japanese it is the same script and style, and no text of it is left in English', () => {
  const page = tellVerifyPage(HTML, 'ja');
  const [head = '', body = ''] = page.split('<body>');
  expect(head).toContain('<html lang="ja">');
  expect(head).toContain('<title>Irori: 領収書の検証</title>');
  expect(page.split('<script>')[1]).toBe(HTML.split('<script>')[1]);
  const text = (body.split('<script>')[0] ?? '').replaceAll(/<code>.*?<\/code>/g, '').replaceAll(/<[^>]*>/g, ' ');
  expect(text).not.toMatch(/(?:[a-z]{2,} ){3}/i);
});

const [bundle] = sampleChain(1).map(toBundleJson) as [ReceiptBundleJson];
const flip = (hex: string): string => `${hex.slice(0, -1)}${hex.endsWith('1') ? '2' : '1'}`;
const pair = [
  ...sampleChain(1, { seal: () => ({ number: 1n }) }),
  ...sampleChain(1, {
    ticket: () => ({ part: 1 }),
    seal: () => ({ number: 2n }),
    acceptance: () => ({ count: 2n, cumulativeAmount: 18n }),
  }),
].map(toBundleJson);

const INVALID = [/^Not valid/, /^無効/] as const;

/** What is pasted, and the headline and a piece of text that follow, in English and in Japanese. */
const CASES: [
  title: string,
  pasted: unknown,
  headlines: readonly [RegExp, RegExp],
  texts: readonly [string, string],
][] = [
  ['a good receipt', bundle, [/^Valid/, /^有効：/], ['signed by 0x', 'が署名：封印の下にあるのはこのメッセージだけ']],
  [
    'a flipped byte in the ticket',
    { ...bundle, ticket: { ...bundle.ticket, requestHash: flip(bundle.ticket.requestHash) } },
    INVALID,
    [
      'ticket-signature: the ticket is not signed by the router',
      'ticket-signature：チケットの署名が、ファイルに書かれたルーターのものではありません',
    ],
  ],
  [
    'a flipped byte in the receipt',
    { ...bundle, receipt: { ...bundle.receipt!, responseHash: flip(bundle.receipt!.responseHash) } },
    INVALID,
    [
      'receipt-signature: the receipt is not signed by the node',
      'receipt-signature：領収書の署名が、チケットに書かれた家のものではありません',
    ],
  ],
  [
    'a flipped byte in the acceptance',
    { ...bundle, acceptance: { ...bundle.acceptance!, epoch: 2 } },
    INVALID,
    [
      'acceptance-signature: the acceptance is not signed by the router',
      'acceptance-signature：承認書の署名が、ファイルに書かれたルーターのものではありません',
    ],
  ],
  [
    'one signature of two',
    { ...bundle, acceptance: null, acceptanceSignature: null, acceptanceSeal: null },
    [/^Not yet accepted/, /^まだ承認されていないか、/],
    ['not-accepted: not yet accepted', 'not-accepted：まだ承認されていません'],
  ],
  [
    'two receipts of one number',
    { object: 'list', data: pair },
    [/^Equivocation/, /^二重署名：/],
    ['has signed two different receipts under the number 1', 'は、番号 1 の異なる2通の領収書に署名しています'],
  ],
  ['no receipt at all', '{"nothing":', INVALID, ['cannot be read as JSON', '「貼り付けたもの」をJSONとして読めません']],
  [
    'markup',
    { router: '<img src=x onerror=alert(1)>' },
    INVALID,
    ['is not a receipt', 'が返す領収書ではありません。domain：値がないか、形が違います。'],
  ],
];

const JAPANESE = '/verify?ja';
/** What the page tells beside the documents themselves, what of it says to be in another language, and how far it goes beyond the window. */
const READ_TOLD = `(() => {
  const texts = [...document.querySelectorAll('#result :is(h2, h3, dt, dd, p, summary)')].map((one) => one.textContent);
  const marks = document.querySelectorAll('#result [lang]').length;
  return { texts, marks, over: document.documentElement.scrollWidth - innerWidth };
})()`;

/** A browser that is told what to do over its debugging line. */
class Browser {
  readonly requests: string[] = [];
  readonly #browser: RunningBrowser;
  readonly #line: WebSocket;
  readonly #waiting = new Map<number, (result: Record<string, any>) => void>();
  #calls = 0;
  #session = '';

  private constructor(browser: RunningBrowser, line: WebSocket) {
    this.#browser = browser;
    this.#line = line;
    line.on('message', (data: Buffer) => this.#hear(JSON.parse(data.toString('utf8')) as Record<string, any>));
  }

  static async open(found: string): Promise<Browser> {
    const browser = await startBrowser(found, 'about:blank');
    try {
      const told = join(browser.profile, 'DevToolsActivePort');
      const port = await until('the debugging port', () => readFile(told, 'utf8').catch(() => null));
      const [number, path] = port.split('\n');
      const line = new WebSocket(`ws://127.0.0.1:${number}${path}`);
      await new Promise((open, fail) => line.once('open', open).once('error', fail));
      const opened = new Browser(browser, line);
      const { targetId } = await opened.call('Target.createTarget', { url: 'about:blank' });
      opened.#session = String((await opened.call('Target.attachToTarget', { targetId, flatten: true }))['sessionId']);
      for (const domain of ['Network', 'Page', 'Runtime']) await opened.call(`${domain}.enable`);
      return opened;
    } catch (error) {
      await browser.close();
      throw error;
    }
  }

  call(method: string, params: object = {}): Promise<Record<string, any>> {
    const id = ++this.#calls;
    return new Promise((answer) => {
      this.#waiting.set(id, answer);
      this.#line.send(JSON.stringify({ id, method, params, ...(this.#session && { sessionId: this.#session }) }));
    });
  }

  /** What an expression of the page comes to. */
  async evaluate(expression: string): Promise<unknown> {
    const { result, exceptionDetails } = await this.call('Runtime.evaluate', { expression, returnByValue: true });
    if (exceptionDetails) throw new Error(JSON.stringify(exceptionDetails));
    return result.value;
  }

  async goTo(url: string): Promise<void> {
    await this.call('Page.navigate', { url });
    await until('the page', () =>
      this.evaluate(`location.href === ${JSON.stringify(url)} && document.readyState === 'complete'`),
    );
  }

  async close(): Promise<void> {
    this.#line.close();
    await this.#browser.close();
  }

  #hear({ id, result, error, method, params }: Record<string, any>): void {
    if (method === 'Network.requestWillBeSent') this.requests.push(params.request.url as string);
    if (id === undefined) return;
    this.#waiting.get(id)?.(result ?? { exceptionDetails: error });
    this.#waiting.delete(id);
  }
}

describe.skipIf(!command)(`in a browser (${BROWSER_TOLD})`, () => {
  let opened: Browser;
  let server: Server;
  let folder: string;
  const asked: string[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'irori-verify-'));
    server = createServer((request: IncomingMessage, response) => {
      asked.push(request.url ?? '');
      response
        .setHeader('content-type', 'text/html')
        .setHeader('content-security-policy', VERIFY_POLICY)
        .end(tellVerifyPage(HTML, request.url === JAPANESE ? 'ja' : 'en'));
    });
    await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done));
    opened = await Browser.open(command!);
  });

  afterAll(async () => {
    await opened?.close();
    server?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Pastes a text and presses the button. */
  async function paste(pasted: unknown): Promise<{ headline: string; text: string; kind: string }> {
    const text = typeof pasted === 'string' ? pasted : JSON.stringify(pasted);
    const script = `document.getElementById('receipts').value = ${JSON.stringify(text)};
      document.getElementById('check').click();
      (() => { const shown = document.getElementById('result'); return { headline: shown.querySelector('h2').textContent, text: shown.textContent, kind: shown.dataset.kind, markup: shown.querySelectorAll('img').length }; })()`;
    return (await opened.evaluate(script)) as { headline: string; text: string; kind: string };
  }

  test('each receipt is told for what it is, from the router and from a saved file, and nothing is asked of anybody', async () => {
    const saved = join(folder, 'verify.html');
    await writeFile(saved, HTML);
    for (const url of [`http://127.0.0.1:${(server.address() as AddressInfo).port}/verify`, `file://${saved}`]) {
      await opened.goTo(url);
      const before = opened.requests.length;
      for (const [title, pasted, [headline], [text]] of CASES) {
        const shown = await paste(pasted);
        expect([title, shown.headline]).toEqual([title, expect.stringMatching(headline)]);
        expect([title, shown.text]).toEqual([title, expect.stringContaining(text)]);
        expect(shown).toMatchObject({ markup: 0 });
      }
      expect(opened.requests.slice(before)).toEqual([]);
    }
    expect(asked.filter((path) => path !== '/favicon.ico')).toEqual(['/verify']);
  });

  test('in Japanese it tells every one of them in Japanese, and a narrow window does not scroll sideways', async () => {
    await opened.call('Emulation.setDeviceMetricsOverride', {
      width: 360,
      height: 740,
      deviceScaleFactor: 1,
      mobile: false,
    });
    await opened.goTo(`http://127.0.0.1:${(server.address() as AddressInfo).port}${JAPANESE}`);
    const english: string[] = [];
    for (const [title, pasted, [, headline], [, text]] of CASES) {
      const shown = await paste(pasted);
      expect([title, shown.headline]).toEqual([title, expect.stringMatching(headline)]);
      expect([title, shown.text]).toEqual([title, expect.stringContaining(text)]);
      const told = (await opened.evaluate(READ_TOLD)) as { texts: string[]; marks: number; over: number };
      english.push(...told.texts.filter((one) => /(?:[a-z]{2,} ){2}/i.test(one)));
      expect([title, told.marks, told.over <= 0]).toEqual([title, 0, true]);
    }
    expect(english).toEqual([]);
    await opened.call('Emulation.clearDeviceMetricsOverride');
    await opened.goTo(`http://127.0.0.1:${(server.address() as AddressInfo).port}/verify`);
  });

  test('a receipt in a file that is dropped is checked without a press of the button', async () => {
    const script = `(() => {
      document.getElementById('receipts').value = '';
      document.getElementById('check').click();
      const bag = new DataTransfer();
      bag.items.add(new File([${JSON.stringify(JSON.stringify(bundle))}], 'receipt.json', { type: 'application/json' }));
      document.getElementById('drop').dispatchEvent(new DragEvent('drop', { dataTransfer: bag, bubbles: true, cancelable: true }));
    })()`;
    await opened.evaluate(script);
    const headline = await until('the verdict', () =>
      opened.evaluate(
        "document.querySelector('#result h2').textContent.startsWith('Nothing') ? null : document.querySelector('#result h2').textContent",
      ),
    );
    expect(headline).toMatch(/^Valid/);
  });

  test('what is found is told to readers of screens, and each field has its label', async () => {
    const script = `({
      status: document.querySelector('#result').getAttribute('role'),
      unlabelled: [...document.querySelectorAll('textarea, input')].filter((one) => !document.querySelector('label[for="' + one.id + '"]')).length,
      lang: document.documentElement.lang,
    })`;
    expect(await opened.evaluate(script)).toEqual({ status: 'status', unlabelled: 0, lang: 'en' });
  });
});
