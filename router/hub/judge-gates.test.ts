// Every gate as an owner reads it: made of the choice itself, with one home of a hub in every state that keeps it from work.
import { expect, test } from 'vitest';
import type { NodeModel, PauseReason } from '../../schema/frames-to-hub.ts';
import { AsideHomes } from '../homes/aside-homes.ts';
import type { NodeCandidate } from '../homes/find-entry.ts';
import { HubGrants } from '../homes/grants.ts';
import { IdleLog } from '../homes/idle-log.ts';
import { NodeHistory } from '../homes/node-history.ts';
import { NodeLoads } from '../homes/node-loads.ts';
import { PrefixHolders } from '../placement/prefix-holders.ts';
import { ExamDesk } from './exam-desk.ts';
import { judgeGates } from './judge-gates.ts';
import type { NodeSocket } from './node-socket.ts';

const NOW = 1_800_000_000_000;
const DIGEST = 'a'.repeat(64);
const PARIS = { lat: 48.9, lon: 2.4, country: 'FR' };
const CATALOGUE = [{ id: 'llama', digests: [DIGEST], priceIn: 100, priceOut: 200 }];
const WELL = { since: NOW - 1000, coolingUntil: null, coolingReason: null };

interface Told {
  readonly model?: Partial<NodeModel>;
  readonly hindrance?: string | null;
  readonly paused?: PauseReason | null;
  readonly isSilent?: boolean;
  readonly isUnread?: boolean;
  readonly isBehind?: boolean;
  readonly heldMs?: number;
  readonly pools?: readonly string[];
  readonly slots?: number;
  readonly active?: number;
  readonly isAside?: boolean;
  readonly others?: readonly NodeCandidate[];
}

/** What the owner of a home is told that is well but for this. */
function tell(told: Told = {}, why: Parameters<typeof judgeGates>[1] = WELL) {
  const { hindrance = null, paused = null, slots = 2, active = 0, pools = ['public'], others = [] } = told;
  const model: NodeModel = {
    name: 'my-llama',
    digest: DIGEST,
    contextTokens: 4096,
    quantisation: 'q8',
    resume: 'none',
    promptTokensPerS: 2000,
    decodeTokensPerS: 60,
    ...told.model,
  };
  const place = PARIS;
  const plain = { ownerAccountId: 'acct_me', pools, place, models: [model], slots, active };
  const candidate: NodeCandidate = { nodeId: 'me', ...plain, isPaused: paused !== null };
  const isSeen = hindrance === null && told.isSilent !== true;
  const aside = new AsideHomes(() => undefined);
  if (told.isAside) aside.add('me', new Error('broken'), NOW);
  const grants = new HubGrants({
    history: new NodeHistory({ exec: () => [] } as unknown as SqlStorage, 0),
    loads: new NodeLoads(),
    prefixes: new PrefixHolders(),
    idle: new IdleLog(),
    aside,
    hasVoice: () => true,
    candidates: () => [...(isSeen ? [candidate] : []), ...others],
    prefetch: () => undefined,
  });
  const socket = {
    facts: { nodeId: 'me', place },
    state: { models: told.model?.name === '' ? [] : [model], slots, paused },
    standing: { pools },
    parts: { size: active },
    agent: null,
    unread: { isFull: told.isUnread === true },
    findHindrance: () => hindrance,
    heldMs: () => told.heldMs ?? 0,
  } as unknown as NodeSocket;
  const desk = new ExamDesk({
    grants: () => grants,
    aside,
    receipts: { isBehind: () => told.isBehind === true },
    find: () => socket,
    trustSlots: (_, slots) => slots,
    isCandidate: () => isSeen,
  });
  return judgeGates(desk.examine('me', CATALOGUE, NOW), why);
}

const failing = (told: Told, why?: Parameters<typeof judgeGates>[1]): string[] =>
  tell(told, why)
    .gates.filter(({ passes }) => !passes)
    .map(({ gate }) => gate);

