// Earnings become credit once, whatever is lost between the home and its router.
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { accountIdToWord, CREDIT_ORDER, creditOrderSchema } from '../../schema/credit-order.ts';
import type { CreditOrderJson } from '../../schema/credit-order.ts';
import { makeMessageSigner } from '../../schema/receipt.ts';
import { addressOfPrivateKey, PLACEHOLDER_DOMAIN } from '../../schema/typed-data.ts';
import { formatCredit, readAmount, turnIntoCredit } from './credit.ts';

const ACCOUNT = `acct_${'7'.repeat(32)}`;
const privateKey = new Uint8Array(randomBytes(32));
const key = { privateKey, address: addressOfPrivateKey(privateKey) };

interface Sent {
  readonly order: CreditOrderJson;
  readonly signature: `0x${string}`;
}

/** A router that carries orders out as ours does; `fails` answers are not heard. */
class FakeRouter {
  readonly orders: Sent[] = [];
  readonly done = new Map<string, string>();
  available = 1000;
  fails = 0;
  refusal: string | null = null;
  url = '';
  readonly #server = createServer((request, response) => {
    let body = '';
    request.on('data', (data: Buffer) => (body += data.toString('utf8')));
    request.on('end', () => {
      const answer =
        request.method === 'POST' ? this.#take(JSON.parse(body) as Sent) : { status: 200, json: this.#tell() };
      if (request.method === 'POST' && this.fails > 0 && this.fails-- > 0) return response.destroy();
      return response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.json));
    });
  });

  async start(): Promise<void> {
    await new Promise<void>((ready) => this.#server.listen(0, '127.0.0.1', ready));
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #take(sent: Sent): { status: number; json: object } {
    this.orders.push(sent);
    const { number, amount } = sent.order;
    if (this.refusal !== null) return { status: 409, json: { error: { message: this.refusal } } };
    const applied = !this.done.has(String(number));
    if (applied) this.available -= Number(amount);
    this.done.set(String(number), String(amount));
    const told = { credited_micro: Number(amount), order: Number(number), applied };
    return { status: applied ? 201 : 200, json: { ...this.#tell(), ...told } };
  }

  #tell(): object {
    const last = Math.max(0, ...[...this.done.keys()].map(Number));
    const sums = { available_micro: this.available, spent_micro: 1000 - this.available };
    return { node: 'node_1', account: ACCOUNT, ...sums, last_order: last, domain: PLACEHOLDER_DOMAIN, now: 5000 };
  }
}

let router: FakeRouter;
let folder: string;

beforeEach(async () => {
  router = new FakeRouter();
  await router.start();
  folder = await mkdtemp(join(tmpdir(), 'irori-credit-'));
});

afterEach(async () => {
  router.stop();
  await rm(folder, { recursive: true, force: true });
});

const turn = (amount: number | 'all' | null, number: number | null = null): ReturnType<typeof turnIntoCredit> =>
  turnIntoCredit({ folder, router: router.url, key, amount, number }, Date.now());

test('an order names the home, its owner’s account and the next number, and is signed by the home', async () => {
  router.done.set('4', '1');
  expect(await turn(250)).toMatchObject({
    ok: true,
    value: { credited_micro: 250, order: 5, applied: true, available_micro: 750 },
  });
  const [sent] = router.orders;
  expect(sent?.order).toMatchObject({
    node: key.address,
    account: accountIdToWord(ACCOUNT),
    amount: '250',
    number: '5',
  });
  const order = creditOrderSchema.parse(sent?.order);
  const signed = { signature: sent?.signature ?? '0x', address: key.address } as const;
  expect(makeMessageSigner(PLACEHOLDER_DOMAIN).isSignedBy(CREDIT_ORDER, order, signed)).toBe(true);
  expect(await readdir(folder)).toEqual([]);
});

test('an order whose answer was not heard is sent again by the same command, and carried out once', async () => {
  router.fails = 1;
  expect(await turn(250)).toMatchObject({ ok: false, error: expect.stringContaining('The order is kept') as string });
  expect(await turn(250)).toMatchObject({ ok: true, value: { order: 1, applied: false, available_micro: 750 } });
  expect([...router.done]).toEqual([['1', '250']]);
  expect(router.orders[0]).toEqual(router.orders[1]);
  // From now on it is another one.
  expect(await turn(250)).toMatchObject({ ok: true, value: { order: 2, applied: true, available_micro: 500 } });
});

test('one of another amount comes after the order that is kept', async () => {
  router.fails = 1;
  await turn(250);
  expect(await turn(100)).toMatchObject({ ok: true, value: { order: 2, applied: true, available_micro: 650 } });
  expect([...router.done]).toEqual([
    ['1', '250'],
    ['2', '100'],
  ]);
});

test('an order that was refused is not kept, and a kept one for another router is left alone', async () => {
  router.refusal = 'too much';
  expect(await turn(9999)).toMatchObject({ ok: false, error: expect.stringContaining('too much') as string });
  expect(await readdir(folder)).toEqual([]);
  router.refusal = null;
  const foreign = {
    router: 'https://other.example',
    order: router.orders[0]?.order,
    signature: router.orders[0]?.signature,
  };
  await writeFile(join(folder, 'credit-order.json'), JSON.stringify(foreign));
  expect(await turn(10)).toMatchObject({ ok: false, error: expect.stringContaining('other.example') as string });
  expect(router.done.size).toBe(0);
});

test('all is what there is, and without an amount nothing is ordered', async () => {
  expect(await turn(null)).toMatchObject({ ok: true, value: { available_micro: 1000 } });
  expect(await turn('all')).toMatchObject({ ok: true, value: { credited_micro: 1000, available_micro: 0 } });
  expect(await turn('all')).toMatchObject({ ok: false, error: expect.stringContaining('no earnings') as string });
});

test('a number that the owner gives makes the same again the same order', async () => {
  expect(await turn(10, 40)).toMatchObject({ ok: true, value: { order: 40, applied: true } });
  expect(await turn(10, 40)).toMatchObject({ ok: true, value: { order: 40, applied: false, available_micro: 990 } });
});

test.each<[string | undefined, number | 'all' | null]>([
  [undefined, null],
  ['all', 'all'],
  ['2.5', 2_500_000],
  ['0.000001', 1],
  ['3', 3_000_000],
])('%s is read as %s', (written, read) => {
  expect(readAmount(written)).toEqual({ ok: true, value: read });
});

test.each(['0', '-1', '1.0000001', '1,5', ''])("'%s' is no amount", (written) => {
  expect(readAmount(written)).toMatchObject({ ok: false, error: expect.stringContaining('no amount') as string });
});

test('what a router says cannot move the terminal’s cursor', () => {
  const state = {
    node: 'n',
    account: 'acct\u001b[2J',
    available_micro: 1,
    spent_micro: 2,
    last_order: 0,
    domain: PLACEHOLDER_DOMAIN,
    now: 1,
  };
  expect(formatCredit(state)).not.toContain('\u001b');
});
