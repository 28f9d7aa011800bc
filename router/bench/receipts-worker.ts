// The Worker as it is deployed, with one more door: `POST /bench/accept/{nodeId}` hands a batch of settlements to that node's account, as hubs do.
import { makeApp } from '../app.ts';
import type { SettlementBatch } from '../../schema/settlement.ts';
import type { Env } from '../env.ts';

export { Account, Area, Hub, NodeAccount } from '../objects.ts';

const app = makeApp();

export default {
  fetch: async (request, env, context) => {
    const [, bench, what, nodeId = ''] = new URL(request.url).pathname.split('/');
    if (bench !== 'bench') return app.fetch(request, env, context);
    const batch = await request.json<SettlementBatch>();
    // What reading the batch costs by itself.
    if (what === 'read') return Response.json(batch.settlements.length);
    const answers = await env.NODE_ACCOUNT.getByName(nodeId).acceptAll(batch);
    return Response.json(answers.filter((answer) => answer?.acceptance).length);
  },
} satisfies ExportedHandler<Env>;
