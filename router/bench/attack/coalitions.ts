// Callers, homes and owners of one mind, homes whose time is over, and a stranger between a home and its router.
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket, WebSocketServer } from 'ws';
import { FINISH } from '../../../schema/receipt.ts';
import { RawNode } from '../../test/raw-node.ts';
import type { RawJob } from '../../test/raw-node.ts';
import type { TestAccount } from '../../test/stack.ts';
import { makeRandom } from '../draw-losses.ts';
import { PARIS } from './ground.ts';
import type { Attack, Round } from './round.ts';

/** How long what an operator took away may still be had: what is on its way, and no more. */
const AT_ONCE_MS = 1500;
const SEED = 10;

interface Member {
  readonly owner: TestAccount;
  readonly home: RawNode;
  readonly caller: TestAccount;
  readonly pool: string;
}

const answerFine = (job: RawJob): void => void job.head().say(' fine', 1).end(job.receipt());

/** A pool with a home and a caller in it. */
async function openPool(round: Round): Promise<Member> {
  const { stack } = round.ground;
  const [owner, caller] = await Promise.all([round.makeOwner(), round.makeCaller()]);
  const name = `pool ${owner.id.slice(-8)}`;
  const made = await stack.admin('POST', '/pools', { name, owner_account_id: owner.id });
  const pool = String(made.json['id']);
  const home = await round.joinHome({ owner, onJob: answerFine });
  await stack.admin('PUT', `/pools/${pool}/members/${caller.id}`);
  await stack.admin('PUT', `/pools/${pool}/nodes/${home.id}`);
  // It serves the pool from its next dial on.
  await home.close();
  home.forgetToken();
  await home.connect();
  home.send('state', round.makeState());
  await round.waitForHomes('open', 1);
  return { owner, home, caller, pool };
}

/** What is taken away, and by which wish the caller asks for it. */
interface Taking {
  readonly name: string;
  readonly does: string;
  readonly take: (round: Round, member: Member) => Promise<unknown>;
  readonly wish: (member: Member) => object;
}

const TAKINGS: readonly Taking[] = [
  {
    name: 'removed-pool-home',
    does: 'a home that was taken out of a pool serves on, and dials again by its old token',
    take: (round, { pool, home }) => round.ground.stack.admin('DELETE', `/pools/${pool}/nodes/${home.id}`),
    wish: ({ pool }) => ({ pool }),
  },
  {
    name: 'removed-pool-member',
    does: 'a caller who was taken out of a pool calls on',
    take: (round, { pool, caller }) => round.ground.stack.admin('DELETE', `/pools/${pool}/members/${caller.id}`),
    wish: ({ pool }) => ({ pool }),
  },
  {
    name: 'home-no-longer-public',
    does: 'a home that is public no more serves on, and dials again by its old token',
    take: (round, { home }) => round.ground.stack.admin('PATCH', `/nodes/${home.id}`, { public: false }),
    wish: ({ home }) => ({ only: [home.id], pool: 'public' }),
  },
  {
    name: 'disabled-owner',
    does: 'the home of an account that was disabled serves on',
    take: (round, { owner }) => round.ground.stack.admin('POST', `/accounts/${owner.id}/disable`),
    wish: ({ home }) => ({ only: [home.id] }),
  },
  {
    name: 'revoked-home',
    does: 'a home that was revoked serves on, and dials again by its old token',
    take: (round, { home }) => round.ground.stack.admin('DELETE', `/nodes/${home.id}?reason=attack`),
    wish: ({ home }) => ({ only: [home.id] }),
  },
];

async function outstay(round: Round, { take, wish }: Taking): Promise<void> {
  const member = await openPool(round);
  const { home, caller } = member;
  const more = { provider: wish(member) };
  const ask = async (): Promise<boolean> => (await round.ask(caller, { more })).isAnswered;
  let isServed = await ask();
  for (let tries = 0; tries < 10 && !isServed; tries++) {
    await sleep(200);
    isServed = await ask();
  }
  if (!isServed) round.ground.tell('  it was never answered before either');
  await take(round, member);
  await sleep(AT_ONCE_MS);
  if (await ask()) round.note(`it was answered ${AT_ONCE_MS / 1000} s after it was taken away`);
  await home.close().catch(() => undefined);
  // By the token of its last welcome.
  await home.connect().catch(() => undefined);
  home.send('state', round.makeState());
  await sleep(500);
  if (await ask()) round.note('it was answered after the home had dialled by its old token');
}

