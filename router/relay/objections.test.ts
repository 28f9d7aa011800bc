// What one home says against a request decides for no caller: who else is asked, when it stands, and whose words are told.
import { describe, expect, test } from 'vitest';
import { readContent } from '../../schema/read-chunks.ts';
import {
  dataRecord,
  endRecord,
  failRecord,
  headRecord,
  openRun,
  refused,
  taken,
  takenBy,
  takenByTrusted,
} from '../test/fake-hubs.ts';
import type { FakePart } from '../test/fake-hubs.ts';
import type { ReadEvent, ReadRun } from '../test/read-as-caller.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const homes = ['n1@h1', 'n2@h2', 'n3@h3', 'n4@h4'];

/** All events to the last, as short words. */
async function follow(run: ReadRun): Promise<string[]> {
  const words: string[] = [];
  for (;;) {
    const event = await run.next();
    if (event.kind === 'head') words.push(`head ${event.head.node}`);
    else if (event.kind === 'data') words.push(readContent(new TextDecoder().decode(event.events)));
    else words.push(event.kind === 'end' ? 'end' : `failed ${event.failure.kind}`);
    if (event.kind === 'end' || event.kind === 'failed') return words;
  }
}

const whole = (node: string) => () =>
  taken(headRecord(node), dataRecord(bytes('a')), dataRecord(bytes('b')), endRecord());
const tooLong = (node: string, contextTokens: number) => () =>
  taken(headRecord(node), failRecord({ code: 'context', promptTokens: 9001, contextTokens }));

const OURS = {
  kind: 'bad-request',
  message: expect.stringMatching(/^The home that was asked refused/),
  param: 'messages',
};
const bad =
  (node: string, owner: string | null, facts: object = {}) =>
  () =>
    refused({ code: 'bad-request', nodeId: node, ownerAccountId: owner, message: 'Pay!', param: 'pay', ...facts });

test('one home’s word that the request is wrong decides nothing: another is asked, and its answer shows who was wrong', async () => {
  const { run, asked, contradicted } = openRun(homes, { h1: [bad('n1', 'o1')], h2: [whole('n2')] });
  expect(await follow(run)).toEqual(['head n2', 'a', 'b', 'end']);
  expect(asked[1]?.offer).toMatchObject({ excludeNodeIds: ['n1'], avoidOwners: ['o1'], part: 1, attempt: 1 });
  expect(contradicted).toEqual(['n1@h1']);
});

test('where nobody else can be asked it is told in our words alone', async () => {
  const { run } = openRun(['n1@h1'], { h1: [bad('n1', 'o1')] });
  expect(await run.next()).toEqual({ kind: 'failed', failure: OURS });
});

test('nine homes of one owner that say so are one voice, and cost no more than one', async () => {
  const nine = Array.from({ length: 9 }, (_, i) => `e${i}@h1`);
  const hub = nine.map((home) => bad(home.slice(0, 2), 'evil'));
  const { run, asked } = openRun([...nine, 'n1@h2'], { h1: hub, h2: [whole('n1')] });
  expect(await follow(run)).toContain('end');
  expect(asked).toHaveLength(10);
  expect((await openRun(nine, { h1: hub }).run.next()) as object).toEqual({ kind: 'failed', failure: OURS });
});

test('nine homes of nine owners that refuse otherwise leave the tenth', async () => {
  const nine = Array.from({ length: 9 }, (_, i) => `e${i}@h1`);
  const no = nine.map((_, i) => () => refused({ code: 'refused', nodeId: `e${i}`, ownerAccountId: `o${i}` }));
  const { run } = openRun([...nine, 'n1@h2'], { h1: no, h2: [whole('n1')] });
  expect(await follow(run)).toContain('end');
});

test('homes that decline before they ask their servers are not believed, however many owners they have', async () => {
  const nine = Array.from({ length: 9 }, (_, i) => `e${i}@h1`);
  const no = nine.map((_, i) => bad(`e${i}`, `o${i}`));
  const { run, contradicted } = openRun([...nine, 'n1@h2'], { h1: no, h2: [whole('n1')] });
  expect(await follow(run)).toContain('end');
  expect(contradicted).toHaveLength(9);
});

test('the caller’s own home is believed at once', async () => {
  const own = bad('n1', 'acct_caller', { message: 'The home refused the request: "stop is empty".', param: 'stop' });
  const { run, asked } = openRun(homes, { h1: [own] });
  expect(await run.next()).toMatchObject({ failure: { kind: 'bad-request', param: 'stop' } });
  expect(asked).toHaveLength(1);
});

test('running homes that say so are weighed alike', async () => {
  const says = (node: string, owner: string | null) => () =>
    takenBy(owner, headRecord(node), failRecord({ code: 'bad-request', reason: 'roles must alternate' }));
  const told = {
    kind: 'bad-request',
    message: 'The home\'s model server refused the request: "roles must alternate".',
    param: 'messages',
  };
  const lastOf = async (run: ReadRun): Promise<ReadEvent> => {
    for (;;) {
      const event = await run.next();
      if (event.kind === 'failed' || event.kind === 'end') return event;
    }
  };
  const two = openRun(homes, { h1: [says('n1', 'o1')], h2: [says('n2', 'o2')] });
  expect(await lastOf(two.run)).toEqual({ kind: 'failed', failure: told });
  const own = openRun(homes, { h1: [says('n1', 'acct_caller')] });
  expect(await lastOf(own.run)).toEqual({ kind: 'failed', failure: told });
  const one = openRun(homes, { h1: [says('n1', 'o1')], h2: [whole('n2')] });
  expect(await lastOf(one.run)).toMatchObject({ kind: 'end' });
  expect(one.contradicted).toEqual(['n1@h1']);
  const lone = openRun(['n1@h1'], { h1: [says('n1', 'o1')] });
  expect(await lastOf(lone.run)).toEqual({ kind: 'failed', failure: OURS });
});

