// What signing in takes by hand: a browser without pages, a server that takes mail, and an authenticator that is none.
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright-core';
import type { Stack } from './stack.ts';

export interface Asked {
  readonly cookie?: string;
  readonly form?: Record<string, string>;
  readonly headers?: Record<string, string>;
}

export interface Answered {
  readonly status: number;
  readonly to: string | null;
  readonly cookie: string | null;
  readonly text: string;
}

/** A browser without pages: cookies are kept by hand. */
export class Hands {
  readonly #stack: Pick<Stack, 'url' | 'admin'>;
  readonly #accountId: string;
  /** By its name: passkeys are of no address. */
  readonly origin: string;

  constructor(stack: Pick<Stack, 'url' | 'admin'>, accountId: string) {
    this.#stack = stack;
    this.#accountId = accountId;
    this.origin = stack.url.replace('//127.0.0.1', '//localhost');
  }

  async ask(path: string, { cookie, form, headers = {} }: Asked = {}): Promise<Answered> {
    const { origin } = this;
    const response = await fetch(`${origin}${path}`, {
      method: form ? 'POST' : 'GET',
      redirect: 'manual',
      headers: { accept: 'text/html', ...(form && { origin }), ...(cookie !== undefined && { cookie }), ...headers },
      ...(form && { body: new URLSearchParams(form) }),
    });
    const set = response.headers.get('set-cookie')?.split(';')[0] ?? null;
    return { status: response.status, to: response.headers.get('location'), cookie: set, text: await response.text() };
  }

  /** Path of a link that signs in once: an owner of the account, where nothing else is said. */
  async makeLink(body: Record<string, unknown> = {}): Promise<string> {
    const said = { name: 'Hanako', account_id: this.#accountId, ...body };
    const { json } = await this.#stack.admin('POST', '/sign-in-links', said);
    return new URL(String(json['url'])).pathname;
  }

  async signIn(body: Record<string, unknown> = {}): Promise<{ readonly cookie: string; readonly csrf: string }> {
    const { cookie } = await this.ask(await this.makeLink(body), { form: {} });
    const { text } = await this.ask('/console/you', { cookie: cookie ?? '' });
    return { cookie: cookie ?? '', csrf: /name="csrf" value="(\w+)"/.exec(text)?.[1] ?? '' };
  }
}

/** As a browser that reached the router by another name; where it is led to. */
export function postAs(
  { origin, host, path }: { readonly origin: string; readonly host: string; readonly path: string },
  form: Record<string, string>,
): Promise<string | undefined> {
  const { port } = new URL(origin);
  const headers = {
    host: `${host}:${port}`,
    origin: `http://${host}:${port}`,
    'content-type': 'application/x-www-form-urlencoded',
  };
  return new Promise((done, fail) => {
    const sent = request({ host: '127.0.0.1', port, path, method: 'POST', headers }, (response) => {
      response.resume();
      done(response.headers.location);
    });
    sent.on('error', fail);
    sent.end(new URLSearchParams(form).toString());
  });
}

interface Mail {
  readonly to: string;
  readonly url: string;
  readonly locale: string;
  readonly isSigned: boolean;
}

export interface MailServer {
  readonly url: string;
  readonly mails: readonly Mail[];
  /** What it says to the next ones, before it takes them all. */
  readonly refusals: number[];
  readonly close: () => void;
}

export async function startMailServer(): Promise<MailServer> {
  const [mails, refusals]: [Mail[], number[]] = [[], []];
  const server = createServer((asked, response) => {
    let text = '';
    asked.on('data', (chunk) => (text += String(chunk)));
    asked.on('end', () => {
      const refusal = refusals.shift();
      if (refusal === undefined)
        mails.push({ ...(JSON.parse(text) as Mail), isSigned: 'webhook-signature' in asked.headers });
      response.writeHead(refusal ?? 200).end();
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/mail`, mails, refusals, close: () => void server.close() };
}

interface Credential {
  readonly credentialId: string;
  readonly signCount: number;
  readonly [rest: string]: unknown;
}

export async function addAuthenticator(page: Page) {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return {
    refuse: async (isRefusing: boolean) =>
      cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: !isRefusing }),
    /** As a copy of it would: its count goes back. */
    turnBack: async (signCount: number) => {
      const { credentials } = await cdp.send('WebAuthn.getCredentials', { authenticatorId });
      const [first] = credentials as unknown as Credential[];
      await cdp.send('WebAuthn.clearCredentials', { authenticatorId });
      await cdp.send('WebAuthn.addCredential', { authenticatorId, credential: { ...first, signCount } as never });
    },
  };
}
