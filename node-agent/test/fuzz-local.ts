// `npm run fuzz:local [-- --seconds N --seed S]`: noise at the two doors that a real agent opens on its own machine, for minutes rather than milliseconds.
// Exit status 1 where something was obeyed, told or lost; each finding names its case, which `--seed` plays again.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { claimPort } from '../../router/local/free-port.ts';
import { ACTIONS } from '../dashboard/page-desk.ts';
import { findSocketPath } from '../home/instance-lock.ts';
import { askAgent } from '../home/owner-line.ts';
import { AgentBench, residentBytes } from './agent-bench.ts';
import { fuzzPage, playPeers } from './fuzz-kit.ts';

const { values: flags } = parseArgs({
  options: { seconds: { type: 'string', default: '60' }, seed: { type: 'string', default: '1' } },
});
const [seconds, seed] = [Number(flags.seconds), Number(flags.seed)];
if (!(seconds > 0) || !Number.isSafeInteger(seed)) {
  process.stderr.write('--seconds and --seed are numbers.\n');
  process.exit(2);
}

const CROWD = 50;
/** Requests to the page between two crowds. */
const KNOCKS = 40;
const READ = ['view', 'earnings', 'earnings.csv', 'why', 'forecast', 'homes', 'doctor', 'logs', 'receipts/job_1'];
const ROUTES = ['session', ...READ, ...Object.keys(ACTIONS).map((name) => `actions/${name}`)].map(
  (path) => `/api/${path}`,
);
/** What V8 and the allocator keep of thousands of connections a second; a leak would be more with every minute. */
const MOST_GROWN_MIB = 256;
const bench = new AgentBench();
await bench.open();
const findings: string[] = [];
let peers = 0;
let knocks = 0;
try {
  const port = await claimPort('127.0.0.1', 0);
  const agent = await bench.upAndReady('--page-port', String(port));
  const { node } = JSON.parse(readFileSync(join(bench.state, 'status.json'), 'utf8')) as { node: string };
  const before = residentBytes(agent);
  for (const until = performance.now() + seconds * 1000; performance.now() < until && findings.length === 0;) {
    const from = seed * 1_000_000 + peers;
    await playPeers(
      findSocketPath(bench.state),
      Array.from({ length: CROWD }, (_, i) => from + i),
      peers % 7 === 0 ? 1 : 0,
    );
    peers += CROWD;
    findings.push(...(await fuzzPage(port, ROUTES, { from, cases: KNOCKS, mustNotTell: [node, 'say-'] })));
    knocks += KNOCKS;
    const asked = await askAgent(bench.state, { do: 'status' });
    if (asked.kind !== 'answered') findings.push(`after peer ${from + CROWD}: the owner's question was ${asked.kind}`);
    else if (asked.answer['paused'] !== null) findings.push(`after peer ${from + CROWD}: it paused`);
    if (agent.child.exitCode !== null) findings.push(`after peer ${from + CROWD}: the agent ended`);
  }
  const key = readFileSync(join(bench.state, 'session.key'), 'utf8').trim().slice(2);
  if (agent.output().includes(key)) findings.push('the log holds the key');
  const grownMiB = (residentBytes(agent) - before) / 2 ** 20;
  if (grownMiB > MOST_GROWN_MIB) findings.push(`it grew by ${grownMiB.toFixed(0)} MiB`);
  process.stdout.write(
    `${peers} peers and ${knocks} requests to the page from seed ${seed} in ${seconds} s, ${grownMiB.toFixed(1)} MiB more in memory: ${findings.length} findings\n`,
  );
} finally {
  await bench.close();
}
for (const finding of findings) process.stdout.write(`${finding}\n`);
process.exit(findings.length === 0 ? 0 : 1);
