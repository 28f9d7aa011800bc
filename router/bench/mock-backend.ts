// The tests' model server as a process of its own, so that its CPU is nobody else's. Prints its port.
import { startModelServer } from '../test/model-server.ts';

/** Models that it lists, so that the router's catalogue can price them: a pattern has no digest of its own. */
export const LISTED_MODELS = ['priced-say-64x5', 'priced-say-1x0-fat700'];

if (import.meta.main) {
  const { port } = await startModelServer({ models: LISTED_MODELS, promptTokens: 200, isRemembering: false });
  console.log(JSON.stringify({ port }));
}
