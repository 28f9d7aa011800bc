import { describe, expect, test, vi } from 'vitest';
import { readContent } from '../../schema/read-chunks.ts';
import {
  JOB_END,
  countsOf,
  dataRecord,
  endRecord,
  failRecord,
  headRecord,
  openRun,
  refused,
  taken,
  takenByTrusted,
} from '../test/fake-hubs.ts';
import type { FakePart } from '../test/fake-hubs.ts';
import type { ReadEvent, ReadRun } from '../test/read-as-caller.ts';
import { MAX_ATTEMPTS } from './job-run.ts';
import type { JobOffer } from '../../schema/offer.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** All events to the last, as short words. */
async function follow(run: ReadRun): Promise<string[]> {
  const words: string[] = [];
  for (;;) {
    const event = await run.next();
    words.push(describeEvent(event));
    if (event.kind === 'end' || event.kind === 'failed') return words;
  }
}

function describeEvent(event: ReadEvent): string {
  if (event.kind === 'head') return `head ${event.head.node}`;
  if (event.kind === 'data') return `data ${readContent(new TextDecoder().decode(event.events))}`;
  return event.kind === 'end' ? `end ${event.end.finish}` : `failed ${event.failure.kind}`;
}

const whole = (node: string) => () =>
  taken(headRecord(node), dataRecord(bytes('a')), dataRecord(bytes('b')), endRecord());

describe('a job that is answered', () => {
  test('head, data and end come in order', async () => {
    const { run, asked, free } = openRun(['n1@h1'], { h1: [whole('n1')] });
    expect(await follow(run)).toEqual(['head n1', 'data a', 'data b', 'end stop']);
    expect(asked).toMatchObject([
      { hub: 'h1', offer: { part: 0, attempt: 1, preferNodeId: 'n1', excludeNodeIds: [], firstTokenMs: 10_000 } },
    ]);
    expect(free).toEqual({ h1: 4 });
    expect([run.attempts, run.head?.node]).toEqual([1, 'n1']);
  });

  test('the end carries what the hub decided', async () => {
    const counts = countsOf(4, 3, { promptTokens: 3 });
    const { run } = openRun(['n1@h1'], { h1: [() => taken(headRecord('n1'), endRecord(counts))] });
    await run.next();
    expect(await run.next()).toEqual({
      kind: 'end',
      end: { ...JOB_END, promptTokens: 4, outputTokens: 3, charge: 9, ttftMs: expect.any(Number) },
    });
  });

  test('the hub may choose an equal of the home it was asked for', async () => {
    const { run } = openRun(['n1@h1'], { h1: [whole('n7')] });
    expect(await follow(run)).toContain('head n7');
  });
});