test('a home that is well is chosen for a caller next door, and every gate says so', () => {
  const { wouldChoose, model, gates } = tell();
  expect({ wouldChoose, model }).toEqual({ wouldChoose: true, model: 'llama' });
  expect(gates.every(({ passes, remedy }) => passes && remedy === null)).toBe(true);
  expect(gates.map(({ gate }) => gate)).toEqual([
    'enrolled',
    'connected',
    'ready',
    'not_paused',
    'not_cooling',
    'usable',
    'keeps_up',
    'offers_model',
    'in_catalogue',
    'for_everyone',
    'slot_free',
    'meets_wishes',
    'price',
    'reliable',
    'first_token',
    'speed',
    'chosen',
  ]);
});

test.each<[gate: string, told: Told]>([
  ['ready', { hindrance: 'told-nothing' }],
  ['ready', { hindrance: 'not-synced' }],
  ['ready', { hindrance: 'leaving' }],
  ['ready', { hindrance: 'replaced' }],
  ['ready', { isSilent: true }],
  ['not_paused', { paused: 'owner' }],
  ['not_paused', { paused: 'battery' }],
  ['usable', { isAside: true }],
  ['keeps_up', { isUnread: true }],
  ['keeps_up', { isBehind: true }],
  ['keeps_up', { heldMs: 1000 }],
  ['in_catalogue', { model: { digest: 'b'.repeat(64) } }],
  ['for_everyone', { pools: ['pool_1'] }],
])('%s keeps a home from work where it is %j', (gate, told) => {
  const { wouldChoose, gates } = tell(told);
  expect(wouldChoose).toBe(false);
  const found = gates.find((one) => one.gate === gate);
  expect(found).toMatchObject({ passes: false, remedy: expect.any(String) });
  expect(found?.told).toMatch(/^[A-Z].*\.$/);
});

test('a failure that it rests after is told with its end', () => {
  const why = { ...WELL, coolingUntil: Date.parse('2026-11-01T14:10:00Z'), coolingReason: 'three jobs broke off' };
  expect(failing({}, why)).toEqual(['not_cooling']);
  const gate = tell({}, why).gates.find(({ passes }) => !passes);
  expect(gate?.told).toBe('It is left alone until 14:10 UTC: three jobs broke off.');
});

test('one that is not connected is told since when', () => {
  const { wouldChoose, gates } = judgeGates(null, { ...WELL, since: NOW });
  expect(wouldChoose).toBe(false);
  expect(gates.at(-1)).toMatchObject({
    gate: 'connected',
    passes: false,
    told: expect.stringContaining('since 2027-'),
  });
  expect(judgeGates(null, { ...WELL, since: null }).gates.at(-1)?.told).toContain('has not been here yet');
});

test('a slow home is chosen where it is alone, and told what it does not keep', () => {
  const slow: Told = { model: { promptTokensPerS: 50, decodeTokensPerS: 5 } };
  expect(failing(slow)).toEqual(['first_token', 'speed']);
  expect(tell(slow).wouldChoose).toBe(true);
  const fast = { nodeId: 'fast', ownerAccountId: 'acct_other', pools: ['public'], place: PARIS, slots: 1, active: 0 };
  const others = [
    { ...fast, isPaused: false, models: [{ ...tellModel(), promptTokensPerS: 5000, decodeTokensPerS: 90 }] },
  ];
  expect(failing({ ...slow, others })).toEqual(['first_token', 'speed', 'chosen']);
  expect(tell({ ...slow, others }).wouldChoose).toBe(false);
});

test('a model that has to be loaded is told so, and a full home that it works', () => {
  const cold = tell({ model: { loadMs: 30_000 } }).gates.find(({ gate }) => gate === 'first_token');
  expect(cold).toMatchObject({ passes: false, remedy: 'Keep the model in memory.' });
  expect(failing({ active: 2 })).toContain('slot_free');
  expect(tell({ active: 2 }).wouldChoose).toBe(false);
});

function tellModel(): NodeModel {
  return {
    name: 'x',
    digest: DIGEST,
    contextTokens: 4096,
    quantisation: 'q8',
    resume: 'none',
    promptTokensPerS: 1,
    decodeTokensPerS: 1,
  };
}
