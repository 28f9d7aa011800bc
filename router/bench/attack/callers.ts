// Hostile callers: bodies, headers, connections, guesses, and more calls than one may have.
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RawJob } from '../../test/raw-node.ts';
import { FREE, NANO, OPEN, PARIS } from './ground.ts';
import { BODIES } from './callers-bodies.ts';
import { post } from './post.ts';
import type { Attack, Round } from './round.ts';

const MIB = 1024 * 1024;
/** A long answer is sent for so long at most, however short the round is. */
const WHOLE_MS = 12_000;

/** One answer that is not streamed and much longer than any client wants. */
async function answerWhole(round: Round): Promise<void> {
  const onJob = async (job: RawJob): Promise<void> => {
    job.head();
    const piece = 'word '.repeat(30_000);
    const until = Date.now() + WHOLE_MS;
    for (let sent = 0; sent < 15.5 * MIB && Date.now() < until; sent += piece.length) {
      while (job.creditBytes < piece.length + 1000 && Date.now() < until) await sleep(5);
      job.say(piece, 400);
    }
    job.end(job.receipt());
  };
  const [caller, home] = await Promise.all([round.makeCaller(), round.joinHome({ onJob: (job) => void onJob(job) })]);
  await round.waitForHomes('open', 1);
  const messages = [{ role: 'user', content: 'all of it' }];
  const body = { model: OPEN.id, messages, max_tokens: 32_000, stream: false, provider: { only: [home.id] } };
  await post(round, '/v1/chat/completions', { key: caller.apiKey, body: JSON.stringify(body) });
}

/** Fills the slots of every home with free calls, by a key without credit. */
async function fillFree(round: Round): Promise<void> {
  const { apiKey } = await round.makeCaller(0);
  const messages = [{ role: 'user', content: 'Tell me a story about a bear named Olga.' }];
  const body = JSON.stringify({ model: FREE, messages, max_tokens: 480, stream: true });
  const calling = Array.from({ length: 40 }, async () => {
    while (!round.isOver) {
      const hangUp = AbortSignal.timeout(Math.max(100, round.ms));
      await fetch(`${round.ground.stack.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json', 'x-irori-place': PARIS },
        body,
        signal: hangUp,
      })
        .then((response) => response.arrayBuffer())
        .catch(() => undefined);
      await round.wait(100);
    }
  });
  await Promise.all(calling);
}

/** Secrets or keys that are wrong, as fast as they can be tried. */
function guess(what: string, path: string, guesses: (i: number) => string): (round: Round) => Promise<void> {
  return async (round) => {
    const seen = new Map<number, number>();
    let tried = 0;
    const guessing = Array.from({ length: 16 }, async () => {
      while (!round.isOver && tried < 3000) {
        const status = await post(round, path, { key: guesses(tried++), body: '{}' });
        seen.set(status, (seen.get(status) ?? 0) + 1);
      }
    });
    await Promise.all(guessing);
    if (!seen.has(429)) round.note(`${tried} wrong ${what} were tried and none was told to wait`);
  };
}

/** Raw connections that write this and then a little now and then, and read nothing. */
function holdConnections(
  count: number,
  begin: (apiKey: string) => string,
  drip: string,
): (round: Round) => Promise<void> {
  return async (round) => {
    const { apiKey } = await round.makeCaller(0);
    const { port } = round.ground.stack.network;
    const sockets = Array.from({ length: count }, (): Socket => {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => socket.destroy());
      socket.write(begin(apiKey));
      socket.pause();
      return socket;
    });
    round.onEnd(() => sockets.forEach((socket) => void socket.destroy()));
    while (!round.isOver) {
      for (const socket of sockets) if (!socket.destroyed && socket.writableLength < 100_000) socket.write(drip);
      await round.wait(200);
    }
  };
}

function beginRequest(apiKey: string, more: string): string {
  return `POST /v1/chat/completions HTTP/1.1\r\nhost: irori\r\nauthorization: Bearer ${apiKey}\r\ncontent-type: application/json\r\n${more}`;
}

/** Callers with credit who hang up at each moment of a call. */
async function leave(round: Round): Promise<void> {
  const caller = await round.makeCaller();
  let calls = 0;
  const leaving = Array.from({ length: 3 }, async () => {
    while (!round.isOver) {
      const afterMs = (calls++ * 37) % 700;
      const { overcharge } = await round.ask(caller, {
        model: NANO.id,
        tokenizer: NANO.tokenizer,
        maxTokens: 24,
        signal: AbortSignal.timeout(1 + afterMs),
      });
      if (overcharge > 0) round.note(`who left after ${afterMs} ms paid ${overcharge} units too much`);
    }
  });
  await Promise.all(leaving);
}

/** Streams of long answers that nobody reads. */
const UNREAD = (apiKey: string): string => {
  const body = JSON.stringify({
    model: FREE,
    messages: [{ role: 'user', content: 'Go on' }],
    max_tokens: 480,
    stream: true,
  });
  return beginRequest(apiKey, `content-length: ${body.length}\r\n\r\n${body}`);
};

/** The operator's own hand slips: grants at the edge of what integers hold. */
async function grantMuch(round: Round): Promise<void> {
  const { stack } = round.ground;
  const account = await stack.makeAccount();
  const statuses: number[] = [];
  for (let i = 0; i < 10; i++) {
    const { status } = await stack.admin('POST', `/accounts/${account.id}/credit`, { amount_micro: 1e15 });
    statuses.push(status);
  }
  if (statuses.some((status) => status >= 500)) round.note(`grants of 1e15 were answered ${statuses.join(', ')}`);
  const { json } = await stack.admin('GET', `/accounts/${account.id}`);
  if (!Number.isSafeInteger(json['balance_micro'])) round.note(`the balance is ${String(json['balance_micro'])}`);
}

export const CALLERS: readonly Attack[] = [
  ...BODIES,
  { name: 'long-whole-answer', does: 'an answer of 15.5 MB that is not streamed', run: answerWhole },
  { name: 'free-slots', does: 'a key without credit calls the free model forty times at once', run: fillFree },
  {
    name: 'wrong-admin-secrets',
    does: '3,000 wrong admin secrets',
    run: guess('secrets', '/admin/v1/accounts', (i) => `secret-${i}`.padEnd(32, 'x')),
  },
  {
    name: 'wrong-keys',
    does: '3,000 wrong keys',
    run: guess('keys', '/v1/chat/completions', (i) => `irori_${String(i).padStart(40, 'A')}`),
  },
  {
    name: 'giant-headers',
    does: '200 connections whose headers never end',
    run: holdConnections(200, (key) => beginRequest(key, ''), `x-long: ${'h'.repeat(8000)}\r\n`),
  },
  {
    name: 'slow-bodies',
    does: '200 connections whose bodies come letter by letter',
    run: holdConnections(
      200,
      (key) => beginRequest(key, `content-length: 1000000\r\n\r\n{"model":"${NANO.id}","messages":"`),
      'x',
    ),
  },
  {
    name: 'unread-answers',
    does: '60 streams of a free model that nobody reads',
    run: holdConnections(60, UNREAD, ''),
  },
  { name: 'leaving-callers', does: 'callers hang up at each moment of a call', run: leave },
  { name: 'great-grants', does: 'grants of 1e15 ten times', run: grantMuch },
];
