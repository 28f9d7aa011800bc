import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { nodeIdOf } from '../../schema/ids.ts';
import { isProofFresh, parseNodeProof, PROOF_LIFE_MS, TIME_HEADER } from '../../schema/node-proof.ts';
import { makeMessageSigner, NODE_HELLO } from '../../schema/receipt.ts';
import { addressOfPrivateKey, HANDSHAKE_DOMAIN } from '../../schema/typed-data.ts';
import { askWhy } from '../link/why-question.ts';
import type { Why } from '../link/why-question.ts';
import { formatWhy, runWhy } from './why.ts';

const privateKey = new Uint8Array(randomBytes(32));
const key = { privateKey, address: addressOfPrivateKey(privateKey) };

function makeWhy(some: Partial<Why> = {}): Why {
  return {
    node: nodeIdOf(key.address),
    online: true,
    since: 0,
    area: 'weur',
    hub: 'hub:weur:0',
    lastHour: {
      jobs: 3,
      minutesWithJob: 2,
      minutesWithout: 58,
      summary: 'It worked in 2 of the last 60 minutes.',
      spans: [{ from: 0, to: 60_000, reason: 'quiet', text: 'No call came.' }],
    },
    pause: null,
    coolingUntil: null,
    coolingReason: null,
    measured: { m: { promptTokensPerS: 1000.4, decodeTokensPerS: 40, rttMs: 12.3, failureShare: 0.011 } },
    ...some,
  };
}

