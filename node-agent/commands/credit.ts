// `irori-node credit AMOUNT`: turns earnings of this home into API credit of its owner's account, one to one, by an order that the home signs. Needs no
// running agent. An order that was sent and not answered is kept, and sent again before another one is signed: so none is carried out twice.
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import type { Hex } from '../../schema/bytes.ts';
import { accountIdToWord, CREDIT_ORDER, creditOrderSchema } from '../../schema/credit-order.ts';
import type { CreditOrderJson } from '../../schema/credit-order.ts';
import { parseJson } from '../../schema/json.ts';
import { makeMessageSigner } from '../../schema/receipt.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { word } from '../../schema/typed-data.ts';
import type { Environment } from '../config/config.ts';
import type { OptionValues } from '../config/parse-flags.ts';
import { writeDurably } from '../home/durable-file.ts';
import { sendSigned } from '../link/signed-question.ts';
import type { SessionKey } from '../receipts/session-key.ts';
import { complain } from './complain.ts';
import { findOwnHome } from './own-home.ts';
import { tellLines } from './tell-lines.ts';

/** Where an order lies until it was answered. */
const PENDING_FILE = 'credit-order.json';
/** An order that does not arrive within this time is good no more, by the router's clock. */
const ORDER_LIFE_MS = 3_600_000;
const UNITS = 1_000_000;
const PATH = '/node/v1/credit';

const count = z.number().int().min(0);
const text = z.string().max(200);
const stateSchema = z.object({
  node: text,
  account: text,
  available_micro: count,
  spent_micro: count,
  last_order: count,
  domain: z.object({ chainId: z.number().int(), verifyingContract: word.address }),
  now: z.number(),
});
type CreditState = z.output<typeof stateSchema>;
const doneSchema = stateSchema.extend({ credited_micro: count, order: count, applied: z.boolean() });
type Done = z.output<typeof doneSchema>;

const pendingSchema = z.object({ router: text, order: creditOrderSchema, signature: word.signature });
interface Pending {
  readonly router: string;
  readonly order: CreditOrderJson;
  readonly signature: string;
}

/** What the command came to: what there is now, and the order that was carried out, if there was one. */
type Outcome = CreditState & Partial<Pick<Done, 'credited_micro' | 'order' | 'applied'>>;

/** Without a word it tells what there is. Exit status 0, 1 where nothing could be done, 2 where the owner has to say it otherwise. */
export async function runCredit(words: readonly string[], flags: OptionValues, env: Environment): Promise<number> {
  const amount = readAmount(words[0]);
  if (!amount.ok) return complain(amount.error, 2);
  const home = await findOwnHome(flags, env);
  if (!home.ok) return complain(home.error.sentence, home.error.exit);
  const { folder, status, key } = home.value;
  const number = typeof flags.order === 'number' ? flags.order : null;
  const wish = { folder, router: status.router, key, amount: amount.value, number };
  const outcome = await turnIntoCredit(wish, Date.now());
  if (!outcome.ok) return complain(outcome.error, 1);
  process.stdout.write(flags.json === true ? `${JSON.stringify(outcome.value)}\n` : formatCredit(outcome.value));
  return 0;
}

/** Units of what was written: credits with up to six decimals, `all`, or nothing (null). */
export function readAmount(written: string | undefined): Result<number | 'all' | null, string> {
  if (written === undefined) return ok(null);
  if (written === 'all') return ok('all');
  const [, whole = '', part = ''] = /^(\d{1,9})(?:\.(\d{1,6}))?$/.exec(written) ?? [];
  const units = Number(whole) * UNITS + Number(part.padEnd(6, '0'));
  return units > 0
    ? ok(units)
    : err(`'${written}' is no amount: write credits, such as 2.5, with up to six decimals, or all.`);
}

interface CreditWish {
  readonly folder: string;
  readonly router: string;
  readonly key: SessionKey;
  /** Units; null to be told only. */
  readonly amount: number | 'all' | null;
  /** The order's number where the owner gave one: the same again is the same order. */
  readonly number: number | null;
}

