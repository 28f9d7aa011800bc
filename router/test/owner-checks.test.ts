// What an owner can check from outside, in one network: fifty paid jobs come to the same unit at home, at the router and in the book; a home that was frozen
// in the middle of a crowd owes nobody anything afterwards; and what callers ask stands in no log and in no file, whatever kind of job it was.
import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AGENT_MAIN } from '../../node-agent/test/agent-main.ts';
import { ABLE_MODEL, ALL_ABILITIES, startAbleServer } from './able-server.ts';
import type { AbleServer } from './able-server.ts';
import { askAll, learnDigest, listModel } from './ask.ts';
import { isLedgerSound, movedBy, readBooks } from './books.ts';
import { startModelServer } from './model-server.ts';
import type { ModelServer } from './model-server.ts';
import { startStack } from './stack.ts';
import type { Stack, TestAccount, TestAgent } from './stack.ts';
import { until } from './until.ts';

const MODEL = 'test/priced';
const JOBS = 50;
const SLOTS = 24;
/** Of a prompt of seven tokens and four of output. */
const { owner: EARN } = movedBy(15);
/** Stands nowhere but in what callers send, and in what the model server answers. */
const SECRET = 'zwetschgenmus-1862';

let stack: Stack;
let server: ModelServer;
let able: AbleServer;
let owner: TestAccount;
let caller: TestAccount;
let agent: TestAgent;
let ableAgent: TestAgent;
const routerLines: string[] = [];

beforeAll(async () => {
  stack = await startStack({ onLog: (line) => void routerLines.push(line) });
  [server, able] = await Promise.all([startModelServer(), startAbleServer()]);
  owner = await stack.makeAccount();
  caller = await stack.makeAccount(10_000_000);
  agent = await stack.startAgent({
    owner,
    args: ['--models', 'say-8x0', '--backend', server.url, '--slots', String(SLOTS)],
  });
  ableAgent = await stack.startAgent({
    owner,
    args: ['--backend', able.url, '--slots', '8', '--can', ALL_ABILITIES],
  });
  await listModel(stack, { owner, id: MODEL, digest: await learnDigest(stack, owner, 'say-8x0') });
  await stack.waitForModel(owner, ABLE_MODEL);
});

afterAll(async () => {
  await stack?.stop();
  await Promise.all([server?.stop(), able?.stop()]);
});

interface Status {
  readonly outbox: number;
  readonly running: number;
  readonly paused: string | null;
  readonly earnedMicro: string;
  readonly modelNotes: Readonly<Record<string, object>>;
}

async function statusOf({ stateDir }: TestAgent): Promise<Status> {
  return JSON.parse(await readFile(join(stateDir, 'status.json'), 'utf8')) as Status;
}

const ask = (prompt: string) => askAll(stack, { account: caller, model: MODEL, prompt, maxTokens: 50 });

test('fifty paid jobs come to the same unit at home, at the router and in the book', async () => {
  const before = Number((await statusOf(agent)).earnedMicro);
  for (let done = 0; done < JOBS; done += 10)
    await Promise.all(Array.from({ length: 10 }, async () => expect((await ask('say-4x0')).isDone).toBe(true)));
  const booked = await until('the book', async () => {
    const sum = (await readBooks(stack))[`owner:${owner.id}`] ?? 0;
    return sum >= before + JOBS * EARN && (await isLedgerSound(stack)) ? sum : null;
  });
  expect(booked).toBe(before + JOBS * EARN);
  await until('the home', async () => Number((await statusOf(agent)).earnedMicro) >= booked);
  expect(Number((await statusOf(agent)).earnedMicro)).toBe(booked);
  const run = promisify(execFile)(process.execPath, [AGENT_MAIN, 'earnings', '--json', '--state', agent.stateDir]);
  // Exit status 3 would be a difference.
  const told = JSON.parse((await run).stdout) as { router: { earned_micro: number }; differences: unknown[] };
  expect([told.router.earned_micro, told.differences]).toEqual([booked, []]);
});

