// What the operator changed of a node, told to whoever goes by it: the node's own object reads the books anew, and its hubs hear of it at once.
import type { Services } from '../services/edge.ts';

/**
 * Returns once every hub that the node showed itself at goes by the new standing. Rejects where one could not be told: the change stands in
 * the books, and the same call again tells the rest.
 */
export async function tellStanding(services: Pick<Services, 'nodeAccount' | 'hub'>, nodeId: string): Promise<void> {
  const { standing, hubs } = await services.nodeAccount(nodeId).recheck();
  if (standing) await Promise.all(hubs.map(async (hub) => services.hub(hub).takeStanding(nodeId, standing)));
}
