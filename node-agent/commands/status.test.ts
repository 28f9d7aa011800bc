import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { expect, test } from 'vitest';
import { IdentityFile } from '../home/identity-file.ts';
import type { AgentStatus } from '../home/status-file.ts';
import { measureWidth } from '../fit-text.ts';
import { SILENT_LOG } from './silent-log.ts';
import { formatStatus as format } from './tell-status.ts';
import type { StatusFacts } from './tell-status.ts';

const NOW = new Date(2026, 10, 28, 17, 5).getTime();

const NO_VERSIONS = { offered: null, restored: null };

function formatStatus(
  status: AgentStatus,
  run: StatusFacts['run'] = 'running',
  versions: StatusFacts['versions'] = NO_VERSIONS,
): string {
  return format({ status, run, today: { jobs: 2, tokens: 3412, micro: 1234n }, versions, now: NOW });
}

function makeStatus(change: Partial<AgentStatus> = {}): AgentStatus {
  return {
    pid: 1,
    version: '1.0.0',
    name: null,
    startedAt: 0,
    writtenAt: 0,
    router: 'https://irori.example',
    node: 'node_x',
    address: '0x1',
    state: 'connected',
    problem: null,
    paused: null,
    pausedUntilAt: null,
    standing: null,
    hub: 'h',
    area: 'weur',
    models: ['m'],
    abilities: {},
    modelNotes: {},
    serverNotes: [],
    slots: 1,
    running: 0,
    jobs: 4,
    done: 4,
    failed: 0,
    cancelled: 0,
    handedOver: 0,
    refused: 0,
    promptTokens: 0,
    outputTokens: 0,
    lastFailure: null,
    outbox: 0,
    outboxMicro: '0',
    sealedReceipts: null,
    proof: null,
    evidence: [],
    clockAheadMs: 12,
    restoredAtReceipt: null,
    answeredReceipts: 4,
    unpaidReceipts: 0,
    unpaidInARow: 0,
    earnedMicro: '1',
    acceptedReceipts: '4',
    power: null,
    page: null,
    residentBytes: 1,
    ...change,
  };
}

test('a home that is well has nothing to warn of', () => {
  expect(formatStatus(makeStatus())).not.toMatch(/warning|restored|clock/);
  expect(formatStatus(makeStatus({ clockAheadMs: null }))).not.toContain('clock');
});

test('what each model can do is told, and of many models only some', () => {
  const models = Array.from({ length: 14 }, (_, i) => `m${i}`);
  const text = formatStatus(makeStatus({ models, abilities: { m0: ['tools', 'images'] } }));
  expect(text).toContain('can        m0: text, tools, images\n');
  expect(text).toContain('can        m11: text\n');
  expect(text).toContain('can        … 2 more: see --json');
});

test('receipts that earn nothing are warned of', () => {
  const text = formatStatus(makeStatus({ unpaidReceipts: 3, unpaidInARow: 2 }));
  expect(join(text)).toContain('the router pays nothing for 3 of 4 receipts since the start, the last 2 in a row');
});

test('a state folder that was older than the router’s knowledge is told, and that nothing is to be done', () => {
  const text = formatStatus(makeStatus({ restoredAtReceipt: '1051' }));
  expect(join(text)).toMatch(/restored this .* went on from number 1051; there is nothing to do/);
});

test('a clock that is off is told with how far', () => {
  expect(formatStatus(makeStatus({ clockAheadMs: -200_000 }))).toContain(
    "clock      this machine's and the router's differ: 3 min 20 s behind",
  );
});

test('what was earned is told with its proof, and how far this home’s own receipts are sealed', () => {
  const seal = { kind: 'acceptances', number: '41', covers: 32, hashes: 5, total: '9' };
  const text = formatStatus(
    makeStatus({
      proof: { signer: '0xabc', seal },
      sealedReceipts: { receipt: '90', seal: '12' },
      outboxMicro: '1500000',
      outbox: 3,
    }),
  );
  expect(text).toContain('pending    3 receipts wait for an answer, over 1.500000 credits');
  expect(join(text)).toContain(
    'proof seal 41 of acceptances, signed by 0xabc: 32 messages under it, 5 hashes of proof',
  );
  expect(text).toContain('sealed     up to receipt 90, under 12 seals of this home');
});

test('evidence against the router is warned of', () => {
  const text = formatStatus(makeStatus({ evidence: [{ router: '0xabc', seals: [] }] }));
  expect(join(text)).toMatch(/warning the router has signed totals of this home that cannot both hold \(1\)/);
});

test('a home that takes no work for a full outbox says so in plain words', () => {
  expect(join(formatStatus(makeStatus({ paused: 'outbox' })))).toContain('waits for the router to accept it (outbox)');
});

