// An owner’s console in a real browser, without scripts: machines are named, what one earned is told, a code is made and ended, a machine that waits is approved by the session alone,
// a pool gets a machine and a member that is invited and leaves, and every page stands in both languages at both widths.
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { askAll, learnDigest, listModel } from './ask.ts';
import { BROWSER_TOLD, ConsoleBrowser, HAS_BROWSER, NARROW } from './console-browser.ts';
import type { Tab } from './console-browser.ts';
import { startModelServer } from './model-server.ts';
import type { ModelServer } from './model-server.ts';
import { startStack } from './stack.ts';
import type { Stack, TestAccount } from './stack.ts';
import { until } from './until.ts';

const MODEL = 'test/owned';
const PAGES = ['machines', 'earnings', 'quiet', 'codes', 'link', 'pools', 'proposals'];

describe.skipIf(!HAS_BROWSER)(`an owner’s console (${BROWSER_TOLD})`, () => {
  let stack: Stack;
  let server: ModelServer;
  let browser: ConsoleBrowser;
  let owner: TestAccount;
  let friend: TestAccount;
  let tab: Tab;

  beforeAll(async () => {
    stack = await startStack();
    server = await startModelServer();
    [owner, friend] = [await stack.makeAccount(), await stack.makeAccount(10_000_000)];
    await stack.startAgent({ owner, args: ['--models', 'say-8x0', '--backend', server.url] });
    const digest = await learnDigest(stack, owner, 'say-8x0');
    for (const id of [MODEL, `${MODEL}-twice`]) await listModel(stack, { owner, id, digest });
    await askAll(stack, { account: friend, model: MODEL, prompt: 'say-8x0' });
    browser = await ConsoleBrowser.launch(stack);
    tab = await browser.open({ hasScripts: false });
    await tab.signIn({ account: owner.id });
  });
  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
    await server?.stop();
  });

  const press = async (button: string): Promise<void> => {
    await Promise.all([tab.page.waitForNavigation(), tab.page.click(button)]);
  };
  const text = async (selector = 'main'): Promise<string> => (await tab.page.textContent(selector)) ?? '';

  test('a machine is named, and told by its name', async () => {
    // An agent that was started joins in its own time.
    await expect
      .poll(async () => tab.go('/console/machines').then(() => tab.page.locator('tbody a').count()), {
        timeout: 30_000,
      })
      .toBe(1);
    await press('tbody a');
    await tab.page.fill('#f-name', 'Attic');
    await press('main form:has(#f-name) button');
    expect(await text('h1')).toBe('Attic');
    // One digest, two names, both of them told.
    expect(await text('tbody')).toContain(`${MODEL}, ${MODEL}-twiceon the machine: say-8x0everyone`);
    await tab.go('/console/quiet');
    expect(await text()).toContain('Attic');
  });

  test('what a machine earned is told by what became of it, and its day by what each minute was', async () => {
    await until('what was earned', async () => {
      await tab.go('/console/earnings');
      return /[1-9]/.test(await text('.facts dd'));
    });
    expect(await text('.facts')).toMatch(/Earned in all0\.\d+by accepted receipts.*Held back0\.0+nothing is held back/);
    expect(await text('tbody')).toContain('Attic');
    // There is no chain here.
    expect(await text()).not.toContain('irori-node claim');
    await tab.go('/console/quiet');
    expect(await text()).toMatch(/Worked in [1-9]\d* of/);
    expect(await tab.page.$$('.chart.broad .fill-work')).not.toEqual([]);
  });

  test('a code is told once, listed, and ended', async () => {
    await tab.go('/console/codes');
    await tab.page.fill('#f-uses', '3');
    await press('main form[action="/console/codes"] button');
    const code = await text('main pre');
    expect(code).toMatch(/^enr_/);
    expect(await text('main')).toContain(`irori-node up --router ${browser.origin} --code ${code}`);
    await tab.go('/console/codes');
    expect(await text()).toContain('0 / 3');
    expect(await text()).not.toContain(code);
    await press('main form[action$="/end"] button');
    expect(await text()).toContain('The code is over');
  });

  test('a machine that waits is approved by the session, from the address that its agent prints', async () => {
    const challenge = createHash('sha256').update('v'.repeat(43)).digest('base64url');
    const machine = { name: 'cellar', models: ['tiny'] };
    const asked = await stack.call('/node/v1/links', { method: 'POST', body: { machine, challenge } });
    const { user_code: code } = (await asked.json()) as { user_code: string };
    await tab.go(`/link?code=${code}`);
    expect(new URL(tab.page.url()).pathname).toBe('/console/link');
    expect(await text()).toContain('cellar');
    await press('main button[value=approve]');
    expect(await text()).toContain('It has joined your account');
    // Agents print the machine’s number; who signed in did so under its name.
    const printed = await fetch(`${stack.url}/link?code=${code}`, { redirect: 'manual' });
    expect(printed.headers.get('location')).toBe(`${browser.origin}/link?code=${code}`);
    expect(await tab.go('/console/link?code=BCDF-GHJK')).toBe(404);
    expect(await text()).toContain('No machine shows this code');
    expect(await tab.page.inputValue('#f-code')).toBe('BCDF-GHJK');
    expect(await tab.page.getAttribute('#f-code', 'aria-invalid')).toBe('true');
    expect(await tab.page.locator('#f-code:focus').count()).toBe(1);
  });

  test('a pool gets a machine, and a member that is invited, says yes by itself, and may leave', async () => {
    const other = await browser.open({ hasScripts: false });
    await other.signIn({ account: friend.id });
    const pressed = async (button: string): Promise<string> => {
      await Promise.all([other.page.waitForNavigation(), other.page.click(button)]);
      return (await other.page.textContent('main')) ?? '';
    };
    const invite = async (account: string): Promise<string> => {
      await tab.page.fill('form[action$="/members"] input[type=text]', account);
      await press('form[action$="/members"] button[value=invite]');
      return text();
    };
    await tab.go('/console/pools');
    await tab.page.fill('#f-name', 'Friends');
    await press('main form[action="/console/pools"] button');
    await press('form[action$="/homes"] button[value=add]');
    expect(await invite(friend.id)).toContain('as soon as it says yes');
    expect(await text()).toContain('Nobody but this account may call it yet.');
    // Withdrawn under the hand that is about to accept.
    await other.go('/console/pools');
    expect(await other.page.textContent('main')).toContain(owner.id);
    await press('form[action$="/members"] button[value=withdraw]');
    expect(await text()).not.toContain(friend.id);
    expect(await pressed('button[value=accept]')).toContain('not there any more');
    await invite(friend.id);
    await other.go('/console/pools');
    expect(await pressed('button[value=decline]')).toContain('Declined');
    await tab.go('/console/pools');
    expect(await text()).not.toContain(friend.id);
    await invite(friend.id);
    await other.go('/console/pools');
    expect(await pressed('button[value=accept]')).toContain('You are a member now');
    expect(await invite(friend.id)).toContain('is a member already');
    expect(await invite(owner.id)).toContain('own, which may call it anyway');
    expect(await invite('Friend')).toContain('no account’s id');
    // What was typed stands there, where the next key goes.
    expect(await tab.page.inputValue('form[action$="/members"] input:focus')).toBe('Friend');
    expect(await text()).toContain(friend.id);
    expect(await pressed('form[action$="/members"] button[value=drop]')).toContain('You have left');
    await tab.go('/console/pools');
    expect(await text()).not.toContain(friend.id);
    const books = await stack.network.database();
    await books.prepare('ALTER TABLE pool_invitations RENAME TO away').run();
    await tab.go('/console/pools');
    expect(await text()).toMatch(/cannot be told now.*Friends.*cannot be told now.*Invite an account/s);
    await books.prepare('ALTER TABLE away RENAME TO pool_invitations').run();
    await tab.go('/console/pools');
    // For the page’s looks: one that waits on either side.
    await invite(friend.id);
    const { json } = await stack.admin('POST', '/pools', { name: 'Evening readers', owner_account_id: friend.id });
    const key = await stack.admin('POST', `/accounts/${friend.id}/keys`, { scopes: ['nodes'] });
    const path = `/v1/pools/${String(json['id'])}/members`;
    expect((await stack.call(path, { key: String(key.json['key']), body: { account: owner.id } })).status).toBe(201);
  });

  test('every page stands, wide and light, narrow, dark and Japanese', async () => {
    const dark = await browser.open({ size: NARROW, scheme: 'dark', locale: 'ja-JP' });
    await dark.signIn({ account: owner.id });
    const light = await browser.open();
    await light.signIn({ account: owner.id });
    for (const name of PAGES)
      for (const [looks, page] of [
        ['360-dark-ja', dark],
        ['1280-light-en', light],
      ] as const) {
        expect([name, await page.go(`/console/${name}`)]).toEqual([name, 200]);
        expect([name, looks, await page.judge()]).toEqual([name, looks, []]);
        await page.shot(`owner-${name}-${looks}`);
      }
    await dark.go('/console/machines');
    await Promise.all([dark.page.waitForNavigation(), dark.page.click('tbody a')]);
    expect(await dark.judge()).toEqual([]);
    // A code that is none, and the page that there is not.
    for (const path of ['/console/link?code=WXZB-CDFG', '/console/nowhere', '/console/machines/node_0']) {
      expect([path, await dark.go(path)]).toEqual([path, 404]);
      expect([path, await dark.judge()]).toEqual([path, []]);
    }
    const csv = await light.page.request.get('/console/api/node/v1/earnings?format=csv&by=claim&days=366');
    expect([csv.status(), csv.headers()['content-type']]).toEqual([200, 'text/csv; charset=utf-8']);
    expect([...tab.faults, ...dark.faults, ...light.faults]).toEqual([]);
  });
});
