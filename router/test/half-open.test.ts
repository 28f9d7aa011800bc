// Homes that were sent away and do not hang up: the line stands, since the platform waits for their goodbye. What the hub remembers of them is over.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { askWhole, listModel } from './ask.ts';
import { FloodDial, repeat } from './flood-dial.ts';
import { encodeJsonFrame } from '../../schema/frames.ts';
import { RAW_DIGEST, RAW_MODEL, RawNode } from './raw-node.ts';
import { startStack } from './stack.ts';
import type { Stack, TestAccount } from './stack.ts';
import { until } from './until.ts';

const MODEL = 'test/raw';
const PARIS = '48.9,2.4,FR';
const HUB = 'hub:weur:0';

let stack: Stack;
let owner: TestAccount;
let caller: TestAccount;

beforeAll(async () => {
  stack = await startStack({ timings: { shutOutMs: 600_000 } });
  [owner, caller] = [await stack.makeAccount(), await stack.makeAccount(1e9)];
});

afterAll(() => stack?.stop());

async function online(): Promise<number> {
  const response = await stack.call('/v1/models', { key: caller.apiKey, place: PARIS });
  const { data } = (await response.json()) as { data: { id: string; nodes_online: number }[] };
  return data.find(({ id }) => id === MODEL)?.nodes_online ?? 0;
}

test('a home that was sent away and does not hang up is no home of a hub that was evicted and wakes', async () => {
  const sent = await RawNode.enrol(stack, owner, { place: PARIS });
  const dial = await new FloodDial(stack, sent.id).enter(sent);
  const speeds = { promptTokensPerS: 1000, decodeTokensPerS: 100 };
  const model = { name: RAW_MODEL, digest: RAW_DIGEST, contextTokens: 100_000, quantisation: 'none', resume: 'none' };
  dial.send(encodeJsonFrame('state', { models: [{ ...model, ...speeds }], slots: 32, paused: null }));
  await listModel(stack, { owner, id: MODEL, digest: RAW_DIGEST });
  dial.stopReading();
  for (let i = 0; i < 20; i++) dial.send(repeat(encodeJsonFrame('state', {}), 1000));
  await until('it is gone', async () => (await online()) === 0);
  await stack.network.evictObject('Hub', HUB);
  const honest = await RawNode.join(stack, owner, { place: PARIS });
  honest.onJob = (job) => void job.head().say('well', 1).end(job.receipt());
  await until('the honest home', async () => (await online()) > 0);
  expect(await online()).toBe(1);
  for (let i = 0; i < 4; i++) {
    const { status, json } = await askWhole(stack, {
      account: caller,
      model: MODEL,
      prompt: `hello ${i}`,
      place: PARIS,
    });
    expect({ status, attempts: json['irori']?.attempts, node: json['irori']?.node }).toEqual({
      status: 200,
      attempts: 1,
      node: honest.id,
    });
  }
  dial.end();
});

test('an address whose dials do not hang up opens no more of them until they have; others dial on', async () => {
  const enrol = async (): Promise<string> => (await RawNode.enrol(stack, owner, { place: PARIS })).id;
  const open = (from: string, id: string): Promise<FloodDial> => new FloodDial(stack, id, { from }).settled();
  /** Each by another node, of which the edge lets this address dial ten times. */
  const isRefused = async (from: string): Promise<boolean> => {
    const dial = await open(from, await enrol());
    dial.end();
    return dial.status === 429;
  };
  const left: FloodDial[] = [];
  for (let node = 0; node < 8; node++) {
    const id = await enrol();
    for (let i = 0; i < 8; i++) {
      const dial = await open('203.0.113.20', id);
      // It is sent away for saying anything but hello, and never reads that it was.
      dial.stopReading();
      dial.send('no hello');
      left.push(dial);
    }
  }
  await until('its dials are refused', () => isRefused('203.0.113.20'));
  expect(await isRefused('203.0.113.21')).toBe(false);
  for (const dial of left) dial.end();
  await until('its dials are taken', async () => !(await isRefused('203.0.113.20')));
});
