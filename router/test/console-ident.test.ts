// Signing in, in a real browser with a virtual authenticator, and by hand against its doors: what is replayed, planted, foreign, removed or late opens nothing.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ConsoleBrowser, BROWSER_TOLD, HAS_BROWSER, NARROW } from './console-browser.ts';
import type { Tab } from './console-browser.ts';
import { addAuthenticator, Hands, postAs, startMailServer } from './sign-in-hands.ts';
import type { Answered, Asked, MailServer } from './sign-in-hands.ts';
import { startStack } from './stack.ts';
import type { Stack, TestAccount } from './stack.ts';

let stack: Stack;
let account: TestAccount;
let origin: string;
let mailServer: MailServer;
let hands: Hands;

beforeAll(async () => {
  mailServer = await startMailServer();
  stack = await startStack({
    hasPasskeys: true,
    bindings: {
      SIGNUP: 'open',
      ROUTER_ORIGINS: 'https://irori.example',
      LOCAL_WEBHOOKS: '1',
      MAIL_WEBHOOK_URL: mailServer.url,
      MAIL_WEBHOOK_SECRET: `whsec_${Buffer.alloc(32, 7).toString('base64')}`,
    },
  });
  origin = stack.url.replace('//127.0.0.1', '//localhost');
  account = await stack.makeAccount(1_000_000);
  hands = new Hands(stack, account.id);
});
afterAll(async () => {
  await stack?.stop();
  mailServer?.close();
});

const ask = (path: string, asked?: Asked): Promise<Answered> => hands.ask(path, asked);
const makeLink = (body?: Record<string, unknown>): Promise<string> => hands.makeLink(body);
const signIn = (body?: Record<string, unknown>): ReturnType<Hands['signIn']> => hands.signIn(body);
const isIn = async (cookie: string): Promise<boolean> => (await ask('/console/you', { cookie })).status === 200;

test('a link signs in once: of two at once one is let in, looking at it takes nothing, and its token is new though one was planted', async () => {
  const link = await makeLink();
  expect((await ask(link)).status).toBe(200);
  const planted = `irori_session=${'A'.repeat(43)}`;
  const both = await Promise.all([ask(link, { form: {}, cookie: planted }), ask(link, { form: {}, cookie: planted })]);
  const cookies = both.flatMap(({ cookie }) => (cookie === null ? [] : [cookie]));
  expect(cookies).toHaveLength(1);
  expect(cookies[0]).not.toBe(planted);
  expect([await isIn(cookies[0] ?? ''), await isIn(planted)]).toEqual([true, false]);
  expect((await ask(link)).status).toBe(404);

  // Whoever signs in again in the same browser leaves no session behind.
  const again = await ask(await makeLink(), { form: {}, cookie: cookies[0] ?? '' });
  expect([await isIn(again.cookie ?? ''), await isIn(cookies[0] ?? '')]).toEqual([true, false]);
});

test('a form of another site, without a token or with another’s, does nothing; no cookie opens the API', async () => {
  const { cookie, csrf } = await signIn();
  const other = await signIn({ name: 'Taro' });
  const form = { name: 'Mallory', locale: 'en' };
  const tries = [
    await ask('/console/you', { cookie, form: { ...form, csrf }, headers: { origin: 'https://evil.example' } }),
    await ask('/console/you', { cookie, form: { ...form, csrf }, headers: { 'sec-fetch-site': 'cross-site' } }),
    await ask('/console/you', { cookie, form }),
    await ask('/console/you', { cookie, form: { ...form, csrf: other.csrf } }),
    await ask(await makeLink(), { form: {}, headers: { origin: 'https://evil.example' } }),
  ];
  expect(tries.map(({ status }) => status)).toEqual([403, 403, 403, 403, 403]);
  expect((await ask('/console/you', { cookie })).text).not.toContain('Mallory');
  expect((await ask('/v1/usage', { cookie })).status).toBe(401);
  expect((await ask('/console/you', { cookie, form: { ...form, csrf } })).status).toBe(303);
});

