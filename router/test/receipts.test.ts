// The receipt of a job as its caller gets it, and what `irori-node verify` makes of it offline, whole and with each field changed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fromHex } from '../../schema/bytes.ts';
import { receiptBundleSchema } from '../../schema/check-bundle.ts';
import { USAGE_RECEIPT, makeMessageSigner } from '../../schema/receipt.ts';
import { AGENT_MAIN } from '../../node-agent/test/agent-main.ts';
import { askAll, learnDigest, listModel, send } from './ask.ts';
import type { Answer } from './ask.ts';
import { startModelServer } from './model-server.ts';
import type { ModelServer } from './model-server.ts';
import { startStack } from './stack.ts';
import type { Stack, TestAccount } from './stack.ts';

const MODEL = 'test/priced';

type Bundle = Record<string, any>;

let stack: Stack;
let server: ModelServer;
let owner: TestAccount;
let caller: TestAccount;
let answer: Answer;
let receipt: Bundle;

beforeAll(async () => {
  stack = await startStack();
  server = await startModelServer();
  owner = await stack.makeAccount();
  caller = await stack.makeAccount(10_000_000);
  const args = ['--models', 'say-8x0', '--backend', server.url];
  await stack.startAgent({ owner, args, place: '48.9,2.4,FR' });
  const digest = await learnDigest(stack, owner, 'say-8x0');
  await listModel(stack, { owner, id: MODEL, digest });
  answer = await askAll(stack, { account: caller, model: MODEL, prompt: 'say-20x2', maxTokens: 50 });
  receipt = ((await (await fetchReceipts(caller)).json()) as { data: Bundle[] }).data[0]!;
});

afterAll(async () => {
  await stack.stop();
  await server.stop();
});

function fetchReceipts(account: TestAccount, job = answer.job): Promise<Response> {
  return stack.call(`/v1/receipts/${job}`, { key: account.apiKey });
}

test('a receipt says who did what for how much, and carries the three signed messages', () => {
  const hex = (bytes: number): unknown => expect.stringMatching(new RegExp(`^0x[0-9a-f]{${2 * bytes}}$`));
  const node = hex(20);
  const decimal = expect.stringMatching(/^\d+$/);
  const seal = (kind: number, chain: unknown): unknown => ({
    seal: {
      kind,
      node: chain,
      number: decimal,
      previous: hex(32),
      count: 1,
      root: hex(32),
      total: decimal,
      atMs: decimal,
    },
    proof: [],
  });
  expect(receipt).toEqual({
    object: 'receipt',
    id: answer.irori.receipt,
    job: answer.job,
    part: 0,
    model: MODEL,
    node: answer.irori.node,
    country: 'FR',
    outcome: 'complete',
    usage: { prompt_tokens: 7, completion_tokens: 20, total_tokens: 27 },
    charge_micro: 47,
    earned_micro: 43,
    paid_from: { granted: 47, earned: 0, bought: 0 },
    related: null,
    difference: null,
    attempts: 1,
    resumed: null,
    // Why this home, for as long as that is kept.
    decision: expect.objectContaining({ mode: 'closest', hubs_asked: 1, is_forced: false }),
    energy: expect.objectContaining({ boundary: 'wall-above-idle', known_tokens_share: expect.any(Number) }),
    // By the hub's clock; what the caller is told is by the edge's.
    ttft_ms: expect.any(Number),
    duration_ms: expect.any(Number),
    ended_at: expect.any(Number),
    receipt_hash: hex(32),
    domain: { chainId: 31_337, verifyingContract: '0x0000000000000000000000000000000000000001' },
    router: hex(20),
    ticket: {
      jobId: `0x${answer.job.slice(4)}${'0'.repeat(32)}`,
      part: 0,
      node,
      epoch: expect.any(Number),
      modelId: `0x${answer.irori.digest}`,
      requestHash: hex(32),
      salt: hex(32),
      chargePrompt: true,
      allowance: `0x${'0'.repeat(64)}`,
      maxPromptTokens: 24,
      maxOutputTokens: 50,
      seed: decimal,
      priceIn: '1000000',
      priceOut: '2000000',
      auditCommit: `0x${'0'.repeat(64)}`,
      issuedAtMs: decimal,
      expiresAtMs: decimal,
    },
    ticketSeal: seal(1, hex(20)),
    ticketSignature: hex(65),
    receipt: {
      ticketHash: hex(32),
      node,
      seq: expect.stringMatching(/^[1-9]\d*$/),
      prevReceipt: hex(32),
      responseHash: hex(32),
      promptTokens: 7,
      outputTokens: 20,
      finish: 0,
      ttftMs: expect.any(Number),
      durationMs: expect.any(Number),
      amount: '47',
      energyMicroWh: '0',
      energyLowMicroWh: '0',
      energyHighMicroWh: '0',
      energyMethod: 0,
    },
    receiptSeal: seal(2, node),
    receiptSignature: hex(65),
    acceptance: {
      receiptHash: receipt['receipt_hash'],
      node,
      promptTokens: 7,
      outputTokens: 20,
      amount: '43',
      status: 0,
      epoch: expect.any(Number),
      count: expect.stringMatching(/^[1-9]\d*$/),
      cumulativeAmount: decimal,
    },
    acceptanceSeal: seal(3, node),
    acceptanceSignature: hex(65),
  });
});

