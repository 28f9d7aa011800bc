// Plays each fault that costs a bond against a network that it starts, and tells what was seen: npm run prove:slash
import { openSlashWorld, PLAYS } from '../test/slash-plays.ts';

const say = (line: string): void => void process.stdout.write(`${line}\n`);

say('A network of its own with a chain of its own: test tokens, no value.');
const world = await openSlashWorld();
let failed = 0;
try {
  for (const { name, run } of PLAYS) {
    say(`\n${name}`);
    try {
      for (const line of await run(world)) say(`  ${line}`);
    } catch (error) {
      failed += 1;
      say(`  NOT PROVEN: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
} finally {
  await world.stop();
}
say(failed === 0 ? `\nAll ${PLAYS.length} are proven.` : `\n${failed} of ${PLAYS.length} are not proven.`);
process.exitCode = failed === 0 ? 0 : 1;
