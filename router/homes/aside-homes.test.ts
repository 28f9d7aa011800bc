// A home whose data breaks any step of a choice is left out of it, and the others are chosen among as if it were not there.
import { expect, test } from 'vitest';
import type { NodeModel } from '../../schema/frames-to-hub.ts';
import { makeJobOffer } from '../test/make-job-offer.ts';
import { PrefixHolders } from '../placement/prefix-holders.ts';
import { AsideHomes } from './aside-homes.ts';
import type { NodeCandidate } from './find-entry.ts';
import { HubGrants } from './grants.ts';
import { IdleLog } from './idle-log.ts';
import { NodeHistory } from './node-history.ts';
import { NodeLoads } from './node-loads.ts';

const speeds = { promptTokensPerS: 1000, decodeTokensPerS: 50 };
const model: NodeModel = {
  name: 'm',
  digest: 'a'.repeat(64),
  contextTokens: 4096,
  quantisation: 'q8',
  resume: 'none',
  ...speeds,
};
const node = (nodeId: string, facts: Partial<NodeCandidate> = {}): NodeCandidate => ({
  nodeId,
  ownerAccountId: 'acct_o',
  pools: ['public'],
  place: { lat: 48.9, lon: 2.4, country: 'FR' },
  models: [model],
  slots: 2,
  active: 0,
  isPaused: false,
  ...facts,
});
const offer = makeJobOffer({ digests: [model.digest] });
const NO_SQL = { exec: () => [] } as unknown as SqlStorage;

function open(candidates: NodeCandidate[], breaks: { history?: keyof NodeHistory; tellOwner?: boolean } = {}) {
  const history = new NodeHistory(NO_SQL, 0);
  const { history: method } = breaks;
  if (method) {
    const whole = (history[method] as (...args: unknown[]) => unknown).bind(history);
    Object.assign(history, {
      [method]: (nodeId: string, ...rest: unknown[]) => {
        if (nodeId === 'bad') throw new RangeError('its record is broken');
        return whole(nodeId, ...rest);
      },
    });
  }
  const told: string[] = [];
  const aside = new AsideHomes((nodeId) => {
    told.push(nodeId);
    if (breaks.tellOwner) throw new Error('its log is broken too');
  });
  const idle = new IdleLog();
  const prefixes = new PrefixHolders();
  const doors = {
    history,
    idle,
    prefixes,
    aside,
    loads: new NodeLoads(),
    hasVoice: () => false,
    prefetch: () => undefined,
  };
  return { grants: new HubGrants({ ...doors, candidates: () => candidates }), told, aside };
}

const broken = (field: keyof NodeCandidate): NodeCandidate =>
  Object.defineProperty(node('bad'), field, {
    get: () => {
      throw new TypeError('broken');
    },
  });

test.each([
  ['a method of what is known of it', open([node('bad'), node('good')], { history: 'speedsOf' })],
  ['its round trip', open([node('bad'), node('good')], { history: 'rttMs' })],
  ['its failures', open([node('bad'), node('good')], { history: 'know' })],
  ['what edges are told of it', open([node('bad'), node('good')], { history: 'tell' })],
  ['what its owner is to be told', open([node('bad'), node('good')], { history: 'rttMs', tellOwner: true })],
  ['its models', open([broken('models'), node('good')])],
  ['its place', open([broken('place'), node('good')])],
  ['no place at all', open([node('bad', { place: null as never }), node('good')])],
  ['no pools at all', open([node('bad', { pools: null as never }), node('good')])],
])('a home that breaks by %s is set aside, and another is granted', (_, { grants, told, aside }) => {
  for (let i = 0; i < 3; i++) {
    const granted = grants.choose(offer, 1000);
    expect(granted).toMatchObject({ kind: 'grant', nodeId: 'good' });
  }
  expect(told).toEqual(['bad']);
  expect([aside.has('bad', 60_000), aside.has('bad', 61_001)]).toEqual([true, false]);
});

test('where nobody else is there the answer is that nobody is, not an error', () => {
  const { grants } = open([broken('models')]);
  expect(grants.choose(offer, 1000)).toMatchObject({ kind: 'declined', refusal: { code: 'none' } });
});