describe('before the first token', () => {
  test('a slot is given back once for every home that took the job, and for none that refused', async () => {
    const broken = () => taken(headRecord('n1'), failRecord());
    const { run, freed } = openRun(['n1@h1', 'n2@h2'], { h1: [broken], h2: [whole('n2')] });
    await follow(run);
    expect(freed).toEqual(['h1 4.18.12', 'h2 4.18.12']);
  });

  test('a busy hub sends the job to the next, and its free count is noted', async () => {
    const busy = () => refused({ code: 'busy' });
    const { run, asked, free } = openRun(['n1@h1', 'n2@h2'], { h1: [busy], h2: [whole('n2')] });
    expect(await follow(run)).toEqual(['head n2', 'data a', 'data b', 'end stop']);
    expect(asked.map(({ hub, offer }) => [hub, offer.part, offer.attempt])).toEqual([
      ['h1', 0, 1],
      ['h2', 0, 1],
    ]);
    expect(free).toEqual({ h1: 0, h2: 4 });
  });

  test('a hub that has no such home sends the job to the next', async () => {
    const { run } = openRun(['n1@h1', 'n2@h2'], { h1: [() => refused({ code: 'none' })], h2: [whole('n2')] });
    expect(await follow(run)).toContain('head n2');
  });

  test.each(['busy', 'silent', 'refused'] as const)(
    'a home that is %s is left out, its hub is asked for another',
    async (code) => {
      const no = () => refused({ code, nodeId: 'n1' });
      const { run, asked } = openRun(['n1@h1', 'n2@h1'], { h1: [no, whole('n2')] });
      expect(await follow(run)).toContain('head n2');
      expect(asked[1]?.offer).toMatchObject({ preferNodeId: 'n2', excludeNodeIds: ['n1'] });
    },
  );

  test('a home that fails is replaced unseen: its head, then the next one’s', async () => {
    const { run, asked } = openRun(['n1@h1', 'n2@h1'], {
      h1: [() => taken(headRecord('n1'), failRecord()), whole('n2')],
    });
    expect(await follow(run)).toEqual(['head n1', 'head n2', 'data a', 'data b', 'end stop']);
    expect(asked[1]?.offer.excludeNodeIds).toEqual(['n1']);
    expect(run.attempts).toBe(2);
  });

  test('the equal that failed is left out, not only the one that was asked for', async () => {
    const { run, asked } = openRun(['n1@h1'], { h1: [() => taken(headRecord('n7'), failRecord()), whole('n1')] });
    expect(await follow(run)).toContain('head n1');
    expect(asked[1]?.offer.excludeNodeIds).toEqual(['n7']);
  });

  test('a hub that vanishes after the head is replaced, and the home it chose left out', async () => {
    const { run, asked } = openRun(['n1@h1', 'n2@h2'], { h1: [() => taken(headRecord('n1'))], h2: [whole('n2')] });
    expect(await follow(run)).toEqual(['head n1', 'head n2', 'data a', 'data b', 'end stop']);
    expect(asked[1]?.offer.excludeNodeIds).toEqual(['n1']);
  });

  test('a hub that vanishes before the head is not asked for the same home again', async () => {
    const cut = () => taken();
    const { run, asked } = openRun(['n1@h1', 'n2@h2'], { h1: [cut], h2: [whole('n2')] });
    expect(await follow(run)).toEqual(['head n2', 'data a', 'data b', 'end stop']);
    expect(asked[1]?.hub).toBe('h2');
  });

  test('a second home whose hub vanishes is the one left out', async () => {
    const { run, asked } = openRun(['n1@h1', 'n2@h2', 'n3@h3'], {
      h1: [() => taken(headRecord('n1'), failRecord())],
      h2: [() => taken(headRecord('n2'))],
      h3: [whole('n3')],
    });
    expect(await follow(run)).toEqual(['head n1', 'head n2', 'head n3', 'data a', 'data b', 'end stop']);
    expect(asked[2]?.offer.excludeNodeIds).toEqual(['n1', 'n2']);
  });

  test.each([
    ['cannot be reached', () => Promise.reject(new Error('no route'))],
    ['answers with an error page', () => new Response('<html>', { status: 500 })],
    ['answers with half a refusal', () => new Response('{"code":', { status: 409 })],
    ['says not who took the part', () => taken(dataRecord(bytes('a')))],
    ['breaks its body off', () => new Response(new ReadableStream({ pull: () => Promise.reject(new Error('cut')) }))],
  ])('a hub that %s is passed over, and its part’s number is not given out again', async (_, answer) => {
    const { run, asked } = openRun(['n1@h1', 'n2@h2'], { h1: [answer], h2: [whole('n2')] });
    expect(await follow(run)).toEqual(['head n2', 'data a', 'data b', 'end stop']);
    expect(asked.map(({ offer }) => offer.part)).toEqual([0, 1]);
  });
});

describe('a job that is not answered', () => {
  const homes = ['n1@h1', 'n2@h2', 'n3@h3', 'n4@h4'];
  const all = (answer: (offer: JobOffer) => Response | FakePart) =>
    Object.fromEntries(['h1', 'h2', 'h3', 'h4'].map((hub) => [hub, [answer]]));

  test('no home is known', async () => {
    const { run, asked } = openRun([], {});
    expect(await follow(run)).toEqual(['failed no-home']);
    expect(asked).toEqual([]);
    expect(run.attempts).toBe(0);
  });

  test('three homes are asked and no fourth', async () => {
    const { run, asked } = openRun(
      homes,
      all(({ preferNodeId }) => taken(headRecord(preferNodeId ?? ''), failRecord({ code: 'lost' }))),
    );
    expect(await follow(run)).toEqual(['head n1', 'head n2', 'head n3', 'failed failed']);
    expect(asked).toHaveLength(MAX_ATTEMPTS);
    expect(asked.map(({ offer }) => offer.part)).toEqual([0, 1, 2]);
  });

  test.each([
    ['busy', 'busy'],
    ['none', 'no-home'],
    ['silent', 'failed'],
    ['refused', 'failed'],
  ] as const)('where all are %s the caller hears %s', async (code, kind) => {
    const { run } = openRun(
      homes,
      all(() => refused({ code })),
    );
    expect(await follow(run)).toEqual([`failed ${kind}`]);
  });

  test('one busy home among failed ones means: try again', async () => {
    const hubs = { h1: [() => refused({ code: 'silent' })], h2: [() => refused({ code: 'busy' })] };
    expect(await follow(openRun(homes.slice(0, 2), hubs).run)).toEqual(['failed busy']);
  });

  test('hubs that cannot be reached are a failure, not an empty network', async () => {
    expect(await follow(openRun(homes, {}).run)).toEqual(['failed failed']);
  });

  test('two homes whose model servers fail are enough: it is the request, which says so, and neither is to blame', async () => {
    const fault = (reason: string) => () =>
      takenByTrusted(`o${reason}`, headRecord(`n${reason}`), failRecord({ reason: `reason ${reason}` }));
    const { run, asked, forgiven } = openRun(homes, { h1: [fault('1')], h2: [fault('2')] });
    expect(await follow(run)).toEqual(['head n1', 'head n2', 'failed prompt']);
    expect(asked.map(({ offer }) => offer.isSuspect)).toEqual([false, true]);
    expect(forgiven).toEqual(['n1@h1', 'n2@h2']);
  });

  test('a home that failed and one that went away are no such thing: a third is asked', async () => {
    const { run, forgiven } = openRun(homes, {
      h1: [() => taken(headRecord('n1'), failRecord())],
      h2: [() => taken(headRecord('n2'), failRecord({ code: 'unreachable' }))],
      h3: [whole('n3')],
    });
    expect(await follow(run)).toContain('head n3');
    expect(forgiven).toEqual([]);
  });

  test('a home that found itself full after all is like one that refused as busy', async () => {
    const { run } = openRun(['n1@h1'], { h1: [() => taken(headRecord('n1'), failRecord({ code: 'busy' }))] });
    expect(await follow(run)).toEqual(['head n1', 'failed busy']);
  });
});

