import { expect, test } from 'vitest';
import type { AgentStatus } from '../home/status-file.ts';
import { formatStatus } from './status.ts';

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
    hub: 'h',
    area: 'weur',
    models: ['m'],
    abilities: {},
    slots: 1,
    running: 0,
    jobs: 4,
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
    page: null,
    residentBytes: 1,
    ...change,
  };
}

test('a home that is well has nothing to warn of', () => {
  expect(formatStatus(makeStatus(), true)).not.toMatch(/warning|restored|clock/);
  expect(formatStatus(makeStatus({ clockAheadMs: null }), true)).not.toContain('clock');
});

test('what each model can do is told, and of many models only some', () => {
  const models = Array.from({ length: 14 }, (_, i) => `m${i}`);
  const text = formatStatus(makeStatus({ models, abilities: { m0: ['tools', 'images'] } }), true);
  expect(text).toContain('can        m0: text, tools, images\n');
  expect(text).toContain('can        m11: text\n');
  expect(text).toContain('can        … 2 more: see --json');
});

test('receipts that earn nothing are warned of', () => {
  const text = formatStatus(makeStatus({ unpaidReceipts: 3, unpaidInARow: 2 }), true);
  expect(text).toContain('warning    the router pays nothing for 3 of 4 receipts since the start, the last 2 in a row');
});

test('a state folder that was older than the router’s knowledge is told, and that nothing is to be done', () => {
  const text = formatStatus(makeStatus({ restoredAtReceipt: '1051' }), true);
  expect(text).toMatch(/restored {3}.* went on from number 1051; there is nothing to do/);
});

test('a clock that is off is told with how far', () => {
  expect(formatStatus(makeStatus({ clockAheadMs: -200_000 }), true)).toContain(
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
    true,
  );
  expect(text).toContain('receipts   3 waiting for an answer, over 1.500000 credits');
  expect(text).toContain('proof      seal 41 of acceptances, signed by 0xabc: 32 messages under it, 5 hashes of proof');
  expect(text).toContain('sealed     up to receipt 90, under 12 seals of this home');
});

test('evidence against the router is warned of', () => {
  const text = formatStatus(makeStatus({ evidence: [{ router: '0xabc', seals: [] }] }), true);
  expect(text).toMatch(/warning {4}the router has signed totals of this home that cannot both hold \(1\)/);
});

test('a home that takes no work for a full outbox says so in plain words', () => {
  expect(formatStatus(makeStatus({ paused: 'outbox' }), true)).toContain('waits for the router to accept it (outbox)');
});
