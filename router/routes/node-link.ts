// GET /node/link: a home dials in. The edge looks it up (or trusts a token it signed), asks the area where it sits, and hands the socket to that hub.
import { Hono } from 'hono';
import { isId } from '../../schema/ids.ts';
import { sortAreas } from '../../schema/places.ts';
import type { AppEnv } from './app-env.ts';
import { ApiError } from '../errors.ts';
import type { NodeFacts } from '../hub/node-socket.ts';
import { findPlace } from './find-place.ts';

export const nodeLink = new Hono<AppEnv>();

nodeLink.get('/node/link', async (c) => {
  if (c.req.header('upgrade')?.toLowerCase() !== 'websocket') {
    throw new ApiError('upgrade_required', 'Homes connect here by WebSocket.', { headers: { upgrade: 'websocket' } });
  }
  const services = c.get('services');
  const nodeId = c.req.header('x-irori-node') ?? '';
  const token = /^Bearer (.+)$/.exec(c.req.header('authorization') ?? '')?.[1] ?? null;
  const node = isId('node', nodeId) ? await services.findNode(nodeId, token) : null;
  if (!node)
    throw new ApiError('node_unenrolled', 'This node is not enrolled. Enrol it with a code from its owner’s account.');
  if (node.barred !== null) throw new ApiError('node_revoked', `This node was revoked: ${node.barred}.`);
  const place = findPlace(c.req.raw, c.env);
  const area = sortAreas(place)[0] ?? 'weur';
  const hub = await services.area(area).assign({ nodeId, lat: place.lat, lon: place.lon });
  if (!hub) throw new ApiError('node_revoked', 'This node was revoked.');
  const { address, ownerAccountId } = node;
  const origins = services.ownOrigins(c.req.url);
  const facts: NodeFacts = { nodeId, address, ownerAccountId, place, origins };
  return services
    .hub(hub)
    .fetch('https://hub/link', { headers: { upgrade: 'websocket', 'x-irori-facts': JSON.stringify(facts) } });
});