/** Sends the order that is kept, if there is one, and then the one that is wished for, unless that was it. Errors are sentences for the owner. */
export async function turnIntoCredit(wish: CreditWish, now: number): Promise<Result<Outcome, string>> {
  const told = await ask(wish, null, now);
  if (!told.ok) return told;
  const state = stateSchema.safeParse(told.value);
  if (!state.success) return err(`${wish.router} does not answer like an Irori router.`);
  const path = join(wish.folder, PENDING_FILE);
  if (wish.amount === null) return ok(state.data);
  const found = await readPending(path, wish.router);
  if (!found.ok) return found;
  const pending = found.value;
  const units = wish.amount === 'all' ? state.data.available_micro : wish.amount;
  if (pending) {
    const sent = await send(wish, pending, path, now);
    // The order that was asked for now is the one that was asked for before and not answered.
    if (!sent.ok || pending.order.amount === String(units)) return sent;
  }
  if (units === 0) return err('This home has no earnings that could be turned into credit now.');
  const number = wish.number ?? Math.max(state.data.last_order, Number(pending?.order.number ?? 0)) + 1;
  const made = makeOrder(wish, state.data, { units, number });
  await writeDurably(path, JSON.stringify(made));
  return send(wish, made, path, now);
}

function makeOrder(
  { router, key }: CreditWish,
  { account, domain, now }: CreditState,
  { units, number }: { readonly units: number; readonly number: number },
): Pending {
  const order = {
    node: key.address,
    account: accountIdToWord(account),
    amount: BigInt(units),
    number: BigInt(number),
    expiresAtMs: BigInt(now + ORDER_LIFE_MS),
  };
  const signer = makeMessageSigner({ ...domain, verifyingContract: domain.verifyingContract as Hex });
  const signature = signer.sign(CREDIT_ORDER, order, key.privateKey);
  const json = Object.fromEntries(Object.entries(order).map(([name, value]) => [name, String(value)]));
  return { router, order: json as unknown as CreditOrderJson, signature };
}

/** Whatever the router says to it ends an order; while it says nothing the order is kept. */
async function send(wish: CreditWish, pending: Pending, path: string, now: number): Promise<Result<Outcome, string>> {
  const { order, signature } = pending;
  const answer = await ask(wish, { order, signature }, now);
  if (!answer.ok && answer.isOpen)
    return err(`${answer.error} The order is kept: the same command again sends it, and it is carried out once.`);
  await rm(path, { force: true });
  if (!answer.ok) return answer;
  const done = doneSchema.safeParse(answer.value);
  return done.success ? ok(done.data) : err(`${wish.router} does not answer like an Irori router.`);
}

function ask({ router, key }: CreditWish, body: object | null, now: number): ReturnType<typeof sendSigned> {
  return sendSigned({ router, key, path: PATH, ...(body && { body: JSON.stringify(body) }) }, now);
}

/** The error is a sentence for the owner: one that waits for another router must not be forgotten. */
async function readPending(path: string, router: string): Promise<Result<Pending | null, string>> {
  const written = await readFile(path, 'utf8').catch(() => null);
  const json = written === null ? null : parseJson(written);
  if (!pendingSchema.safeParse(json).success) return ok(null);
  const pending = json as Pending;
  return pending.router === router
    ? ok(pending)
    : err(`An order for ${pending.router} waits in ${path} for its answer. Send it from there, or remove the file.`);
}

/** The outcome as lines for a terminal. */
export function formatCredit({ account, available_micro: available, spent_micro: spent, ...done }: Outcome): string {
  const lines = [
    ...(done.credited_micro === undefined
      ? []
      : [
          `${inCredits(done.credited_micro)} credits of earnings are now API credit of ${account} (order ${done.order ?? 0}${done.applied ? '' : ', carried out before'})`,
        ]),
    `can become credit  ${inCredits(available)}`,
    `became credit      ${inCredits(spent)} so far, of ${account}`,
  ];
  return tellLines(lines);
}

function inCredits(units: number): string {
  return (units / UNITS).toFixed(6);
}
