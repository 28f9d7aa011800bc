// `npm run mutants -- [--seed S] [--only NUMBER]`: puts each fault of router/test/contract-mutants.ts into the contracts and says which test found it. Exit
// status 1 where one was not found. `npm run mutants -- --runs N [--seed S]` draws N histories against the contracts as they are instead.
import { parseArgs } from 'node:util';
import { FORGE, openForge } from '../test/forge-runner.ts';
import type { Forge } from '../test/forge-runner.ts';
import { huntMutants, NONE } from '../test/mutant-hunt.ts';

const { values: flags } = parseArgs({
  options: { seed: { type: 'string' }, only: { type: 'string' }, runs: { type: 'string' } },
});
const seed = flags.seed === undefined ? {} : { seed: flags.seed };

if (FORGE === null) {
  console.error(
    'There is no forge here. `npm install --prefix ~/.cache/irori-forge @foundry-rs/forge@1.7.1` brings it.',
  );
  process.exit(2);
}
const forge = await openForge(FORGE);
try {
  process.exitCode = (await (flags.runs === undefined ? hunt(forge) : draw(forge, Number(flags.runs)))) ? 0 : 1;
} finally {
  forge.close();
}

async function hunt(of: Forge): Promise<boolean> {
  const caught = await huntMutants(
    of,
    (number) => flags.only === undefined || number === Number(flags.only),
    ({ name, by }) =>
      console.log(`${by === null && name !== NONE ? 'LIVES ' : '      '} ${name}: ${by ?? 'nothing found'}`),
    seed.seed,
  );
  const missed = caught.filter(({ name, by }) => (by === null) !== (name === NONE));
  console.log(
    `${caught.length - 1} mutants, ${missed.length === 0 ? 'all found' : `${missed.length} judged wrongly`}.`,
  );
  return missed.length === 0;
}

async function draw(of: Forge, runs: number): Promise<boolean> {
  const { passed, failed, reach } = await of.run({ artifacts: null, runs, ...seed });
  for (const [act, { reached, refused }] of [...reach].toSorted(([one], [other]) => one.localeCompare(other)))
    console.log(`${String(reached).padStart(8)} went through ${String(refused).padStart(8)} refused  ${act}`);
  for (const { test, reason } of failed) console.log(`FAILED ${test}: ${reason}`);
  console.log(`${passed.length} passed, ${failed.length} failed.`);
  return failed.length === 0;
}
