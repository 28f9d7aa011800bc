// An answer that breaks off where nobody else has the model, and where somebody may yet come: who is waited for, and who is not.
import { describe, expect, test } from 'vitest';
import { readContent } from '../../schema/read-chunks.ts';
import type { FailRecord } from '../../schema/records.ts';
import { countsOf, dataRecord, endRecord, failRecord, headRecord, openRun, refused, taken } from '../test/fake-hubs.ts';
import type { ReadEvent, ReadRun } from '../test/read-as-caller.ts';

/** Longer than any test runs: whoever waits for it never ends. */
const NEVER = { resumeWaitMs: 3_600_000 };
/** Enough looks for somebody who comes a little later. */
const A_WHILE = { resumeWaitMs: 20_000 };

const chunk = (text: string): Uint8Array =>
  new TextEncoder().encode(`data: ${JSON.stringify({ choices: [{ delta: { content: text } }] })}\n\n`);
const begun = (code: FailRecord['code']) => () =>
  taken(
    headRecord('n1'),
    dataRecord(chunk('a'), [5]),
    failRecord({ code, delivered: countsOf(3, 1, { isFinal: false }) }),
  );
const rest = (node: string) => () => taken(headRecord(node, 'exact'), dataRecord(chunk('b'), [6]), endRecord());
const BROKEN = { kind: 'failed', failure: { kind: 'broken', message: expect.stringContaining('no other home') } };

async function readAnswer(run: ReadRun): Promise<{ text: string; last: ReadEvent }> {
  let text = '';
  for (;;) {
    const event = await run.next();
    if (event.kind === 'data') text += readContent(new TextDecoder().decode(event.events));
    if (event.kind === 'end' || event.kind === 'failed') return { text, last: event };
  }
}

describe('the only home', () => {
  test.each(['fault', 'unreachable', 'token-timeout', 'first-token-timeout', 'protocol', 'preempted'] as const)(
    'that fails after tokens (%s) is not waited for: the answer ends at once, and is free',
    async (code) => {
      const { run, asked } = openRun(['n1@h1'], { h1: [begun(code)] }, NEVER);
      expect(await readAnswer(run)).toMatchObject({ text: 'a', last: BROKEN });
      expect(asked).toHaveLength(1);
      expect(run.closing).toEqual({ interrupted: 1, isCharged: false });
    },
  );

  test('that fails before the first token is not either', async () => {
    const hubs = { h1: [() => taken(headRecord('n1'), failRecord({ code: 'unreachable' }))] };
    const { run } = openRun(['n1@h1'], hubs, NEVER);
    expect((await readAnswer(run)).last).toMatchObject({ kind: 'failed', failure: { kind: 'failed' } });
  });

  test('whose line broke goes on when it is back', async () => {
    const { run, asked } = openRun(['n1@h1'], { h1: [begun('lost'), () => refused({}), rest('n1')] }, A_WHILE);
    expect((await readAnswer(run)).text).toBe('ab');
    expect(asked.at(-1)?.offer).toMatchObject({
      excludeNodeIds: [],
      resume: { text: 'a', tokenIds: [5] },
      interrupted: 1,
    });
  });

  test('whose line broke is waited for only as long as an agent takes to dial again', async () => {
    const away = Array.from({ length: 20 }, () => () => refused({}));
    const { run, asked } = openRun(['n1@h1'], { h1: [begun('lost'), ...away] }, { ...NEVER, returnWaitMs: 300 });
    expect((await readAnswer(run)).last).toMatchObject(BROKEN);
    expect(asked.length).toBeGreaterThan(1);
  });

  test('of a hub that was reset goes on too: it has failed nothing, and all homes of that hub dial', async () => {
    const vanished = () => taken(headRecord('n1'), dataRecord(chunk('a'), [5]));
    const timings = { ...A_WHILE, returnWaitMs: 1 };
    const { run, asked } = openRun(['n1@h1'], { h1: [vanished, () => refused({}), rest('n1')] }, timings);
    expect((await readAnswer(run)).text).toBe('ab');
    expect(asked.at(-1)?.offer).toMatchObject({ chargePrompt: true, interrupted: 0 });
  });

  test('that comes back and fails then is not waited for again', async () => {
    const { run, asked } = openRun(['n1@h1'], { h1: [begun('lost'), begun('fault')] }, NEVER);
    expect((await readAnswer(run)).last).toMatchObject(BROKEN);
    expect(asked).toHaveLength(2);
  });
});