test('what was written for one account is not done at another’s cost, where another tab has gone over to it; who leaves may from anywhere', async () => {
  const other = await stack.makeAccount();
  const host = await signIn({ account_id: other.id, name: 'Yuki' });
  const { text: invited } = await ask('/console/members', {
    cookie: host.cookie,
    form: { csrf: host.csrf, name: 'Juro', email: '', role: 'owner' },
  });
  const link = /\/sign-in\/[\w-]{43}/.exec(invited)?.[0] ?? '';
  const { cookie: first, csrf } = await signIn({ name: 'Juro' });
  // Whoever presses the button knows into what, and as whom.
  const shown = await ask(link, { cookie: first });
  expect(shown.text).toMatch(/Into the account [^.]+\. You join as who you are here, Juro,/);
  expect((await ask(link)).text).toContain('as Juro. Are you somebody here already?');
  const joined = await ask(link, { cookie: first, form: {} });
  expect([joined.status, joined.to, csrf.length > 0]).toEqual([303, '/console', true]);
  const cookie = joined.cookie ?? '';
  const tokenOf = (text: string): string => /name="csrf" value="(\w+)"/.exec(text)?.[1] ?? '';
  const before = tokenOf((await ask('/console/keys', { cookie })).text);
  const { text } = await ask('/console', { cookie });
  const mine =
    [...text.matchAll(/<option value="(mem_\w+)"( selected)?/g)].find(([, , isShown]) => !isShown)?.[1] ?? '';
  expect((await ask('/console/choose', { cookie, form: { csrf: before, member: mine } })).status).toBe(303);
  const form = { csrf: before, name: 'for the other account', scopes: 'call' };
  const refused = await ask('/console/keys', { cookie, form });
  expect([refused.status, refused.text.includes('for another account')]).toEqual([403, true]);
  const headers = { 'content-type': 'application/json', 'x-irori-csrf': before };
  const asked = await ask('/console/api/v1/chat/completions', { cookie, form: {}, headers });
  expect([asked.status, asked.text.includes('for another account')]).toEqual([403, true]);
  // What was typed stands there still, and is done for the account that is shown, once it is sent anew.
  expect(refused.text).toContain('value="for the other account"');
  expect((await ask('/console/keys', { cookie, form: { ...form, csrf: tokenOf(refused.text) } })).status).toBe(200);
  expect((await ask('/sign-out', { cookie, form: { csrf: before } })).status).toBe(303);
  expect(await isIn(cookie)).toBe(false);
});

test('signed out everywhere, no browser and no link that waits is left; one is signed out alone, and only by its owner', async () => {
  const first = await signIn();
  const second = await signIn();
  const waiting = await makeLink();
  const { text } = await ask('/console/you', { cookie: first.cookie });
  const ids = [...text.matchAll(/name="id" value="([0-9a-f]{64})"/g)].map(([, id]) => id ?? '');
  expect(ids.length).toBeGreaterThanOrEqual(2);
  const other = await signIn({ name: 'Taro' });
  for (const id of ids)
    await ask('/console/you/sessions/end', { cookie: other.cookie, form: { csrf: other.csrf, id } });
  expect([await isIn(first.cookie), await isIn(second.cookie)]).toEqual([true, true]);

  const all = await ask('/console/you/sessions/end-all', { cookie: first.cookie, form: { csrf: first.csrf } });
  expect(all.status).toBe(303);
  expect([await isIn(first.cookie), await isIn(second.cookie), await isIn(other.cookie)]).toEqual([false, false, true]);
  expect((await ask(waiting)).status).toBe(404);
});

test('a token a day old is exchanged, and the one before is good for a moment and never again', async () => {
  const { cookie } = await signIn({ name: 'Ichiro', email: 'ichiro@irori.example' });
  const database = await stack.network.database();
  const age = 'UPDATE sessions SET created_at = created_at - 90000000, expires_at = expires_at - 90000000';
  await database.prepare(age).run();
  const next = await ask('/console/you', { cookie });
  expect(next.cookie).toMatch(/^irori_session=/);
  expect([await isIn(next.cookie ?? ''), await isIn(cookie)]).toEqual([true, true]);
  await database.prepare('UPDATE sessions SET expires_at = 1 WHERE replaced_at IS NOT NULL').run();
  expect([await isIn(next.cookie ?? ''), await isIn(cookie)]).toEqual([true, false]);
  // Another token is no other sign-in.
  expect((await ask('/console/you', { cookie: next.cookie ?? '' })).text).toContain('Sign in again');
});

test('however much it is used, a browser is signed in for half a year at most', async () => {
  const { cookie } = await signIn({ name: 'Kunio' });
  const age =
    "UPDATE sessions SET created_at = created_at - ?1 WHERE person_id = (SELECT id FROM people WHERE name = 'Kunio')";
  const database = await stack.network.database();
  await database
    .prepare(age)
    .bind(179 * 86_400_000)
    .run();
  expect(await isIn(cookie)).toBe(true);
  await database
    .prepare(age)
    .bind(2 * 86_400_000)
    .run();
  expect(await isIn(cookie)).toBe(false);
});

