// npm run bench:pick [-- --json]: what a pick costs, at a hub of 64 and 512 homes from the offer to the lease, and at an edge that knows
// nothing yet or all it needs. Prints the medians and the slowest hundredth, in microseconds.
import { measureEdge } from './edge-picks.ts';
import type { EdgeRow } from './edge-picks.ts';
import { quantile } from '../../schema/quantile.ts';

const HUB_NODES = [64, 512];
const EDGE_HUBS = [1, 6, 20];

interface HubRow {
  readonly nodes: number;
  readonly p50Us: number;
  readonly p99Us: number;
}

/** The hub's classes are typed for the platform, not for Node: they are loaded as they stand and checked with the router. */
async function measureHubs(): Promise<HubRow[]> {
  const file = new URL('./hub-picks.ts', import.meta.url).href;
  const { measureHub } = (await import(file)) as { measureHub: (nodes: number) => number[] };
  return HUB_NODES.map((nodes) => {
    const tookUs = measureHub(nodes);
    return { nodes, p50Us: Math.round(quantile(tookUs, 0.5)), p99Us: Math.round(quantile(tookUs, 0.99)) };
  });
}

async function measureEdges(): Promise<EdgeRow[]> {
  const rows: EdgeRow[] = [];
  for (const hubs of EDGE_HUBS) {
    const { coldUs, warmUs, ...counts } = await measureEdge(hubs);
    rows.push({ ...counts, coldUs: Math.round(coldUs), warmUs: Math.round(warmUs) });
  }
  return rows;
}

const result = { hub: await measureHubs(), edge: await measureEdges() };
if (process.argv.includes('--json')) console.log(JSON.stringify(result));
else {
  console.log('pick and lease at a hub (goal: 1000 µs)');
  console.table(result.hub);
  console.log('pick at an edge (goal: one trip when cold, no command when warm)');
  console.table(result.edge);
}