test('its hash stands in it; the last chunk knows none, since it waits for no receipt', () => {
  const bundle = receiptBundleSchema.parse(receipt);
  expect(makeMessageSigner(bundle.domain).hash(USAGE_RECEIPT, bundle.receipt!)).toBe(receipt['receipt_hash']);
  expect(answer.irori.receipt_hash).toBeNull();
});

test('the signed response hash is of the very bytes that the caller read', async () => {
  const response = await send(stack, { account: caller, model: MODEL, prompt: 'say-30x1-wide', stream: true });
  const events = (await response.text()).split(/(?<=\n\n)/).filter((event) => event.includes('"finish_reason":null'));
  const [{ ticket, receipt: signed }] = (
    (await (await fetchReceipts(caller, String(response.headers.get('x-irori-job')))).json()) as { data: [Bundle] }
  ).data;
  const hash = createHash('sha256').update(fromHex(ticket.salt)).update(events.join('')).digest('hex');
  expect(signed.responseHash).toBe(`0x${hash}`);
});

describe('a receipt is shown', () => {
  test('to the account that paid, and to no other caller', async () => {
    const other = await stack.makeAccount(1000);
    const [mine, theirs] = await Promise.all([fetchReceipts(caller), fetchReceipts(other)]);
    expect(mine.status).toBe(200);
    expect(theirs.status).toBe(404);
    expect(await theirs.json()).toMatchObject({ error: { code: 'receipt_not_found' } });
  });

  test.each(['job_00000000000000000000000000000000', 'job_1', 'rcpt_1', '%00', '..'])(
    'for no job that does not exist: %s',
    async (job) => {
      const response = await fetchReceipts(caller, job);
      expect(response.status).toBe(404);
      expect(((await response.json()) as { error: { type: string } }).error.type).toBe('invalid_request_error');
    },
  );

  test('to nobody without a key', async () => {
    expect((await stack.call(`/v1/receipts/${answer.job}`)).status).toBe(401);
  });
});

/** What the command says of a file. */
async function verify(value: unknown, ...flags: string[]): Promise<{ status: number | null; stdout: string }> {
  const file = join(stack.folder, 'receipt.json');
  await writeFile(file, JSON.stringify(value));
  const run = spawnSync(process.execPath, [AGENT_MAIN, 'verify', file, ...flags], { encoding: 'utf8' });
  expect(run.stderr).toBe('');
  return { status: run.status, stdout: run.stdout.replaceAll(/(?<=\S)\n {4,}/g, ' ') };
}

/** The receipt with one field of one message changed: another value of the same kind. */
function tamper(message: 'ticket' | 'receipt' | 'acceptance', field: string): Bundle {
  const value: unknown = receipt[message][field];
  return { ...receipt, [message]: { ...receipt[message], [field]: other(value) } };
}