test('who signed in a while ago is asked to do it again before they add a way in or sign out everywhere, and led back', async () => {
  const { cookie, csrf } = await signIn({ name: 'Hachiro' });
  const forms = {
    'passkeys/ask': {},
    passkeys: { key: 'planted', response: '{}' },
    'passkeys/remove': { id: 'x' },
    mail: { email: 'm@irori.example' },
    'sessions/end-all': {},
  };
  const before = (await ask('/console/you', { cookie })).text;
  for (const at of ['passkeys', 'mail', 'sessions/end-all']) expect(before).toContain(`action="/console/you/${at}"`);
  const database = await stack.network.database();
  await database.prepare('UPDATE sessions SET created_at = created_at - 900000').run();
  // Who has nothing to sign in anew with could never add it.
  expect((await ask('/console/you/passkeys/ask', { cookie, form: { csrf } })).status).toBe(200);
  await database.prepare("UPDATE people SET email = 'hachiro@irori.example' WHERE name = 'Hachiro'").run();
  const aged = (await ask('/console/you', { cookie })).text;
  expect(aged).toContain('You signed in more than 15 minutes ago');
  const mailed = mailServer.mails.length;
  for (const [at, form] of Object.entries(forms)) {
    expect(aged).not.toContain(`action="/console/you/${at}"`);
    const refused = await ask(`/console/you/${at}`, { cookie, form: { csrf, ...form } });
    expect([at, refused.status, refused.to]).toEqual([at, 303, '/sign-in?why=again&to=%2Fconsole%2Fyou']);
  }
  expect([await isIn(cookie), mailServer.mails.length]).toEqual([true, mailed]);
  const way = await ask('/sign-in?why=again&to=%2Fconsole%2Fyou', { cookie });
  expect(way.text).toContain('name="to" value="/console/you"');
  expect(way.text).toContain('You signed in more than 15 minutes ago');
  // One link of theirs, and they are where they were.
  const link = `${await makeLink({ name: 'Hachiro' })}?to=%2Fconsole%2Fyou`;
  expect((await ask(link, { cookie })).text).toContain('name="to" value="/console/you"');
  const again = await ask(link, { cookie, form: { to: '/console/you' } });
  expect([again.to, await isIn(cookie)]).toEqual(['/console/you', false]);
  expect((await ask('/console/you', { cookie: again.cookie ?? '' })).text).toContain('action="/console/you/passkeys"');
});

test('an account that was disabled and a member who was removed may nothing from then on', async () => {
  const lost = await stack.makeAccount();
  const { cookie } = await signIn({ account_id: lost.id, name: 'Jiro' });
  expect((await ask('/console/keys', { cookie })).status).toBe(200);
  await stack.admin('POST', `/accounts/${lost.id}/disable`, {});
  expect((await ask('/console/keys', { cookie })).status).toBe(403);

  const guest = await signIn({ name: 'Saburo', role: 'member' });
  expect((await ask('/console/keys', { cookie: guest.cookie })).status).toBe(200);
  const database = await stack.network.database();
  await database.prepare("UPDATE account_members SET removed_at = 1 WHERE name = 'Saburo'").run();
  expect((await ask('/console/keys', { cookie: guest.cookie })).status).toBe(403);
});

test('the same is answered to a mail address whether it is anybody’s; a link goes to who it is, and soon no more', async () => {
  await signIn({ name: 'Shiro', email: 'shiro@irori.example' });
  const known = await ask('/sign-in/mail', { form: { email: 'Shiro@irori.example' } });
  const nobody = await ask('/sign-in/mail', { form: { email: 'nobody@irori.example' } });
  expect([known.status, known.to, known.text]).toEqual([nobody.status, nobody.to, nobody.text]);
  await expect.poll(() => mailServer.mails.length).toBe(1);
  expect(mailServer.mails[0]).toMatchObject({
    type: 'sign_in.link',
    to: 'shiro@irori.example',
    locale: 'en',
    isSigned: true,
  });
  const { cookie } = await ask(new URL(mailServer.mails[0]?.url ?? '').pathname, { form: {} });
  expect((await ask('/console/you', { cookie: cookie ?? '' })).text).toContain('Shiro');
  // Whoever asks by another name of the router's gets no mail that leads there.
  expect(
    await postAs({ origin, host: 'elsewhere.example', path: '/sign-in/mail' }, { email: 'shiro@irori.example' }),
  ).toMatch(/sent=yes/);
  await expect.poll(() => mailServer.mails.length).toBe(2);
  expect(new URL(mailServer.mails[1]?.url ?? '').hostname).toBe('irori.example');
  const asked = [];
  for (let i = 0; i < 5; i++)
    asked.push((await ask('/sign-in/mail', { form: { email: 'nobody@irori.example' } })).status);
  expect(asked).toEqual([303, 303, 303, 303, 429]);
});

