// The router's signing key is changed while a job runs and another's receipt waits: nobody is lost, nobody is accused, and every receipt still verifies.
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fromHex } from '../../schema/bytes.ts';
import { addressOfPrivateKey, PLACEHOLDER_DOMAIN } from '../../schema/typed-data.ts';
import { checkFiles } from '../../schema/verify/check-files.ts';
import { makeRotation } from '../local/make-rotation.ts';
import { ask, askAll, learnDigest, listModel } from './ask.ts';
import { isLedgerSound } from './books.ts';
import { startModelServer } from './model-server.ts';
import type { ModelServer } from './model-server.ts';
import { RAW_MODEL, RawNode } from './raw-node.ts';
import type { RawJob } from './raw-node.ts';
import type { Signed } from './seal-chain.ts';
import { startStack } from './stack.ts';
import type { Stack, TestAccount, TestAgent } from './stack.ts';
import { until } from './until.ts';

const MODEL = 'test/priced';
const OLD = { ROUTER_SIGNING_KEY: `0x${randomBytes(32).toString('hex')}` };
const NEW = makeRotation(OLD, { domain: PLACEHOLDER_DOMAIN, privateKey: randomBytes(32), now: Date.now() });
const [oldRouter, newRouter] = [OLD, NEW].map((keys) => addressOfPrivateKey(fromHex(keys.ROUTER_SIGNING_KEY)));

let stack: Stack;
let models: ModelServer;
let owner: TestAccount;
let caller: TestAccount;
let agent: TestAgent;

beforeAll(async () => {
  [stack, models] = await Promise.all([startStack({ bindings: OLD }), startModelServer()]);
  [owner, caller] = [await stack.makeAccount(), await stack.makeAccount(1_000_000)];
  agent = await stack.startAgent({ owner, args: ['--backend', models.url, '--models', 'say-8x0', '--slots', '4'] });
  await listModel(stack, { owner, id: MODEL, digest: await learnDigest(stack, owner, 'say-8x0') });
});

afterAll(async () => {
  await stack?.stop();
  await models?.stop();
});

type Bundle = Record<string, any>;

/** A job's receipt once it is accepted. */
function readReceipt(job: string, key = caller.apiKey): Promise<Bundle> {
  return until(`the receipt of ${job}`, async () => {
    const response = await stack.call(`/v1/receipts/${job}`, { key });
    const { data } = (await response.json()) as { data?: Bundle[] };
    return data?.[0]?.['acceptance'] ? data[0] : null;
  });
}

async function readStatus(): Promise<Record<string, any>> {
  return JSON.parse(await readFile(join(agent.stateDir, 'status.json'), 'utf8')) as Record<string, any>;
}

test('no job is lost and no receipt: what the old key gave a ticket for the new one accepts, and everything verifies', async () => {
  const before = await askAll(stack, { account: caller, model: MODEL, prompt: 'say-8x0' });
  const first = await readReceipt(before.job);
  expect([first['router'], first['acceptedBy']]).toEqual([oldRouter, undefined]);
  // A home that has ended its job and not signed for it yet.
  const raw = await RawNode.join(stack, owner);
  const withheld: { job: RawJob; signed: Signed }[] = [];
  raw.onJob = (job) => {
    const signed = job.head().say(' one', 1).receipt();
    withheld.push({ job, signed });
    job.endBare(signed.receipt);
  };
  await stack.waitForModel(owner, RAW_MODEL);
  const rawAnswer = await askAll(stack, { account: owner, model: RAW_MODEL, prompt: 'hi' });
  await until('its settlement is booked', () => isLedgerSound(stack));
  // And one in the middle of an answer, for long enough that its hub has noted it.
  const stream = await ask(stack, { account: caller, model: MODEL, prompt: 'say-400x20' });
  await stream.read(({ tokens }) => tokens > 50);
  await stack.network.restart(NEW);
  await stream.leave();

  await until(
    'the home is back',
    async () => (await readStatus())['outbox'] === 0 && (await readStatus())['acceptedReceipts'] === '3',
  );
  const cut = await readReceipt(stream.job);
  expect([cut['router'], cut['acceptedBy'], cut['handovers'].length]).toEqual([oldRouter, newRouter, 1]);
  await raw.connect();
  expect(await raw.offerLate(withheld[0]!.job, withheld[0]!.signed)).toMatchObject({ acceptance: { count: 1n } });
  const late = await readReceipt(rawAnswer.job, owner.apiKey);
  // Its owner's digest was learned by a job of its own.
  const after = await until('an answer', async () => {
    const answer = await askAll(stack, { account: caller, model: MODEL, prompt: 'say-8x0' });
    return answer.isDone ? answer : null;
  });
  const last = await readReceipt(after.job);
  expect([last['router'], last['acceptedBy']]).toEqual([newRouter, undefined]);

  // The first is what it was, and they are all one chain.
  expect(await readReceipt(before.job)).toEqual(first);
  const files = [first, cut, late, last].map((bundle, i) => ({ name: `${i}.json`, text: JSON.stringify(bundle) }));
  const report = checkFiles(files);
  expect(report.ok && report.value.verdict).toBe('valid');
  expect(report.ok && report.value.chains.map(({ last: seq, missing }) => [seq, missing])).toContainEqual(['4', '0']);
});

test('nobody is accused, and the books are sound', async () => {
  expect((await readStatus())['evidence']).toEqual([]);
  expect(agent.lines.filter((line) => /cannot both hold|not signed by the router/.test(line))).toEqual([]);
  const { data } = (await stack.admin('GET', '/nodes')).json as { data: { id: string }[] };
  for (const { id } of data) {
    expect((await stack.admin('GET', `/nodes/${id}`)).json['receipts']).toMatchObject({
      equivocations: 0,
      seal_equivocations: 0,
      refused: 0,
    });
    expect((await stack.admin('GET', `/nodes/${id}/evidence`)).json).toEqual({ object: 'list', data: [] });
  }
  await until('sound books', () => isLedgerSound(stack));
});
