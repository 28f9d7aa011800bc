// GET /node/link: a home dials in. The edge looks it up (or trusts a token it signed), asks the area where it sits, and hands the socket to that hub.
import { Hono } from 'hono';
import { isId } from '../../schema/ids.ts';
import { sortAreas } from '../../schema/places.ts';
import type { AppEnv } from './app-env.ts';
import type { LinkFault } from '../auth/link-nodes.ts';
import { ADDRESS_HEADER, readAddress } from '../auth/read-address.ts';
import { ApiError } from '../errors.ts';
import { DIAL_HEADER } from '../hub/door.ts';
import type { Dial } from '../hub/door.ts';
import type { NodeFacts } from '../hub/node-facts.ts';
import { findPlace } from './find-place.ts';

export const nodeLink = new Hono<AppEnv>();

nodeLink.get('/node/link', async (c) => {
  if (c.req.header('upgrade')?.toLowerCase() !== 'websocket') {
    throw new ApiError('upgrade_required', 'Homes connect here by WebSocket.', { headers: { upgrade: 'websocket' } });
  }
  const services = c.get('services');
  const nodeId = c.req.header('x-irori-node') ?? '';
  const token = /^Bearer (.+)$/.exec(c.req.header('authorization') ?? '')?.[1] ?? null;
  const from = readAddress(c.req.header(ADDRESS_HEADER));
  if (!isId('node', nodeId)) throw refuseDial({ kind: 'unenrolled' });
  const found = await services.findNode(nodeId, token, from);
  if (!found.ok) throw refuseDial(found.error);
  const node = found.value;
  if (node.barred !== null) throw new ApiError('node_revoked', `This node was revoked: ${node.barred}.`);
  const place = findPlace(c.req.raw, c.env);
  const area = sortAreas(place)[0] ?? 'weur';
  const hub = await services.area(area).assign({ nodeId, lat: place.lat, lon: place.lon });
  if (!hub) throw new ApiError('node_revoked', 'This node was revoked.');
  const { address, ownerAccountId } = node;
  const origins = services.ownOrigins(c.req.url);
  const family = services.families.tag(from);
  const facts: NodeFacts = { nodeId, address, ownerAccountId, place, origins, ...(family !== null && { family }) };
  const dial: Dial = { from, hasToken: node.hasToken };
  const headers = {
    upgrade: 'websocket',
    'x-irori-facts': JSON.stringify(facts),
    [DIAL_HEADER]: JSON.stringify(dial),
  };
  const answer = await services.hub(hub).fetch('https://hub/link', { headers });
  if (answer.status !== 429) return answer;
  throw refuseDial({ kind: 'too-many', waitMs: (await answer.json<{ retryAfterMs: number }>()).retryAfterMs });
});

function refuseDial(fault: LinkFault): ApiError {
  switch (fault.kind) {
    case 'unenrolled':
      return new ApiError(
        'node_unenrolled',
        'This node is not enrolled. Enrol it with a code from its owner’s account.',
      );
    case 'too-many': {
      const told = 'This node, or the address that it dials from, dials too often or was sent away.';
      return new ApiError('rate_limit_exceeded', told, { retryAfterS: Math.ceil(fault.waitMs / 1000) });
    }
  }
}