test('an address is somebody’s when they open its link where they asked for it, and nowhere else', async () => {
  const { cookie, csrf } = await signIn({ name: 'Goro' });
  const before = mailServer.mails.length;
  await ask('/console/you/mail', { cookie, form: { csrf, email: 'goro@irori.example' } });
  await expect.poll(() => mailServer.mails.length).toBe(before + 1);
  const link = new URL(mailServer.mails[before]?.url ?? '').pathname;
  const reader = await signIn({ name: 'Rokuro' });
  expect((await ask(link)).status).toBe(403);
  expect((await ask(link, { cookie: reader.cookie, form: {} })).cookie).toBeNull();
  // Who reads the mail of the address before it has no way in from then on.
  const waiting = await makeLink({ name: 'Goro' });
  expect((await ask(link, { cookie })).text).toContain('Links to sign in go to goro@irori.example from now on');
  const opened = await ask(link, { cookie, form: {} });
  expect((await ask(waiting)).status).toBe(404);
  expect((await ask('/console/you', { cookie: opened.cookie ?? '' })).text).toContain('goro@irori.example');
});

test('mail that nobody takes is sent anew, and one that is refused for good is not', async () => {
  await signIn({ name: 'Juni', email: 'juni@irori.example' });
  const before = mailServer.mails.length;
  mailServer.refusals.push(503, 429);
  await ask('/sign-in/mail', { form: { email: 'juni@irori.example' } });
  await expect.poll(() => mailServer.mails.length).toBe(before + 1);
  expect(mailServer.mails[before]).toMatchObject({ to: 'juni@irori.example' });
  mailServer.refusals.push(400);
  await ask('/sign-in/mail', { form: { email: 'juni@irori.example' } });
  await expect.poll(() => mailServer.refusals.length).toBe(0);
  await new Promise((wake) => setTimeout(wake, 1000));
  expect(mailServer.mails.length).toBe(before + 1);
});

test('who is a member of nothing begins where there is something to see', async () => {
  const operator = await ask(await makeLink({ account_id: null, is_operator: true }), { form: {} });
  expect([operator.status, operator.to]).toEqual([303, '/console/operator/accounts']);
  const nobody = await ask(await makeLink({ account_id: null }), { form: { to: '//evil.example' } });
  expect(nobody.to).toBe('/console/you');
});

test('an account of one’s own comes with its owner, who is signed in', async () => {
  const made = await ask('/sign-in/new', { form: { name: 'Nanako', account: 'Nanako’s lab' } });
  expect([made.status, made.to]).toEqual([303, '/console/you']);
  expect((await ask('/console/members', { cookie: made.cookie ?? '' })).text).toContain('Nanako');
});

