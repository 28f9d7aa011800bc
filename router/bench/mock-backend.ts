// The tests' model server as a process of its own, so that its CPU is nobody else's. Prints its port, and a second one on which it tells what it saw of
// requests for a model that a probe marked: `GET /{model}` gives {sent, abortedAt} or null.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startModelServer } from '../test/model-server.ts';

/** Models that it lists, so that the router's catalogue can price them: a pattern has no digest of its own. */
export const LISTED_MODELS = ['priced-say-64x5', 'priced-say-1x0-fat700'];
/** A model with this in its name is remembered. Loads are not: they would fill its memory. */
export const PROBE_MARK = '-probe';

if (import.meta.main) {
  const server = await startModelServer({
    models: LISTED_MODELS,
    promptTokens: 200,
    isRemembered: (model) => model.includes(PROBE_MARK),
  });
  const teller = createServer((request, response) => {
    const seen = server.seen.find(({ body }) => body['model'] === request.url?.slice(1));
    response.end(JSON.stringify(seen ? { sent: seen.sent, abortedAt: seen.abortedAt } : null));
  });
  await new Promise<void>((resolve) => teller.listen({ port: 0, host: '127.0.0.1' }, resolve));
  console.log(JSON.stringify({ port: server.port, tellPort: (teller.address() as AddressInfo).port }));
}