describe('of two homes', () => {
  test('the second is asked, and nobody is waited for once it has failed too', async () => {
    const hubs = {
      h1: [begun('fault')],
      h2: [() => taken(headRecord('n2', 'exact'), failRecord({ code: 'unreachable' }))],
    };
    const { run } = openRun(['n1@h1', 'n2@h2'], hubs, NEVER);
    expect((await readAnswer(run)).last).toMatchObject(BROKEN);
  });

  test('the second is not waited for where its hub says that it is there and cannot go on', async () => {
    const hubs = { h1: [begun('fault')], h2: [() => refused({ code: 'none', isServed: true })] };
    const { run } = openRun(['n1@h1', 'n2@h2'], hubs, NEVER);
    expect((await readAnswer(run)).last).toMatchObject(BROKEN);
  });

  test('the second is waited for where it has gone from its hub: it may be on its way back', async () => {
    const gone = () => refused({ code: 'none', isServed: false });
    const { run } = openRun(['n1@h1', 'n2@h2'], { h1: [begun('fault')], h2: [gone, gone, rest('n2')] }, A_WHILE);
    expect((await readAnswer(run)).text).toBe('ab');
  });

  test('the second is waited for while its hub is away', async () => {
    const away = () => Promise.reject(new Error('restarting'));
    const { run } = openRun(['n1@h1', 'n2@h2'], { h1: [begun('fault')], h2: [away, away, rest('n2')] }, A_WHILE);
    expect((await readAnswer(run)).text).toBe('ab');
  });

  test('the first is asked again only where the second does not go on', async () => {
    const { run, asked } = openRun(['n1@h1', 'n2@h2'], { h1: [begun('lost')], h2: [rest('n2')] }, A_WHILE);
    expect((await readAnswer(run)).text).toBe('ab');
    expect(asked.map(({ hub }) => hub)).toEqual(['h1', 'h2']);
    expect(asked[1]?.offer.excludeNodeIds).toEqual(['n1']);
  });
});

describe('a model server that is busy, and not with jobs of this network', () => {
  const held = (node: string, retryMs: number) => () => taken(headRecord(node), failRecord({ code: 'busy', retryMs }));

  test('is not queued at: its caller hears at once when to come back, by what it said', async () => {
    const { run, asked } = openRun(['n1@h1'], { h1: [held('n1', 6200)] });
    expect((await readAnswer(run)).last).toMatchObject({ failure: { kind: 'busy', retryAfterS: 7 } });
    expect(asked).toHaveLength(1);
  });

  test('sends the job on to the next, and the shortest wait is told where all are', async () => {
    const hubs = { h1: [held('n1', 9000)], h2: [held('n2', 3000)] };
    const { run } = openRun(['n1@h1', 'n2@h2'], hubs);
    expect((await readAnswer(run)).last).toMatchObject({ failure: { kind: 'busy', retryAfterS: 3 } });
    const more = openRun(['n1@h1', 'n2@h2'], {
      ...hubs,
      h2: [() => taken(headRecord('n2'), dataRecord(chunk('b')), endRecord())],
    });
    expect((await readAnswer(more.run)).text).toBe('b');
  });

  test('among homes that have failed is still a matter of coming back', async () => {
    const hubs = { h1: [held('n1', 2000)], h2: [() => taken(headRecord('n2'), failRecord({ code: 'unreachable' }))] };
    const { run } = openRun(['n1@h1', 'n2@h2'], hubs);
    expect((await readAnswer(run)).last).toMatchObject({ failure: { kind: 'busy', retryAfterS: 2 } });
  });

  test('is waited for by a caller who has read some of the answer', async () => {
    const hubs = { h1: [begun('fault')], h2: [held('n2', 100), rest('n2')] };
    const { run } = openRun(['n1@h1', 'n2@h2'], hubs, A_WHILE);
    expect((await readAnswer(run)).text).toBe('ab');
  });
});