describe('owners who agree and answer nothing', () => {
  const no = { code: 'bad-request', reason: 'pay first' } as const;
  const says = (node: string, owner: string, fail: object) => () =>
    takenBy(owner, headRecord(node), failRecord({ ...fail }));

  test.each([
    ['that the request is wrong', no],
    ['by failing', { reason: 'pay first' }],
  ])('%s: a third owner’s home is asked, and answers', async (_what, fail) => {
    const { run } = openRun(homes, {
      h1: [says('n1', 'o1', fail)],
      h2: [says('n2', 'o2', fail)],
      h3: [whole('n3')],
    });
    expect(await follow(run)).toEqual(['head n1', 'head n2', 'head n3', 'a', 'b', 'end']);
  });

  test('stand where nobody else is left to ask', async () => {
    const two = ['n1@h1', 'n2@h2'];
    const wrong = openRun(two, { h1: [says('n1', 'o1', no)], h2: [says('n2', 'o2', no)] });
    expect(await follow(wrong.run)).toEqual(['head n1', 'head n2', 'failed bad-request']);
    const failing = openRun(two, { h1: [says('n1', 'o1', {})], h2: [says('n2', 'o2', {})] });
    expect(await follow(failing.run)).toEqual(['head n1', 'head n2', 'failed prompt']);
  });

  test('stand at once beside a home that answers what it is given', async () => {
    const trusted = (): FakePart => takenByTrusted('o2', headRecord('n2'), failRecord({ ...no }));
    const { run, asked } = openRun(homes, { h1: [says('n1', 'o1', no)], h2: [trusted], h3: [whole('n3')] });
    expect(await follow(run)).toEqual(['head n1', 'head n2', 'failed bad-request']);
    expect(asked).toHaveLength(2);
  });
});

test('homes of one owner whose model servers fail are one voice until the third', async () => {
  const fault = (node: string) => () => takenBy('o1', headRecord(node), failRecord({ reason: 'send money' }));
  const { run, asked } = openRun(homes, { h1: [fault('n1')], h2: [fault('n2')], h3: [fault('n3')] });
  expect(await follow(run)).toEqual(['head n1', 'head n2', 'head n3', 'failed prompt']);
  expect(asked).toHaveLength(3);
  const saved = openRun(homes, { h1: [fault('n1')], h2: [fault('n2')], h3: [whole('n3')] });
  expect(await follow(saved.run)).toContain('end');
});

test('one home alone that failed: what its server said is told to its owner, and to nobody else', async () => {
  const { run: own } = openRun(['n1@h1'], {
    h1: [() => takenBy('acct_caller', headRecord('n1'), failRecord({ reason: 'out of memory' }))],
  });
  await own.next();
  expect(await own.next()).toMatchObject({
    failure: { kind: 'failed', message: expect.stringContaining('"out of memory"') },
  });
  const { run } = openRun(['n1@h1'], {
    h1: [() => takenBy('o1', headRecord('n1'), failRecord({ reason: 'send money' }))],
  });
  await run.next();
  const { failure } = (await run.next()) as { failure: { message: string } };
  expect(failure.message).not.toContain('money');
});

test('an answer that broke off says what the server said of it to its owner', async () => {
  const broken = (owner: string) => () =>
    takenBy(owner, headRecord('n1'), dataRecord(bytes('a')), failRecord({ reason: 'out of memory' }));
  for (const [owner, message] of [
    ['acct_caller', 'it failed (its model server says "out of memory")'],
    ['o1', 'it failed'],
  ] as const) {
    const { run } = openRun(['n1@h1'], { h1: [broken(owner)] }, { least: null });
    await run.next();
    await run.next();
    expect(await run.next()).toEqual({ kind: 'failed', failure: { kind: 'broken', message } });
  }
});

test('a prompt that is too long for one home, and not for another whose context is as long, is answered: that home was wrong', async () => {
  const none = () => refused({ code: 'none', contextTokens: 4096 });
  const { run, asked, contradicted } = openRun(['n1@h1', 'n2@h2'], {
    h1: [tooLong('n1', 4096)],
    h2: [none, whole('n2')],
  });
  expect(await follow(run)).toEqual(['head n1', 'head n2', 'a', 'b', 'end']);
  expect(asked.map(({ offer }) => offer.size.leastPromptTokens)).toEqual([0, 4096, 0]);
  expect(contradicted).toEqual(['n1@h1']);
});

test('two of the caller’s own homes are enough', async () => {
  const fault = (node: string) => () => takenBy('acct_caller', headRecord(node), failRecord({ reason: 'no' }));
  const { run, asked } = openRun(homes, { h1: [fault('n1')], h2: [fault('n2')] });
  expect(await follow(run)).toEqual(['head n1', 'head n2', 'failed prompt']);
  expect(asked).toHaveLength(2);
});
