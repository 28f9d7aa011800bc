// `npm run chaos:chain -- --moments N --seed S`: a home earns, its epoch ends, and at a random moment of the root's way to the chain router, chain or both are
// killed. Each time it is settled and judged: one root an epoch, and chain and books say the same. Exit status 1 where that is not so.
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { openChaosWorld } from '../test/chain-chaos.ts';
import type { ChaosWorld } from '../test/chain-chaos.ts';
import { makeRandom } from './draw-losses.ts';

/** An epoch is closed, posted and seen within it. */
const WITHIN_MS = 2500;
/** anvil writes its state every second: what it was told before lies in its file then. */
const WRITTEN_MS = 1500;
const VICTIMS = ['router', 'chain', 'both'] as const;

const { values: flags } = parseArgs({
  options: { moments: { type: 'string', default: '10' }, seed: { type: 'string', default: '1' } },
});
const random = makeRandom(readCount('seed', flags.seed));
const moments = readCount('moments', flags.moments);

console.log(`A network of its own with a chain of its own: test tokens, no value. Seed ${flags.seed}.`);
const world = await openChaosWorld();
let epoch = 0;
try {
  for (let moment = 1; moment <= moments; moment++) console.log(`${moment}: ${await play(world)}`);
  await world.claim(epoch);
  console.log('The wallet has what the books had; each epoch has one root.');
} catch (error) {
  console.log(`NOT as promised: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
} finally {
  await world.stop();
}

async function play({ stack, ...chaos }: ChaosWorld): Promise<string> {
  await chaos.work(1 + Math.floor(random() * 3));
  epoch = await chaos.endEpoch();
  await sleep(WRITTEN_MS);
  const victim = VICTIMS[Math.floor(random() * VICTIMS.length)] ?? 'both';
  const after = Math.floor(random() * WITHIN_MS);
  const run = chaos.tick();
  await sleep(after);
  const seen = (await chaos.pending()) === epoch ? 'posted' : (await chaos.isPublished(epoch)) ? 'published' : 'open';
  if (victim !== 'chain') await stack.network.killWorkerd();
  if (victim !== 'router') await stack.restartChain();
  if (victim !== 'chain') await stack.network.restart();
  await run;
  const kept = (await chaos.pending()) === epoch ? 'there' : 'not there';
  await chaos.settle(epoch);
  await chaos.judge(epoch);
  return `${victim} killed ${after} ms after the end of epoch ${epoch}, which was ${seen}; its root was ${kept} then, and is final now`;
}

function readCount(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 1) return value;
  process.stderr.write(`--${name} must be a whole number of at least 1.\n`);
  process.exit(2);
}
