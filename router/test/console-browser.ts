// A real browser before the console of a test's network: pages of a size, a scheme and a language, signed in by a link, with all that fails in them.
import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import { findBrowserPath } from './browser.ts';
import type { Stack } from './stack.ts';

export { BROWSER_TOLD } from './browser.ts';

/** False where the machine has no browser: `describe.skipIf(!HAS_BROWSER)`. */
const executablePath = findBrowserPath();
export const HAS_BROWSER = executablePath !== null;

export const WIDE = { width: 1280, height: 900 };
export const NARROW = { width: 360, height: 740 };
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

export interface Looks {
  readonly size?: { readonly width: number; readonly height: number };
  readonly scheme?: 'light' | 'dark';
  readonly locale?: 'en-GB' | 'ja-JP';
  readonly hasScripts?: boolean;
}

/** As whom a page is signed in. */
export interface SignInAs {
  readonly account: string;
  readonly name?: string;
  readonly role?: 'owner' | 'member' | 'viewer';
  readonly isOperator?: boolean;
}

/** A tab with cookies of its own. */
export interface Tab {
  readonly page: Page;
  /** What failed in it so far, and what it asked of anybody else. */
  readonly faults: string[];
  /** By the console's path. */
  go(path: string): Promise<number>;
  signIn(as: SignInAs): Promise<void>;
  /** What is wrong with the page as it stands: a serious or critical hurdle, a window that scrolls sideways, English in a Japanese page. Empty for nothing. */
  judge(): Promise<string[]>;
  /** Into the folder $IRORI_SHOTS, as `name.png`; nowhere where that is not set. */
  shot(name: string): Promise<void>;
  close(): Promise<void>;
}

interface AxeResult {
  readonly violations: readonly { id: string; impact: string; nodes: readonly { html: string }[] }[];
}

export class ConsoleBrowser {
  readonly #browser: Browser;
  readonly #stack: Pick<Stack, 'url' | 'admin'>;
  /** By its name: passkeys are of no address. */
  readonly origin: string;

  private constructor(browser: Browser, stack: Pick<Stack, 'url' | 'admin'>) {
    this.#browser = browser;
    this.#stack = stack;
    this.origin = stack.url.replace('//127.0.0.1', '//localhost');
  }

  static async launch(stack: Pick<Stack, 'url' | 'admin'>): Promise<ConsoleBrowser> {
    const args = ['--no-sandbox', '--disable-gpu'];
    return new ConsoleBrowser(await chromium.launch({ executablePath: executablePath ?? '', args }), stack);
  }

  async open({ size = WIDE, scheme = 'light', locale = 'en-GB', hasScripts = true }: Looks = {}): Promise<Tab> {
    const context = await this.#browser.newContext({
      viewport: { ...size },
      colorScheme: scheme,
      locale,
      javaScriptEnabled: hasScripts,
      reducedMotion: 'reduce',
      baseURL: this.origin,
    });
    const page = await context.newPage();
    const faults = collectFaults(page, this.origin);
    return {
      page,
      faults,
      go: async (path) => (await page.goto(path))?.status() ?? 0,
      signIn: async (as) => this.#signIn(page, as),
      judge: async () => judgePage(page),
      shot: async (name) => takeShot(page, name),
      close: async () => context.close(),
    };
  }

  async #signIn(page: Page, { account, name = 'Hanako', role = 'owner', isOperator = false }: SignInAs): Promise<void> {
    const body = { name, account_id: account, role, is_operator: isOperator };
    const { status, json } = await this.#stack.admin('POST', '/sign-in-links', body);
    if (status !== 201) throw new Error(`no link to sign in: ${status} ${JSON.stringify(json)}`);
    await page.goto(new URL(String(json['url'])).pathname);
    await Promise.all([page.waitForURL('**/console'), page.click('main form button')]);
  }

  async close(): Promise<void> {
    await this.#browser.close();
  }
}

/** A page that is not there is said on the console as well: no fault of the page. */
const TOLD_BY_STATUS = /the server responded with a status of 4\d\d/;

function collectFaults(page: Page, origin: string): string[] {
  const faults: string[] = [];
  page.on('request', (asked) => {
    const url = asked.url();
    if (new URL(url).origin !== origin && !/^(?:data|blob):/.test(url)) faults.push(`asked elsewhere: ${url}`);
  });
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (said) => {
    if (said.type() === 'error' && !TOLD_BY_STATUS.test(said.text())) faults.push(said.text());
  });
  return faults;
}

/** By the rules of the guidelines; what is good practice beside them is never serious, and takes as long again. */
const JUDGE =
  'axe.run(document, { resultTypes: ["violations"], runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] })';

async function judgePage(page: Page): Promise<string[]> {
  const over = Number(await page.evaluate('document.documentElement.scrollWidth - innerWidth'));
  if ((await page.evaluate('typeof axe')) === 'undefined') await page.evaluate(await readFile(AXE, 'utf8'));
  const { violations } = (await page.evaluate(JUDGE)) as AxeResult;
  const hurdles = violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`);
  const english = ((await page.evaluate(FIND_ENGLISH)) as string[]).map((text) => `English: ${text}`);
  return [...(over > 0 ? [`${over} px wider than the window`] : []), ...hurdles, ...english];
}

/**
 * Texts of a Japanese page with four English words in a row, where nothing says that they are English, code, or what somebody named something. What
 * speaks to who hears the page is text as well.
 */
const FIND_ENGLISH = `(() => {
  if (document.documentElement.lang !== 'ja') return [];
  const english = /(?:[A-Za-z][A-Za-z’'-]*[,;:.]? ){3}[A-Za-z]{2,}/;
  const apart = 'small[lang=en], code, pre, samp, kbd, script, style, [translate=no]';
  const found = [];
  const look = (element, text) => {
    if (english.test(text.replaceAll(/\\s+/g, ' ')) && !element.closest(apart)) found.push(text.trim());
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node; node = texts.nextNode()) look(node.parentElement, node.data);
  for (const element of document.querySelectorAll('[aria-label], [title], [alt], [placeholder]'))
    for (const name of ['aria-label', 'title', 'alt', 'placeholder']) look(element, element.getAttribute(name) ?? '');
  return [document.title, ...found].filter((text) => english.test(text));
})()`;

async function takeShot(page: Page, name: string): Promise<void> {
  const folder = process.env['IRORI_SHOTS'];
  if (!folder) return;
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
}
