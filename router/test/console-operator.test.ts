// The operator's console in a real browser: every page, an account that is made, given credit and disabled, and the catalogue as it is changed.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BROWSER_TOLD, ConsoleBrowser, HAS_BROWSER, NARROW } from './console-browser.ts';
import type { Tab } from './console-browser.ts';
import { startStack } from './stack.ts';
import type { Stack, TestAccount } from './stack.ts';

const AT = '/console/operator';
const PAGES = ['accounts', 'nodes', 'catalogue', 'ledger', 'ledger/accounts?after=', 'ledger/projections'];
const MORE = ['ledger/epochs', 'ledger/chain', 'hubs', 'health', 'jobs', 'jobs?kind=slow&hours=24'];

describe.skipIf(!HAS_BROWSER)(`the operator's console (${BROWSER_TOLD})`, () => {
  let stack: Stack;
  let browser: ConsoleBrowser;
  let owner: TestAccount;
  let tab: Tab;

  beforeAll(async () => {
    stack = await startStack();
    browser = await ConsoleBrowser.launch(stack);
    owner = await stack.makeAccount();
    tab = await browser.open();
    await tab.signIn({ account: owner.id, isOperator: true });
  });
  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
  });

  const told = (): Promise<string> => tab.page.locator('main').innerText();
  const press = async (name: string): Promise<void> => {
    await tab.page.locator('main').getByRole('button', { name, exact: true }).click();
    await tab.page.waitForLoadState();
  };

  it('shows every page, wide and narrow, without a hurdle', async () => {
    const narrow = await browser.open({ size: NARROW, scheme: 'dark', locale: 'ja-JP', hasScripts: true });
    await narrow.signIn({ account: owner.id, name: 'phone', isOperator: true });
    for (const one of [tab, narrow])
      for (const path of [`accounts/${owner.id}`, ...PAGES, ...MORE])
        expect({ path, status: await one.go(`${AT}/${path}`), wrong: await one.judge() }).toEqual({
          path,
          status: 200,
          wrong: [],
        });
    expect([...tab.faults, ...narrow.faults]).toEqual([]);
    await narrow.close();
  });

  it('makes an account, gives it credit once, and disables it after asking', async () => {
    await tab.go(`${AT}/accounts`);
    await tab.page.fill('input[name="name"]', 'A library');
    await press('Make an account');
    expect(await told()).toContain('The account is made.');
    await tab.page.fill('input[name="amount"]', '25.5');
    await press('Grant it');
    expect(await told()).toContain('The credit is granted');
    expect(await told()).toContain('25.50');
    const [, id = ''] = /(acct_[0-9a-f]{32})/.exec(tab.page.url()) ?? [];
    await tab.go(`${AT}/ledger/accounts?account=${id}`);
    expect(await told()).toMatch(/equal|moving/);
    await tab.go(`${AT}/accounts/${id}/disable`);
    await press('Disable it');
    expect(await told()).toContain('The account is disabled');
    expect((await stack.admin('GET', `/accounts/${id}`)).json['disabled_at']).toBeTypeOf('number');
    await tab.go(`${AT}/accounts?q=LIBRARY`);
    expect(await told()).toContain(id);
  });

  it('keeps what was typed of a model with what is wrong with it, and adds and removes one', async () => {
    await tab.go(`${AT}/catalogue/new`);
    const fields = { id: 'lab/tiny', digests: 'short', price_in: '10', price_out: '20' };
    const sizes = { context_tokens: '4096', max_output_tokens: '512' };
    for (const [name, text] of Object.entries({ ...fields, ...sizes }))
      await tab.page.fill(`main input[name="${name}"]`, text);
    await press('Add it');
    expect(await told()).toContain('Digests: ');
    expect(await tab.page.getAttribute('main input[name="digests"]', 'aria-invalid')).toBe('true');
    expect(await tab.page.inputValue('main input[name="id"]')).toBe('lab/tiny');
    await tab.page.fill('main input[name="digests"]', 'ab'.repeat(32));
    await press('Add it');
    expect(await told()).toContain('lab/tiny');
    await tab.go(`${AT}/catalogue/remove?id=lab%2Ftiny`);
    await press('Take it off');
    expect(await told()).toContain('The model is off the catalogue.');
  });

  it('shows a grant that is refused anew, with what was typed, and the fault tied to its field, in Japanese', async () => {
    const other = await browser.open({ locale: 'ja-JP' });
    await other.signIn({ account: owner.id, name: 'Taro', isOperator: true });
    const { page } = other;
    await other.go(`${AT}/accounts/${owner.id}`);
    await page.fill('input[name="amount"]', '0');
    await page.fill('input[name="memo"]', 'for the library');
    await page.selectOption('select[name="purpose"]', 'research');
    await Promise.all([page.waitForNavigation(), page.click('form:has(input[name="amount"]) button')]);
    expect(await page.inputValue('input[name="memo"]')).toBe('for the library');
    expect(await page.inputValue('select[name="purpose"]')).toBe('research');
    const [fault = ''] = ((await page.getAttribute('input[name="amount"]', 'aria-describedby')) ?? '').split(' ');
    expect(await page.getAttribute('input[name="amount"]', 'aria-invalid')).toBe('true');
    expect(await page.textContent(`#${fault}`)).toContain('0より大きい');
    expect(await page.textContent('[role=alert]')).toContain('金額');
    expect(await other.judge()).toEqual([]);
    await other.shot('operator-refused-ja');
    // What was mended goes through from where it stands.
    await page.fill('input[name="amount"]', '2');
    await Promise.all([page.waitForNavigation(), page.click('form:has(input[name="amount"]) button')]);
    expect(new URL(page.url()).search).toBe('?did=granted');
    await other.close();
  });

  it('is not there for anybody else', async () => {
    const other = await browser.open();
    await other.signIn({ account: owner.id, name: 'Somebody' });
    for (const path of [...PAGES, ...MORE])
      expect({ path, status: await other.go(`${AT}/${path}`) }).toEqual({ path, status: 404 });
    await other.close();
  });
});