describe.skipIf(!HAS_BROWSER)(`in a browser (${BROWSER_TOLD})`, () => {
  let browser: ConsoleBrowser;
  beforeAll(async () => {
    browser = await ConsoleBrowser.launch(stack);
  });
  afterAll(async () => browser?.close());

  const usePasskey = async (tab: Tab, to: RegExp): Promise<string> => {
    const { page } = tab;
    await tab.go('/sign-in');
    const sent = page.waitForRequest((one) => one.method() === 'POST' && one.url().endsWith('/sign-in/passkey'));
    await page.click('form[data-passkey] button');
    const body = (await sent).postData() ?? '';
    await page.waitForURL(to);
    return body;
  };
  const signOut = async ({ page }: Tab): Promise<void> => {
    await Promise.all([page.waitForURL((url) => url.pathname === '/'), page.click('form[action="/sign-out"] button')]);
  };

  test('a passkey is added, signs in, and does so no more when it is replayed, copied, refused, or removed', async () => {
    const tab = await browser.open();
    const { page } = tab;
    const authenticator = await addAuthenticator(page);
    await tab.signIn({ account: account.id, name: 'Kaori' });
    await tab.go('/console/you');
    expect(await tab.judge()).toEqual([]);
    await page.fill('form[data-passkey] input[name=key]', 'laptop');
    await page.click('form[data-passkey] button');
    await page.waitForURL('**/console/you?done=passkey-added');
    await tab.shot('you-1280-light-en');
    expect(await page.textContent('td, th[scope=row]')).toBeTruthy();
    expect(await page.textContent('main')).toContain('laptop');

    await signOut(tab);
    const said = await usePasskey(tab, /\/console$/);
    expect(await page.textContent('.who a')).toBe('Kaori');
    const form = Object.fromEntries(new URLSearchParams(said));
    expect(await ask('/sign-in/passkey', { form })).toMatchObject({ to: '/sign-in?fault=over', cookie: null });

    await signOut(tab);
    await authenticator.turnBack(0);
    await usePasskey(tab, /fault=refused/);
    expect(await page.textContent('[role=alert]')).toContain('not taken');
    await authenticator.turnBack(50);
    await usePasskey(tab, /\/console$/);

    await tab.go('/console/you');
    await page.click('form[action="/console/you/passkeys/remove"] button');
    await page.waitForURL('**/console/you?done=passkey-removed');
    await signOut(tab);
    await usePasskey(tab, /fault=unknown/);
    // Not what an authenticator refused.
    await tab.go('/sign-in');
    await page.route('**/sign-in/passkey/ask', (route) => route.fulfill({ status: 429, body: '{}' }));
    await page.click('form[data-passkey] button');
    await page.waitForSelector('[data-fault]:not([hidden])');
    expect(await page.textContent('[data-fault]')).toContain('Nothing was asked of your passkey');
    await page.unroute('**/sign-in/passkey/ask');
    await authenticator.refuse(true);
    await tab.go('/sign-in');
    await page.click('form[data-passkey] button');
    await page.waitForSelector('[data-fault]:not([hidden])');
    expect(tab.faults).toEqual([]);
    await tab.close();
  });

  test('what was signed for another place, or by a challenge of somebody who adds a key, is refused', async () => {
    const tab = await browser.open();
    const { page } = tab;
    await addAuthenticator(page);
    await tab.signIn({ account: account.id, name: 'Mio' });
    await tab.go('/console/you');
    await page.fill('form[data-passkey] input[name=key]', 'phone');
    await page.click('form[data-passkey] button');
    await page.waitForURL('**/console/you?done=passkey-added');
    /** Signs what `path` asks for, as the page's own script would to sign in. */
    const sign = async (path: string): Promise<string> =>
      String(
        await page.evaluate(`(async () => {
          const body = new URLSearchParams({ csrf: document.querySelector('input[name=csrf]').value });
          const { challenge } = await (await fetch('${path}', { method: 'POST', body })).json();
          const asked = { challenge, rpId: 'localhost', userVerification: 'required', allowCredentials: [] };
          const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(asked);
          return JSON.stringify((await navigator.credentials.get({ publicKey })).toJSON());
        })()`),
      );
    const added = await sign('/console/you/passkeys/ask');
    expect((await ask('/sign-in/passkey', { form: { response: added } })).to).toBe('/sign-in?fault=over');
    const own = await sign('/sign-in/passkey/ask');
    expect(await postAs({ origin, host: 'elsewhere.localhost', path: '/sign-in/passkey' }, { response: own })).toBe(
      '/sign-in?fault=refused',
    );
    // Whoever tries has spent the challenge.
    expect((await ask('/sign-in/passkey', { form: { response: own } })).to).toBe('/sign-in?fault=over');
    const fresh = await sign('/sign-in/passkey/ask');
    expect((await ask('/sign-in/passkey', { form: { response: fresh } })).to).toBe('/console');
    // A page that was left open leads to whoever sits there.
    const database = await stack.network.database();
    await database.prepare('UPDATE sessions SET created_at = created_at - 900000').run();
    await page.fill('form[data-passkey] input[name=key]', 'tablet');
    await page.click('form[data-passkey] button');
    await page.waitForURL('**/sign-in?why=again&to=%2Fconsole%2Fyou');
    expect(tab.faults).toEqual([]);
    await tab.close();
  });

  test('without scripts the page offers links; it is no hurdle, narrow, dark and in Japanese', async () => {
    const tab = await browser.open({ size: NARROW, scheme: 'dark', locale: 'ja-JP', hasScripts: false });
    await tab.go('/sign-in');
    expect(await tab.page.isVisible('form[data-passkey] button')).toBe(false);
    expect(await tab.page.isVisible('[data-without]')).toBe(true);
    await tab.close();
    for (const path of ['/sign-in', '/sign-in/new']) {
      const shown = await browser.open({ size: NARROW, scheme: 'dark', locale: 'ja-JP' });
      await shown.go(path);
      expect([path, await shown.judge()]).toEqual([path, []]);
      await shown.shot(`${path.slice(1).replaceAll('/', '-')}-360-dark-ja`);
      await shown.close();
    }
  });
});
