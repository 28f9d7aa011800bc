// `npm run bench:console -- --url http://localhost:PORT/sign-in/CODE [--rounds 5] [--json]`: what the console's pages cost a browser, as Chromium
// itself measures it: first contentful paint, bytes that came over the wire, requests. A page is opened by a browser that has nothing of it, then again.
// The link is the one that `npm start` prints; --pages for others than the usual.
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import { BROWSER_TOLD, findBrowserPath } from '../test/browser.ts';

interface Figures {
  readonly paintMs: number;
  readonly bytes: number;
  readonly requests: number;
}

/** Of what the page asked for: headers and bodies as they came. */
const READ = `new Promise((resolve) => {
  const tell = () => {
    const paint = performance.getEntriesByName('first-contentful-paint')[0];
    if (!paint) return requestAnimationFrame(tell);
    const all = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
    resolve({ paintMs: paint.startTime, bytes: all.reduce((sum, { transferSize }) => sum + transferSize, 0), requests: all.length });
  };
  tell();
})`;

async function measure(page: Page, url: string): Promise<Figures> {
  await page.goto(url, { waitUntil: 'load' });
  return (await page.evaluate(READ)) as Figures;
}

const middleOf = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

function sumUp(rounds: readonly Figures[]): Figures {
  return {
    paintMs: Math.round(middleOf(rounds.map(({ paintMs }) => paintMs))),
    bytes: middleOf(rounds.map(({ bytes }) => bytes)),
    requests: middleOf(rounds.map(({ requests }) => requests)),
  };
}

/** Whoever has signed in, and nothing else: no file of an earlier round. */
async function measurePage(browser: Browser, url: string, rounds: number, state: object): Promise<[Figures, Figures]> {
  const cold: Figures[] = [];
  const warm: Figures[] = [];
  for (let round = 0; round < rounds; round++) {
    const context = await browser.newContext({ storageState: state as { cookies: []; origins: [] } });
    const page = await context.newPage();
    cold.push(await measure(page, url));
    warm.push(await measure(page, url));
    await context.close();
  }
  return [sumUp(cold), sumUp(warm)];
}

const { values } = parseArgs({
  options: {
    url: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    pages: { type: 'string', default: '/,/playground,/console,/docs' },
    json: { type: 'boolean', default: false },
  },
});
const executablePath = findBrowserPath();
if (!values.url || executablePath === null) throw new Error(`--url takes the link of npm start; it ${BROWSER_TOLD}`);
const { origin } = new URL(values.url);
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
const context = await browser.newContext();
const page = await context.newPage();
await page.goto(values.url);
await page.click('main form button');
await page.waitForURL('**/console');
const state = await context.storageState();
const told: Record<string, { cold: Figures; warm: Figures }> = {};
for (const path of values.pages.split(',')) {
  const [cold, warm] = await measurePage(browser, origin + path, Number(values.rounds), state);
  told[path] = { cold, warm };
}
await browser.close();
const tell = ({ paintMs, bytes, requests }: Figures): string => `${paintMs} ms, ${bytes} bytes, ${requests} requests`;
const text = values.json
  ? JSON.stringify(told)
  : Object.entries(told)
      .map(([path, { cold, warm }]) => `${path}: ${tell(cold)}; again ${tell(warm)}`)
      .join('\n');
process.stdout.write(`${text}\n`);
