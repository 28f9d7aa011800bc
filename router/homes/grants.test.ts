// Who is given a job that a home has turned down or failed before.
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

const model: NodeModel = {
  name: 'm',
  digest: 'a'.repeat(64),
  contextTokens: 4096,
  quantisation: 'q8',
  resume: 'none',
  promptTokensPerS: 1000,
  decodeTokensPerS: 50,
};

/** At Paris; `far` is in Spain, and answers what it is given. */
function makeCandidate(nodeId: string, active = 0): NodeCandidate {
  const place = nodeId === 'far' ? { lat: 40, lon: -3.7, country: 'ES' } : { lat: 48.9, lon: 2.4, country: 'FR' };
  return {
    nodeId,
    ownerAccountId: `acct_${nodeId}`,
    pools: ['public'],
    place,
    models: [model],
    slots: 1,
    active,
    isPaused: false,
  };
}

function choose(candidates: NodeCandidate[], avoidOwners: string[]) {
  const sql = { exec: () => [] } as unknown as SqlStorage;
  const grants = new HubGrants({
    history: new NodeHistory(sql, 0),
    loads: new NodeLoads(),
    prefixes: new PrefixHolders(),
    idle: new IdleLog(),
    aside: new AsideHomes(() => undefined),
    hasVoice: (nodeId) => nodeId === 'far',
    candidates: () => candidates,
    prefetch: () => undefined,
  });
  return grants.choose({ ...makeJobOffer({ digests: [model.digest] }), avoidOwners }, 1000);
}

test('the closest takes a job that nobody has turned down', () => {
  expect(choose([makeCandidate('near'), makeCandidate('far')], [])).toMatchObject({ nodeId: 'near' });
});

test('a job that was turned down goes to a home that answers what it is given', () => {
  const homes = [makeCandidate('near'), makeCandidate('far')];
  expect(choose(homes, ['acct_gone'])).toMatchObject({ nodeId: 'far' });
});

test('and to another one where none of those is free', () => {
  const homes = [makeCandidate('near'), makeCandidate('far', 1)];
  expect(choose(homes, ['acct_gone'])).toMatchObject({ nodeId: 'near' });
});
