// Two live machines with one key, at one hub and at two: the one that is there and answers keeps the home, so that no number is signed by both.
import { expect, test } from 'vitest';
import { bookNode, dialHub, openHub, waitFor } from './join-hub.ts';
import type { HubStub } from './join-hub.ts';

/** A machine with this key that is welcomed, or sent away. It answers when it is asked whether it lives, unless it is `dead`. */
async function dial(
  stub: HubStub,
  key: Uint8Array,
  { instance, isDead = false }: { instance: string; isDead?: boolean },
) {
  const machine = await dialHub(stub, { key, shown: { instance } });
  const answering = setInterval(() => {
    if (!isDead && machine.heard.some(({ name }) => name === 'sync')) machine.send('running', { jobs: [] });
  }, 20);
  const first = await Promise.race([waitFor(machine.heard, 'welcome'), waitFor(machine.heard, 'error')]);
  return {
    ...machine,
    outcome: first.name === 'welcome' ? 'welcome' : (first.json as { code: string }).code,
    leave: () => (clearInterval(answering), machine.close()),
  };
}

async function makeKey(): Promise<Uint8Array> {
  const key = crypto.getRandomValues(new Uint8Array(32));
  await bookNode(key);
  return key;
}

test('at one hub, and at two however often it dials, the second machine is told so and the first works on', async () => {
  const [here, there] = [openHub(), openHub()];
  const key = await makeKey();
  const first = await dial(here, key, { instance: 'a' });
  expect(first.outcome).toBe('welcome');
  for (const stub of [here, there, there]) {
    const second = await dial(stub, key, { instance: 'b' });
    expect(second.outcome).toBe('node_elsewhere');
    second.leave();
  }
  expect(first.heard.map(({ name }) => name)).not.toContain('closed');
  first.leave();
});

test('once the first has left, or answers no more, the second is let in', async () => {
  const [here, there] = [openHub(), openHub()];
  const key = await makeKey();
  const first = await dial(here, key, { instance: 'a', isDead: true });
  const second = await dial(there, key, { instance: 'b' });
  expect(second.outcome).toBe('welcome');
  second.leave();
  await waitFor(second.heard, 'closed');
  const third = await dial(here, key, { instance: 'c' });
  expect(third.outcome).toBe('welcome');
  first.leave();
  third.leave();
});

test('one machine that moves is asked nothing', async () => {
  const [here, there] = [openHub(), openHub()];
  const key = await makeKey();
  const before = await dial(here, key, { instance: 'a' });
  const after = await dial(there, key, { instance: 'a' });
  expect(after.outcome).toBe('welcome');
  expect(before.heard.map(({ name }) => name)).not.toContain('sync');
  before.leave();
  after.leave();
});