function other(value: unknown): unknown {
  if (typeof value === 'boolean') return !value;
  if (typeof value === 'number') return value === 0 ? 1 : value - 1;
  const text = String(value);
  if (!text.startsWith('0x')) return text === '0' ? '1' : (BigInt(text) - 1n).toString();
  return `${text.slice(0, -1)}${text.endsWith('1') ? '2' : '1'}`;
}

describe('irori-node verify', () => {
  test('finds the answer of GET /v1/receipts valid, and says what it holds', async () => {
    const list = await (await fetchReceipts(caller)).json();
    const { status, stdout } = await verify(list);
    expect([status, stdout]).toEqual([0, expect.stringContaining(`valid  ${answer.irori.receipt}`)]);
    expect(stdout).toContain('7 prompt, 20 output tokens, 47 units, ended by stop');
    expect(stdout).toContain('7 prompt, 20 output tokens, 43 units, accepted');
    const json = await verify(receipt, '--json');
    expect(json.status).toBe(0);
    expect(JSON.parse(json.stdout)).toMatchObject({
      ok: true,
      parts: [{ ok: true, receiptHash: receipt['receipt_hash'] }],
    });
  });

  // One process for all: each is a part of one list, and the list holds only if all do.
  test('names the fault for every field of every signed message that was changed', async () => {
    const fields = (message: 'ticket' | 'receipt' | 'acceptance'): string[] => Object.keys(receipt[message] as object);
    const cases = (['ticket', 'receipt', 'acceptance'] as const).flatMap((message) =>
      fields(message).map((field) => ({ message, field })),
    );
    expect(cases).toHaveLength(17 + 15 + 9);
    const data = cases.map(({ message, field }) => tamper(message, field));
    const { status, stdout } = await verify({ object: 'list', data }, '--json');
    expect(status).toBe(1);
    const { ok, parts } = JSON.parse(stdout) as {
      ok: boolean;
      parts: { ok: boolean; fault?: string; message?: string }[];
    };
    expect(ok).toBe(false);
    const told = cases.map(
      ({ message, field }, i) => `${message}.${field}: ${parts[i]?.ok === false ? parts[i].fault : 'valid'}`,
    );
    expect(told).toEqual(cases.map(({ message, field }) => `${message}.${field}: ${faultOf(message, field)}`));
  });

  test.each([
    ['ticketSignature', 'ticket-signature'],
    ['receiptSignature', 'receipt-signature'],
    ['acceptanceSignature', 'acceptance-signature'],
    ['router', 'ticket-signature'],
  ])('names the fault when %s was changed', async (field, fault) => {
    const text = String(receipt[field]);
    const changed = `${text.slice(0, 10)}${text[10] === '1' ? '2' : '1'}${text.slice(11)}`;
    const { status, stdout } = await verify({ ...receipt, [field]: changed });
    expect([status, stdout]).toEqual([1, expect.stringContaining(`fault       ${fault}: `)]);
  });

  test('names the fault when the domain was changed', async () => {
    const { status, stdout } = await verify({ ...receipt, domain: { ...receipt['domain'], chainId: 1 } });
    expect([status, stdout]).toEqual([1, expect.stringContaining('ticket-signature')]);
  });

  test('wants a receipt, and says what a file lacks that is none', async () => {
    const none = await verify({ ...receipt, receipt: null, receiptSignature: null });
    expect([none.status, none.stdout]).toEqual([1, expect.stringContaining('no-receipt')]);
    const { ticket: _ticket, ...lacking } = receipt;
    const bad = await verify(lacking);
    expect([bad.status, bad.stdout]).toEqual([1, expect.stringContaining('ticket')]);
  });
});

/** The first check that a change fails, in the order of the chain: ticket, receipt of the ticket, receipt, acceptance. */
function faultOf(message: string, field: string): string {
  if (message === 'ticket') return 'ticket-signature';
  const known: Record<string, string> = {
    'receipt.ticketHash': 'receipt-of-other-ticket',
    'receipt.node': 'receipt-of-other-node',
    'acceptance.receiptHash': 'acceptance-of-other-receipt',
    'acceptance.node': 'acceptance-of-other-receipt',
  };
  return known[`${message}.${field}`] ?? `${message}-signature`;
}