/** A stranger's router hands our challenge to a home that dials it, and the home's proof to us. */
async function relayNonce(round: Round): Promise<void> {
  const { stack } = round.ground;
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  round.onEnd(() => server.close());
  const { port } = server.address() as { port: number };
  server.on('connection', (near, request) => {
    const { authorization: _theirs, ...headers } = request.headers;
    const kept = { 'x-irori-node': String(headers['x-irori-node']), 'x-irori-place': PARIS };
    const far = round.keep(new WebSocket(`${stack.url.replace('http', 'ws')}/node/link`, { headers: kept }));
    round.keep(near);
    far.on('error', () => near.close());
    near.on('error', () => far.close());
    far.on('message', (data, isBinary) => near.send(data as Buffer, { binary: isBinary }));
    near.on(
      'message',
      (data, isBinary) => far.readyState === WebSocket.OPEN && far.send(data as Buffer, { binary: isBinary }),
    );
    far.on('close', () => near.close());
    near.on('close', () => far.close());
  });
  const victim = await RawNode.enrol(stack, await round.makeOwner(), { url: `http://127.0.0.1:${port}` });
  round.onEnd(() => victim.close());
  await victim.connect().catch(() => undefined);
  if (victim.isOpen) round.note('a stranger who relayed our challenge was welcomed as the home that answered it');
}

/** What one league does with each of its jobs, drawn once. */
interface Habit {
  readonly resume: string;
  readonly prompt: string;
  readonly words: number;
  readonly tokensAWord: number;
  readonly claims: 'fair' | 'output' | 'prompt' | 'both';
  readonly ending: 'fault' | 'silence' | keyof typeof FINISH;
  readonly endsAfterMs: number;
  readonly leavesAfterMs: number;
}

/** A draw from a seed: the same at every run. */
function drawHabit(random: () => number): Habit {
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  return {
    resume: pick(['off', 'same-model', 'same-family']),
    prompt: 'word '.repeat(pick([1, 40, 4000])),
    words: pick([0, 1, 30, 200]),
    tokensAWord: pick([0, 1, 1, 20]),
    claims: pick(['fair', 'output', 'prompt', 'both']),
    ending: pick(['stop', 'length', 'cancelled', 'preempted', 'error', 'fault', 'silence']),
    endsAfterMs: pick([0, 20, 200]),
    leavesAfterMs: pick([40, 200, 3000, 3000]),
  };
}

function behave(job: RawJob, habit: Habit): void {
  job.head();
  for (let i = 0; i < habit.words; i++) job.say(' word', habit.tokensAWord);
  if (habit.ending === 'silence') return;
  if (habit.ending === 'fault') return job.fault('internal', 'no');
  const { maxOutputTokens, maxPromptTokens } = job.frame.ticket;
  const signed = job.receipt({
    finish: FINISH[habit.ending],
    ...(habit.claims === 'output' || habit.claims === 'both' ? { outputTokens: maxOutputTokens } : {}),
    ...(habit.claims === 'prompt' || habit.claims === 'both' ? { promptTokens: maxPromptTokens } : {}),
  });
  setTimeout(() => job.end(signed), habit.endsAfterMs);
}

/** A caller and two homes of one owner who stick to one habit for a few calls. */
async function tryHabit(round: Round, habit: Habit): Promise<void> {
  const league = round.openLeague();
  const [owner, caller] = await Promise.all([round.makeOwner(league), round.makeCaller(undefined, league)]);
  const onJob = (job: RawJob): void => behave(job, habit);
  const only = await Promise.all([0, 1].map(() => round.joinHome({ owner, onJob })));
  await sleep(150);
  for (let i = 0; i < 2 && !round.isOver; i++) {
    const signal = AbortSignal.timeout(habit.leavesAfterMs);
    await round.ask(caller, { only, prompt: habit.prompt, maxTokens: 400, more: { resume: habit.resume }, signal });
  }
  for (const home of only) await home.close();
}

/** Leagues whose habits are drawn by chance, some at once: no habit may make anything out of nothing. */
async function walk(round: Round): Promise<void> {
  const random = makeRandom(SEED);
  const walking = Array.from({ length: 4 }, async () => {
    while (!round.isOver) await tryHabit(round, drawHabit(random));
  });
  await Promise.all(walking);
  round.ground.tell(`  ${round.leagues.length - 1} habits were tried`);
}

export const COALITIONS: readonly Attack[] = [
  ...TAKINGS.map((taking): Attack => {
    return { name: taking.name, does: taking.does, run: (round) => outstay(round, taking) };
  }),
  { name: 'relayed-nonce', does: 'a stranger’s router relays our challenge to a home that dials it', run: relayNonce },
  { name: 'random-coalition', does: 'callers with homes of their own try what they can say, by chance', run: walk },
];