/** A router that answers one way, and what it was asked. */
async function withRouter(
  answer: { status: number; body: string },
  ask: (url: string, asked: { path: string; token: string }[]) => Promise<void>,
): Promise<void> {
  const asked: { path: string; token: string }[] = [];
  const server = createServer((request, response) => {
    asked.push({ path: request.url ?? '', token: (request.headers.authorization ?? '').replace('Bearer ', '') });
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body);
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  try {
    await ask(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked);
  } finally {
    server.close();
  }
}

test('the question is signed by the home itself, for now', async () => {
  const body = JSON.stringify({ nodes: [makeWhy()] });
  await withRouter({ status: 200, body }, async (url, asked) => {
    const now = Date.now();
    const why = await askWhy(url, key, now);
    expect(why).toEqual({ ok: true, value: makeWhy() });
    expect(asked[0]?.path).toBe('/node/v1/why');
    const proof = parseNodeProof(asked[0]?.token ?? '');
    if (!proof) throw new Error('no proof');
    expect(proof.nodeId).toBe(nodeIdOf(key.address));
    expect(isProofFresh(proof.nonce, now)).toBe(true);
    expect(isProofFresh(proof.nonce, now + PROOF_LIFE_MS + 1)).toBe(false);
    expect(isProofFresh(proof.nonce, now - PROOF_LIFE_MS - 1)).toBe(false);
    const message = { nonce: proof.nonce, node: key.address, protocol: 0, origin: url };
    const recovered = makeMessageSigner(HANDSHAKE_DOMAIN).recover(NODE_HELLO, message, proof.signature);
    expect(recovered).toEqual({ ok: true, value: key.address });
  });
});

test('a home whose clock is off asks again by the time that the router tells, once', async () => {
  const routerNow = 1_800_000_000_000;
  const asked: number[] = [];
  const server = createServer((request, response) => {
    const proof = parseNodeProof((request.headers.authorization ?? '').replace('Bearer ', ''));
    const isFresh = proof !== null && isProofFresh(proof.nonce, routerNow);
    asked.push(isFresh ? 200 : 401);
    const body = isFresh ? { nodes: [makeWhy()] } : { error: { message: 'check the clock' } };
    response.writeHead(isFresh ? 200 : 401, isFresh ? {} : { [TIME_HEADER]: String(routerNow) });
    response.end(JSON.stringify(body));
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', () => ready()));
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    expect((await askWhy(url, key, routerNow - 86_400_000)).ok).toBe(true);
    expect(asked).toEqual([401, 200]);
  } finally {
    server.close();
  }
});

test('a refusal is told in the words of the router', async () => {
  const body = JSON.stringify({ error: { message: 'This node was revoked.' } });
  await withRouter({ status: 403, body }, async (url) => {
    const why = await askWhy(url, key, Date.now());
    expect(why.ok ? '' : why.error).toContain('This node was revoked.');
  });
});

test('something that is no router, and a router that is away, are told as such', async () => {
  await withRouter({ status: 200, body: '<html>' }, async (url) => {
    const why = await askWhy(url, key, Date.now());
    expect(why.ok ? '' : why.error).toContain('does not answer like an Irori router');
  });
  await withRouter({ status: 500, body: '' }, async (url) => {
    const why = await askWhy(url, key, Date.now());
    expect(why.ok ? '' : why.error).toContain('status 500');
  });
  const away = await askWhy('http://127.0.0.1:1', key, Date.now());
  expect(away.ok ? '' : away.error).toContain('cannot be reached');
});

test('the lines tell where it stands, what it did and what was measured, and keep controls from the terminal', () => {
  const text = formatWhy(makeWhy());
  expect(text).toContain('connected (weur, hub:weur:0)');
  expect(text).toContain('3 in the last hour; 2 minutes with work, 58 without');
  expect(text).toContain('No call came.');
  expect(join(text)).toContain('m: 1000 prompt and 40.0 output tokens/s, 12 ms to its hub and back, 1.1 % of jobs');
  expect(join(formatWhy(makeWhy({ pause: 'battery' })))).toContain('takes no work: The machine runs on battery.');
  expect(join(formatWhy(makeWhy({ coolingUntil: 0, coolingReason: 'it broke' })))).toMatch(
    /cooling down until \d\d:\d\d: it broke/,
  );
  expect(formatWhy(makeWhy({ online: false, since: null }))).toContain('not connected\n');
  expect(formatWhy(makeWhy({ online: false, since: 0 }))).toContain('not connected since ');
  const evil = makeWhy({ lastHour: { ...makeWhy().lastHour, summary: 'a\u001B[31mb' } });
  expect(formatWhy(evil)).not.toContain('\u001B');
});

test('a folder where no agent ran has nothing to ask with', async () => {
  expect(await runWhy({ state: '/nonexistent-irori-folder' }, {})).toBe(1);
});

test('jobs that its model server failed on are told where there are any', () => {
  expect(join(formatWhy(makeWhy({ faults: { lastHour: 5, heldAgainst: 2 } })))).toContain(
    'faults 5 in the last hour: jobs that the model server failed on; 2 of them counted against this home',
  );
  expect(formatWhy(makeWhy({ faults: { lastHour: 0, heldAgainst: 0 } }))).not.toContain('faults');
  expect(formatWhy(makeWhy())).not.toContain('faults');
  for (const evidence of [
    { seals: 1, receipts: 0 },
    { seals: 0, receipts: 2 },
  ])
    expect(formatWhy(makeWhy({ evidence }))).toContain(
      'evidence   this home has signed two different seals under one number',
    );
  for (const evidence of [{ seals: 0, receipts: 0 }, null, undefined])
    expect(formatWhy(makeWhy({ evidence }))).not.toContain('evidence');
});

test('jobs that it gave back are told where there are any', () => {
  const turns = { answered: 4, refused: 3, contradicted: 1, preempted: 2 };
  expect(join(formatWhy(makeWhy({ turns })))).toContain(
    'given back 6 jobs in the last hour, and 4 answered: 3 refused, 1 refused that another home answered, 2 taken back.',
  );
  expect(formatWhy(makeWhy({ turns: { answered: 4, refused: 0, contradicted: 0, preempted: 0 } }))).not.toContain(
    'given',
  );
  expect(formatWhy(makeWhy())).not.toContain('given back');
});

test('a guess is not called measured, and what an older router calls so is not either', () => {
  const { measured } = makeWhy();
  expect(formatWhy(makeWhy())).toContain('expected   m: 1000 prompt');
  expect(formatWhy(makeWhy({ guessed: {} }))).toContain('measured   m: 1000 prompt');
  const text = formatWhy(makeWhy({ measured: {}, guessed: measured }));
  expect(join(text)).toContain('guessed m: 1000 prompt and 40.0 output tokens/s; no job has shown its speed yet');
  expect(text).not.toContain('measured');
});

test('a model that only its owner calls is told as such', () => {
  const note = {
    inCatalogue: false,
    servedTo: 'own account only',
    told: 'not in the catalogue: only your own calls come',
  } as const;
  expect(formatWhy(makeWhy(), { modelNotes: { m: note } })).toContain('own calls  m: not in the catalogue');
});

/** Lines that were broken to fit a terminal, as one. */
function join(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}
