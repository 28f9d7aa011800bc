// npm run sim:sybils [-- --nodes N --jobs N --rounds N --seed N --bonus-bps N --json]: the profit of homes whose owner asks them jobs himself, under each
// kind of credit, found out by the network or not, newcomers' bonuses included. Exit status 1 where one makes a profit that is found out, or that had no
// granted credit.
import { parseArgs } from 'node:util';
import type { CreditSums } from '../../schema/credit.ts';
import { RELATIONS } from '../../schema/settlement.ts';
import { makeRandom } from './draw-losses.ts';
import { simulateSybils } from './sim-sybils.ts';
import type { SybilResult } from './sim-sybils.ts';

/** Units that each home's caller has, and what is granted with it where credit is mixed. */
const EACH = 1_000_000;
const PURSES: Readonly<Record<string, CreditSums>> = {
  granted: { granted: EACH, earned: 0, bought: 0 },
  earned: { granted: 0, earned: EACH, bought: 0 },
  bought: { granted: 0, earned: 0, bought: EACH },
  mixed: { granted: EACH, earned: EACH, bought: EACH },
};
/** The catalogue's dearest model: what an owner of many homes would ask for. */
const PRICE = { priceIn: 400_000, priceOut: 1_600_000 };

interface Row extends SybilResult {
  readonly credit: string;
  /** How they were found out; `none` where they were not. */
  readonly related: string;
}

const { values } = parseArgs({
  options: {
    nodes: { type: 'string', default: '1000' },
    jobs: { type: 'string', default: '50' },
    rounds: { type: 'string', default: '5' },
    seed: { type: 'string', default: '1' },
    'bonus-bps': { type: 'string', default: '10000' },
    json: { type: 'boolean', default: false },
  },
});
const [nodes, jobs, rounds, seed, bonusBps] = [
  values.nodes,
  values.jobs,
  values.rounds,
  values.seed,
  values['bonus-bps'],
].map(Number) as [number, number, number, number, number];
const rows: Row[] = Object.entries(PURSES).flatMap(([credit, sums]) =>
  [null, ...RELATIONS].map((related) => {
    const random = makeRandom(seed);
    const result = simulateSybils({ nodes, jobs, rounds, credit: sums, related, price: PRICE, bonusBps, random });
    return { credit, related: related ?? 'none', ...result };
  }),
);
/** What an operator grants to who hides from him is lost, and nothing else is. */
const judged = rows.filter(({ related, credit }) => related !== 'none' || credit === 'bought' || credit === 'earned');
const isHeld = judged.every(({ profit, nodesInProfit }) => profit <= 0 && nodesInProfit === 0);
process.stdout.write(values.json ? `${JSON.stringify({ nodes, jobs, rounds, seed, bonusBps, rows })}\n` : describe());
process.exitCode = isHeld ? 0 : 1;

function describe(): string {
  const head = ['credit', 'found by', 'spent', 'earned', 'bonus', 'as credit', 'profit', 'homes in profit'];
  const lines = rows.map((row) => {
    const spent = row.spent.granted + row.spent.earned + row.spent.bought;
    return [
      row.credit,
      row.related,
      ...[spent, row.earned, row.bonus, row.credited, row.profit].map(inCredits),
      String(row.nodesInProfit),
    ];
  });
  const told = [head, ...lines].map((line) =>
    line.map((cell, i) => (i < 2 ? cell.padEnd(9) : cell.padStart(15))).join(' '),
  );
  return `${[
    `${nodes} homes of one owner, ${jobs} jobs each in ${rounds} rounds, earnings turned into credit between them; credits`,
    ...told,
    `${isHeld ? 'HOLDS' : 'BROKEN'}: no home that is found out, and none that is paid from bought or earned credit, makes a profit; the most is ${inCredits(Math.max(...judged.map(({ profit }) => profit)))}`,
    'Earned holds the bonus. Profit: owed, and left of bought and earned credit, less what was bought and earned before. Power and machines are not counted: they cost besides.',
  ].join('\n')}\n`;
}

function inCredits(units: number): string {
  return (units / 1_000_000).toFixed(3);
}
