// The owner's page in a real browser: every screen of a home with a day behind it, and the way from a running agent to the eye.
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { claimPort } from '../../router/local/free-port.ts';
import { BROWSER_TOLD, findBrowserPath } from '../../router/test/browser.ts';
import type { NodeState } from '../../schema/frames-to-hub.ts';
import { unpackPage } from '../dashboard/unpacked-page.ts';
import { PageServer } from '../dashboard/page-server.ts';
import { PageSessions } from '../dashboard/page-sessions.ts';
import { AgentBench } from './agent-bench.ts';
import { startAgent } from './agent-process.ts';
import { collectLog } from './collect-log.ts';
import { SampleDesk } from './page-samples.ts';

const SCREENS = ['now', 'earned', 'quiet', 'models', 'rules', 'machine'] as const;
const WIDE = { width: 1280, height: 900 };
const NARROW = { width: 360, height: 740 };
const executablePath = findBrowserPath();
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

interface AxeResult {
  readonly violations: readonly { id: string; impact: string; nodes: readonly { html: string }[] }[];
}

describe.skipIf(executablePath === null)(`in a browser (${BROWSER_TOLD})`, () => {
  let browser: Browser;
  let folder: string;
  let server: PageServer;
  const desk = new SampleDesk(Date.now);
  const { log, lines } = collectLog();

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'irori-page-'));
    const sessions = await PageSessions.open(folder, { log, now: Date.now, random: randomBytes });
    const documents = async (): Promise<ReturnType<typeof unpackPage>> => unpackPage();
    server = new PageServer({ desk, sessions, documents, log, now: () => performance.now() });
    if (!(await server.listen(null))) throw new Error('the page has no port');
    browser = await chromium.launch({ executablePath: executablePath ?? '', args: ['--no-sandbox', '--disable-gpu'] });
  });
  afterAll(async () => {
    await browser?.close();
    server?.close();
    await rm(folder, { recursive: true, force: true });
    if (lines.length > 0) throw new Error(`the page logged ${lines.join(', ')}`);
  });

  /** A page that was let in. What it asks of anybody else, and what fails in it, fails the test. */
  async function enter(
    options: BrowserContextOptions,
    url = server.mintUrl(),
  ): Promise<{ page: Page; faults: string[] }> {
    const context = await browser.newContext(options);
    const page = await context.newPage();
    const faults: string[] = [];
    const { origin } = new URL(url);
    page.on(
      'request',
      (asked) => new URL(asked.url()).origin !== origin && !asked.url().startsWith('data:') && faults.push(asked.url()),
    );
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('console', (said) => said.type() === 'error' && !said.text().includes('401') && faults.push(said.text()));
    await page.goto(url);
    await page.waitForSelector('.screen');
    return { page, faults };
  }

  async function goTo(page: Page, screen: string): Promise<void> {
    await page.click(`nav a[href="#${screen}"]`);
    await page.waitForSelector(`nav a[href="#${screen}"][aria-current=page]`);
    await page.waitForSelector('.screen [aria-busy]', { state: 'detached' });
  }

  async function findViolations(page: Page): Promise<string[]> {
    const { violations } = (await page.evaluate('axe.run(document, { resultTypes: ["violations"] })')) as AxeResult;
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`);
  }

  test.each([
    ['wide, light, English', { viewport: WIDE, colorScheme: 'light', locale: 'en-GB' }, 'It works for callers.'],
    [
      '360 px, dark, Japanese',
      { viewport: NARROW, colorScheme: 'dark', locale: 'ja-JP', reducedMotion: 'reduce' },
      '呼び出しを処理しています。',
    ],
  ] as const)(
    '%s: no screen is wider than the window, asks anybody else, or is a hurdle to anyone',
    async (_, options, told) => {
      const { page, faults } = await enter(options);
      expect(await page.textContent('.standing h2')).toBe(told);
      expect(await page.getAttribute('html', 'lang')).toBe(options.locale.slice(0, 2));
      await page.evaluate(await readFile(AXE, 'utf8'));
      for (const screen of SCREENS) {
        await goTo(page, screen);
        const over = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
        expect([screen, over]).toEqual([screen, 0]);
        expect([screen, await findViolations(page)]).toEqual([screen, []]);
      }
      expect(faults).toEqual([]);
      await page.context().close();
    },
  );

  test('an address that is put into the very tab of the gate, or of a page that was locked, lets it in', async () => {
    const context = await browser.newContext({ viewport: NARROW, locale: 'en-GB' });
    const page = await context.newPage();
    await page.goto(server.url);
    await page.waitForSelector('.gate');
    await page.goto(server.mintUrl());
    await page.waitForSelector('.standing');
    await context.clearCookies();
    const locked = 'text=no longer let in';
    await page.waitForSelector(locked);
    await page.goto(server.mintUrl());
    await page.waitForSelector(locked, { state: 'detached' });
    expect(page.url()).toBe(server.url);
    await context.close();
  });

  test('everything can be done with the keyboard alone, and focus is where it is looked for', async () => {
    const { page, faults } = await enter({ viewport: WIDE, locale: 'en-GB' });
    const focused = (): Promise<string> => page.evaluate('document.activeElement.innerText.trim()');
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('Skip to the page');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('Pause');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#pauses');
    await page.keyboard.press('Escape');
    await page.waitForSelector('#pauses', { state: 'detached' });
    expect(await focused()).toBe('Pause');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#pauses');
    for (let i = 0; i < 3; i++) await page.keyboard.press('Tab');
    expect(await focused()).toBe('For 30 minutes');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#pauses', { state: 'detached' });
    await goTo(page, 'rules');
    await page.focus('.week .cell[tabindex="0"]');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('1');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('2');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('End');
    expect(await page.evaluate('document.activeElement.getAttribute("aria-label")')).toBe('Tuesday 23:30: eco');
    await page.focus('button:text("Save the hours")');
    await page.keyboard.press('Enter');
    await page.waitForSelector('button:text("Save the hours")', { state: 'detached' });
    await page.focus('[aria-label="Temperature: On"]');
    await page.keyboard.press('Space');
    await page.waitForSelector('[aria-label="Temperature: On"]:not([disabled])');
    const [pause, hours, heat] = desk.actions.splice(0);
    expect(pause).toEqual({ do: 'pause', when: 'now', forMs: 1_800_000, untilAt: null });
    expect(hours?.do === 'rules' && hours.week?.[1]?.slice(0, 3)).toBe('012');
    expect(heat).toEqual({ do: 'rules', limits: { temperature: null } });
    expect(faults).toEqual([]);
    await page.context().close();
  });

  test('earnings are shown by day, model, machine and job, receipts are checked, and files are saved', async () => {
    // Days are the network's, in UTC: west of it they are no other days.
    const begun = new Date();
    const sayDay = (at: Date): string =>
      at.toLocaleDateString('en-GB', { month: 'short', day: 'numeric', timeZone: 'UTC' });
    const { page, faults } = await enter({ viewport: WIDE, locale: 'en-GB', timezoneId: 'Pacific/Honolulu' });
    await goTo(page, 'earned');
    expect(await page.textContent('.bars + p')).toMatch(/^[\d.]+ credits in 30 days/);
    const [before, last, after] = [begun, await page.textContent('.bars figcaption span:last-child'), new Date()];
    expect([before, after].map(sayDay)).toContain(last);
    await page.click('text=As a table');
    await page.waitForSelector('text=As a chart');
    expect(await page.locator('[aria-label="The last 30 days"] tbody tr').count()).toBeGreaterThan(20);
    for (const [by, text] of [
      ['Model', 'llama-3.2-3b-instruct'],
      ['Machine', 'Living room'],
      ['Job', 'the answer broke off'],
    ] as const) {
      await page.click(`.choice label:has-text("${by}")`);
      await page.waitForSelector(`.sheet >> text=${text}`);
    }
    await page.click('[aria-label="Verify the receipt of job_1a"]');
    expect(await page.textContent('.notice[data-kind=good] [role=status]')).toContain('Valid');
    // Told anew in another language, not left in the first one.
    await page.selectOption('.language select', 'ja');
    await page.click('[aria-label="job_1a の領収書を検証"]');
    expect(await page.textContent('.notice[data-kind=good] dl')).toContain(
      '承認書ルーター 0x12…：プロンプト212トークン',
    );
    await page.selectOption('.language select', 'en');
    await expect.poll(async () => page.locator('.notice[data-kind=good] dl').count()).toBe(0);
    const [file] = await Promise.all([page.waitForEvent('download'), page.click('text=Save as CSV')]);
    expect([file.suggestedFilename(), await readFile(await file.path(), 'utf8')]).toEqual([
      'irori-earnings.csv',
      expect.stringContaining('job_1'),
    ]);
    expect(faults).toEqual([]);
    await page.context().close();
  });

  test('the day says what was, and with no demand never that it earns; who leaves is asked twice', async () => {
    const { page, faults } = await enter({ viewport: WIDE, locale: 'en-GB' });
    await goTo(page, 'quiet');
    expect(await page.textContent('.spans li:first-child p')).toMatch(/^No demand for llama3\.2:3b, .* since /);
    expect(await page.textContent('.screen')).not.toMatch(/earning/i);
    await goTo(page, 'machine');
    await page.click('text=Examine');
    await page.waitForSelector('.checks >> text=too slow for what callers ask');
    await page.click('button.bad:text("Leave the network")');
    await page.waitForSelector('button:focus:text-is("Stay")');
    await page.click('text=Yes, leave');
    await page.waitForSelector('text=This machine has left the network.');
    expect(desk.actions.splice(0)).toEqual([{ do: 'leave' }, { do: 'leave', confirm: 'word' }]);
    expect(faults).toEqual([]);
    await page.context().close();
  });

  test('a page that is looked at asks every two seconds, and a hidden one nothing', async () => {
    const { page } = await enter({ viewport: NARROW, locale: 'en-GB' });
    await page.clock.install();
    let asked = 0;
    page.on('request', () => (asked += 1));
    await page.evaluate('document.dispatchEvent(new Event("visibilitychange"))');
    await page.waitForResponse(/api\/view/);
    await page.clock.runFor(2100);
    await page.waitForResponse(/api\/view/);
    await page.evaluate(
      'Object.defineProperty(document, "hidden", { value: true }); document.dispatchEvent(new Event("visibilitychange"))',
    );
    asked = 0;
    await page.clock.runFor(60_000);
    expect(asked).toBe(0);
    await page.context().close();
  });

  describe('from a running agent', () => {
    const bench = new AgentBench();
    let port: number;
    let page: Page;
    let faults: string[];

    beforeAll(async () => {
      await bench.open();
      // Its own, so that a restart finds it again beside other tests' agents.
      port = await claimPort('127.0.0.1', 0);
      await bench.upAndReady('--page-port', String(port));
    });
    afterAll(() => bench.close());

    const stands = async (told: string): Promise<void> =>
      void (await page.waitForSelector(`.standing h2:text("${told}")`));
    const earned = (): Promise<string | null> => page.textContent('.figure:has(dt:text("Earned")) strong');

    test('the address of irori-node open lets one browser in, once', async () => {
      const opened = startAgent(['open', '--json', '--state', bench.state]);
      expect(await opened.ended).toBe(0);
      const { url } = JSON.parse(opened.output()) as { url: string };
      expect(url).toMatch(new RegExp(`^http://127\\.0\\.0\\.1:${port}/#open=[\\w-]{43}$`));
      ({ page, faults } = await enter({ viewport: WIDE, locale: 'en-GB' }, url));
      await stands('Ready: no call needs this home now.');
      const stranger = await browser.newPage();
      await stranger.goto(url);
      await stranger.waitForSelector('text=That address was used before');
      await stranger.close();
    });

    test('a job is shown without a word of it, and a pause there is a pause here', async () => {
      const job = bench.hub.give({ model: 'say-5000x20', maxTokens: 10_000 });
      await page.waitForSelector('td:text("say-5000x20")');
      expect(await page.textContent('#page')).not.toMatch(/hello there|word/);
      await page.click('#pause');
      await page.click('text=For an hour');
      await stands('You paused it.');
      expect((await bench.hub.waitEnd(job.number)).receipt.outputTokens).toBeGreaterThan(0);
      await bench.hub.waitFor(({ name, json }) => name === 'state' && (json as NodeState).paused === 'owner');
      await page.click('button:text-is("Lend again")');
      await stands('Ready: no call needs this home now.');
    });

    test('a model that is kept back there is offered no more, nor served under a pattern, and a rule holds at once', async () => {
      await goTo(page, 'models');
      await page.click('[aria-label="Lend say-8x0"]');
      await page.waitForSelector('[aria-label="Lend say-8x0"][aria-checked=false]');
      expect(bench.hub.state?.models.map(({ name }) => name)).toEqual(['say-*']);
      const job = bench.hub.give({ model: 'say-8x0' });
      expect((await bench.hub.waitForFrame('refuse', job.number)).json).toMatchObject({ code: 'unfit' });
      await goTo(page, 'rules');
      await page.click('[aria-label="Jobs of a day: On"]');
      await page.waitForSelector('[aria-label="Jobs of a day: On"][aria-checked=true]');
    });

    test('after a restart the same browser sees the same totals, and what was kept back still is', async () => {
      await goTo(page, 'now');
      await page.waitForSelector('.figure:has(dt:text("Earned")) strong:not(:text-is("0.00"))');
      const before = await earned();
      await bench.kill();
      await page.waitForSelector('text=The agent does not answer');
      bench.hub.heard.length = 0;
      await bench.upAndReady('--page-port', String(port));
      await page.waitForSelector('text=The agent does not answer', { state: 'detached' });
      await stands('Ready: no call needs this home now.');
      expect(await earned()).toBe(before);
      expect(bench.hub.state?.models.map(({ name }) => name)).toEqual(['say-*']);
      expect(faults.filter((fault) => !fault.includes('ERR_CONNECTION_REFUSED'))).toEqual([]);
    });
  });
});