test('how a home stands, why, and what to do: never connected falsely, in local time', () => {
  const first = (change: Partial<AgentStatus>, run?: StatusFacts['run']): string =>
    formatStatus(makeStatus({ name: 'desk', writtenAt: NOW - 60_000, ...change }), run).split('\n\n')[0] ?? '';
  expect(first({})).toBe('desk: connected. Ready: no call needs this home now.');
  expect(first({ running: 1 })).toBe('desk: connected. It works for callers.');
  expect(first({ paused: 'owner', pausedUntilAt: NOW + 3_600_000 })).toBe(
    'desk: connected, takes no work until 18:05: You paused it.\n           Lend it again with irori-node resume.',
  );
  expect(first({ paused: 'disk' })).toContain('Free some space');
  const standing = { level: 'off', reason: 'schedule', sinceAt: NOW, untilAt: NOW + 3_600_000, all: [] } as const;
  expect(first({ paused: 'schedule', standing })).toContain('takes no work until 18:05: Your schedule keeps');
  expect(first({ standing: { ...standing, level: 'eco' } })).toMatch(/connected\. Ready, with fewer jobs/);
  expect(first({ paused: 'a-later-word' })).toBe('desk: connected, takes no work: a-later-word');
  expect(first({ state: 'waiting', problem: 'The router cannot be reached: it is off.' })).toBe(
    'desk: not connected, tries again by itself\n           The router cannot be reached: it is off.',
  );
  expect(first({ running: 1 }, 'silent')).toMatch(/^desk: does not answer; last seen 17:04\n.*Process 1 is stopped/);
  expect(first({ running: 1 }, 'stopped')).toBe(
    'desk: not running; last seen 17:04\n           Start it with irori-node up.',
  );
});

test('a home that has left says so, and does not ask to be started', () => {
  const today = { jobs: 0, tokens: 0, micro: 0n };
  const status = makeStatus({ name: 'desk' });
  const text = format({ status, run: 'stopped', hasLeft: true, today, versions: NO_VERSIONS, now: NOW });
  expect(text).toMatch(/^desk: has left its router for good\n {11}It comes back only with a new code/);
  expect(text).not.toContain('not running');
});

test('a router counts as left only by a file that can be read and does not name it', async () => {
  const folder = mkdtempSync(joinPath(tmpdir(), 'irori-left-'));
  const file = joinPath(folder, 'identity.json');
  const told: boolean[] = [];
  for (const text of ['{', '{"routers":{"https://a.example":{"node":"n","account":"a","codeHash":"h"}}}']) {
    writeFileSync(file, text);
    told.push(await IdentityFile.hasForgotten(folder, 'https://a.example'));
  }
  await (await IdentityFile.open(folder, SILENT_LOG)).forget('https://a.example');
  told.push(await IdentityFile.hasForgotten(folder, 'https://a.example'));
  rmSync(folder, { recursive: true });
  expect(told).toEqual([false, false, true]);
});

test('of an agent that was killed nothing is told as if it ran', () => {
  const text = formatStatus(makeStatus({ running: 1, slots: 4 }), 'stopped');
  expect(text).not.toMatch(/busy|connected/);
});

test('what ended badly is not told as done; today is by the local day', () => {
  const text = formatStatus(makeStatus({ done: 2, failed: 1, cancelled: 1, handedOver: 1, refused: 3 }));
  expect(join(text)).toContain('2 done, 1 failed, 1 left by their callers, 1 handed over, 3 refused since');
  expect(text).toContain('today      0.001234 credits, 2 jobs, 3,412 tokens');
});

test('what was updated, or could be, is told', () => {
  const restored = { from: '1.1.0', to: '1.0.0', at: NOW };
  const text = formatStatus(makeStatus(), 'running', { restored, offered: { version: '1.2.0', bytes: 4.6e6 } });
  expect(text).toContain('update     version 1.1.0 did not start three times: 1.0.0 was restored (17:05)');
  expect(text).toContain('update     version 1.2.0 is there (4.6 MB): irori-node update');
  const offered = { version: '1.0.0', bytes: 1 };
  expect(formatStatus(makeStatus(), 'running', { restored: null, offered })).not.toContain('update ');
});

test('no line is wider than a terminal, whatever things are called', () => {
  const name = '東京の机の下にある三台目のとても長い名前のゲーム用の計算機'.repeat(3);
  const models = Array.from({ length: 20 }, (_, i) => `${'ながい名前のモデル'.repeat(4)}:latest-q4-${i}`);
  const told = { inCatalogue: false, servedTo: 'own account only' as const, told: 'only your own calls come' };
  const full = makeStatus({
    name,
    models,
    modelNotes: Object.fromEntries(models.map((model) => [model, told])),
    abilities: { [models[0] ?? '']: ['tools', 'json', 'images', 'logprobs', 'reasoning', 'completion'] },
    router: `https://${'long.'.repeat(30)}example`,
    address: `0x${'a'.repeat(40)}`,
    node: `node_${'a'.repeat(20)}`,
    paused: 'gpu-in-use',
    unpaidReceipts: 9,
    unpaidInARow: 2,
    restoredAtReceipt: '10000',
    clockAheadMs: -1e9,
    lastFailure: 'x'.repeat(300),
    evidence: [1],
    serverNotes: [
      'the server at http://127.0.0.1:11434 runs tools on this machine: start it without --tools'.repeat(2),
    ],
  });
  for (const run of ['running', 'silent', 'stopped'] as const)
    expect(
      formatStatus(full, run)
        .split('\n')
        .filter((line) => measureWidth(line) > 80),
    ).toEqual([]);
});

function join(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}