describe('a prompt that is too long', () => {
  const tooLong = (node: string, contextTokens: number) => () =>
    taken(headRecord(node), failRecord({ code: 'context', promptTokens: 9001, contextTokens }));

  test('for one home goes on to those with a longer context, and is answered', async () => {
    const { run, asked } = openRun(['n1@h1', 'n2@h2'], { h1: [tooLong('n1', 4096)], h2: [whole('n2')] });
    expect(await follow(run)).toEqual(['head n1', 'head n2', 'data a', 'data b', 'end stop']);
    expect(asked.map(({ offer }) => offer.size.leastPromptTokens)).toEqual([0, 4096]);
  });

  test('for all that could be asked is told with both numbers, of the largest', async () => {
    const none = () => refused({ code: 'none', contextTokens: 2048 });
    // Each is asked twice: what the first home said of the prompt does not decide for those whose context is as long.
    const { run } = openRun(['n1@h1', 'n2@h2'], { h1: [tooLong('n1', 4096), none, none], h2: [none, none] });
    await run.next();
    expect(await run.next()).toEqual({
      kind: 'failed',
      failure: {
        kind: 'context',
        message:
          "This model's maximum context length is 4096 tokens, and the prompt holds 9001 tokens. Shorten the prompt.",
        param: 'messages',
      },
    });
  });

  test('by what the hubs know of their homes is no empty network', async () => {
    const { run } = openRun(['n1@h1'], { h1: [() => refused({ code: 'none', contextTokens: 2048 })] });
    expect(await run.next()).toMatchObject({ failure: { kind: 'context', message: expect.stringContaining('2048') } });
  });

  test('where a larger home is busy is a matter of waiting', async () => {
    const busy = () => refused({ code: 'busy', retryAfterMs: 4000 });
    const { run } = openRun(['n1@h1', 'n2@h2'], { h1: [tooLong('n1', 4096), busy], h2: [busy] });
    expect(await follow(run)).toEqual(['head n1', 'failed busy']);
  });

  test('with the answer so far breaks it off as that, where nobody goes on', async () => {
    const full = () =>
      taken(headRecord('n1'), dataRecord(bytes('a')), failRecord({ code: 'context', contextTokens: 4096 }));
    for (const least of [null, 'same-family'] as const) {
      const { run } = openRun(['n1@h1'], { h1: [full, () => refused({ code: 'none' })] }, { least });
      expect(await follow(run)).toEqual(['head n1', 'data a', 'failed context']);
    }
  });
});

describe('a caller who leaves', () => {
  test('the hub hears it through the signal, and no other home is asked', async () => {
    const { run, asked } = openRun(['n1@h1', 'n2@h2'], {
      h1: [
        (_, signal) =>
          new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('gone')))),
      ],
      h2: [whole('n2')],
    });
    const next = run.next();
    await vi.waitFor(() => expect(asked).toHaveLength(1));
    run.abort();
    expect(describeEvent(await next)).toMatch(/^failed/);
    expect(asked).toHaveLength(1);
  });

  test('before any home was found none is asked', async () => {
    const { run, asked } = openRun(['n1@h1'], { h1: [whole('n1')] });
    run.abort();
    expect(await follow(run)).toEqual([expect.stringMatching(/^failed/)]);
    expect(asked).toEqual([]);
  });

  test('after the end there is nothing left to abort', async () => {
    const aborted: string[] = [];
    const { run } = openRun(['n1@h1'], {
      h1: [
        (_, signal) => {
          signal.addEventListener('abort', () => void aborted.push('h1'));
          return whole('n1')();
        },
      ],
    });
    await follow(run);
    run.abort();
    expect(aborted).toEqual([]);
  });
});

test('every home that was asked has its own part number: a late one cannot speak for another', async () => {
  const silent = (nodeId: string) => () => refused({ code: 'silent', nodeId });
  const { run, asked } = openRun(['n1@h1', 'n2@h1', 'n3@h1'], { h1: [silent('n1'), silent('n2'), whole('n3')] });
  await follow(run);
  expect(asked.map(({ offer }) => offer.part)).toEqual([0, 1, 2]);
  expect(run.attempts).toBe(1);
});

test('a wish that left no home is named', async () => {
  const { run } = openRun(['n1@h1'], { h1: [() => refused({ code: 'none', emptiedBy: 'country' })] });
  expect(await run.next()).toMatchObject({ kind: 'failed', failure: { kind: 'no-fit', field: 'country' } });
});