test('a model outside the catalogue is told to its owner as one that only he calls, in the log and in the status', async () => {
  const said = `${ABLE_MODEL}: not in the catalogue: only your own calls come`;
  await until('the log', () => ableAgent.lines.some((line) => line.includes(said)));
  const { modelNotes } = await statusOf(ableAgent);
  expect(modelNotes[ABLE_MODEL]).toMatchObject({ inCatalogue: false, servedTo: 'own account only' });
});

test('a home that froze in the middle of a crowd leaves no receipt without an answer, and works on', async () => {
  const seen = server.seen.length;
  const calls = Array.from({ length: SLOTS }, () => ask('say-3x0-wait1500').catch(() => null));
  await until('the crowd', () => server.seen.length - seen >= SLOTS / 2);
  await agent.signal('SIGSTOP');
  await Promise.all(calls);
  await agent.signal('SIGCONT');
  await until('an empty outbox', async () => {
    const { outbox, running } = await statusOf(agent);
    return outbox === 0 && running === 0;
  });
  expect((await until('an answer', async () => ((await ask('say-4x0')).isDone ? 'one' : null))) === 'one').toBe(true);
  expect((await statusOf(agent)).paused).toBeNull();
});

test('what callers ask and are answered stands in no log and in no file of router or home, whatever the kind of job', async () => {
  const messages = [
    { role: 'system', content: `you like ${SECRET}` },
    { role: 'user', content: `tell me of ${SECRET}` },
  ];
  const tools = [{ type: 'function', function: { name: 'f', description: SECRET, parameters: { type: 'object' } } }];
  const bodies: readonly (readonly [string, object])[] = [
    ['chat/completions', { messages, stream: true }],
    ['chat/completions', { messages, tools }],
    ['chat/completions', { messages, temperature: SECRET }],
    ['chat/completions', { messages, response_format: { type: 'json_object' } }],
    [
      'chat/completions',
      { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: `http://${SECRET}/` } }] }] },
    ],
    ['completions', { prompt: SECRET, max_tokens: 8 }],
    ['embeddings', { input: [SECRET, SECRET] }],
    ['images/generations', { prompt: SECRET }],
    ['responses', { input: SECRET }],
    ['messages', { messages: messages.slice(1), max_tokens: 8 }],
  ];
  for (const [path, body] of bodies) {
    const answer = await stack.call(`/v1/${path}`, { key: owner.apiKey, body: { model: ABLE_MODEL, ...body } });
    await answer.text();
  }
  const form = new FormData();
  form.set('model', ABLE_MODEL);
  form.set('prompt', SECRET);
  form.set('file', new Blob([`RIFF0000WAVEfmt ${SECRET}`]), `${SECRET}.wav`);
  const headers = { authorization: `Bearer ${owner.apiKey}` };
  await (await fetch(`${stack.url}/v1/audio/transcriptions`, { method: 'POST', headers, body: form })).text();
  const posted = new Set(able.seen.filter(({ body }) => JSON.stringify(body).includes(SECRET)).map(({ path }) => path));
  expect(posted.size).toBe(5);
  await Promise.all([agent.signal('SIGTERM'), ableAgent.signal('SIGTERM')]);
  const logs = { router: routerLines, home: [...agent.lines, ...ableAgent.lines] };
  expect(logs.home.filter((line) => line.includes(' job ')).length).toBeGreaterThan(JOBS);
  for (const [who, lines] of Object.entries(logs))
    expect([who, lines.filter((line) => line.includes(SECRET))]).toEqual([who, []]);
  expect(await findFilesWith(stack.folder, SECRET)).toEqual([]);
});

/** Files below a folder that hold this text. */
async function findFilesWith(folder: string, text: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const found: string[] = [];
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    // What is written and removed meanwhile is gone.
    const bytes = await readFile(path).catch(() => Buffer.alloc(0));
    if (bytes.includes(text)) found.push(path);
  }
  return found;
}
