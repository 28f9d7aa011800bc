// The section "Energy" of /docs, which `method_url` points at: what is measured, how sure it is, what the router believes, and whose grid it was drawn from. Made
// of the very tables that the figures are made of. Pure: plain HTML, whose words come from no request.
import { listCardClasses } from '../../schema/card-classes.ts';
import { ENERGY_TIER, TIER_HALF_WIDTH, TO_WALL } from '../../schema/energy.ts';
import type { EnergyMethod } from '../../schema/receipt.ts';
import { GRID_SOURCE } from '../../schema/grid-intensity.ts';
import { GRID_TABLE } from '../../schema/grid-table.ts';
import { ANY_HOME_W, boundClass } from '../billing/bound-watts.ts';
import { LEAST_J_PER_TOKEN } from '../billing/judge-energy.ts';

const METHODS: Readonly<Record<EnergyMethod, string>> = {
  wall: 'a meter between machine and plug, read by a command of the owner’s',
  counter: 'an energy counter in the machine: the card’s where its driver tells one, the processor’s (RAPL)',
  sampled: 'the card’s power, read about once a second while jobs run',
  estimated: 'the class table below by the card’s name, or the processor’s time',
  unknown: 'nobody knows: a card that nobody listed, a model server on another machine, or an agent without a meter',
};

type Cell = string | number | null;

export function tellEnergyMethod(): string {
  return [
    '<p>Each home signs in its receipt what its part of an answer took. An answer tells the sum of its parts in <code>irori.energy</code> and <code>usage.energy</code> (where its form has a usage), a receipt its own in <code>energy</code>, and <code>GET /v1/usage/energy</code> your totals by model, month or country. What nobody knows is <code>null</code>, never 0; <code>known_tokens_share</code> says of which share of the output tokens the figure is, and the other tokens are added nowhere.</p>',
    '<h3 id="energy-boundary">What is measured</h3>',
    `<p>The boundary is <code>wall-above-idle</code>: watt-hours at the wall, above what the machine draws while no job runs. A reading inside the machine is divided by ${TO_WALL.efficiency} for the power supply; where the processor has no readable meter, ${TO_WALL.hostW} W stand for the machine around a working card. Windows of about a second are split over the jobs in them by their tokens (prompt, prompt that the server still had, answer), at what each kind costs on that machine, so that the shares add up to the meter. Not in it: rest (<code>idle_wh</code>, which nobody shares out so far and is null), screens, the home’s router, the network in between, and the making of the hardware.</p>`,
    '<h3 id="energy-tiers">How sure it is</h3>',
    '<p><code>wh_90</code> should hold the truth nine times in ten. Its half-widths are assumptions until they have been held against many meters; no receipt is taken for surer than its tier, and of several parts the least sure names <code>method</code> and <code>tier</code>. Totals of days keep no intervals: theirs is that of tier D.</p>',
    toTable('Tiers', ['tier', 'method', 'half-width', 'known by'], listMethods()),
    '<h3 id="energy-bounds">What the router believes</h3>',
    `<p>Nobody but the home measures, so a claim is held against what is possible: at most what its class of card can draw over the time of the part (1.2 times the cards’ figure and 200 W around them, through a supply of 80 %; ${ANY_HOME_W} W where nobody knows the card), at least ${LEAST_J_PER_TOKEN} J for a token of output, half of what a model of half a billion parameters needs on the best machine that was measured. One beyond is told as the bound, with <code>bounded: true</code>. Energy moves no money.</p>`,
    fold(
      'Classes of cards',
      '<p>Boards: “graphics card power”, “total board power” or TDP by their makers’ pages (NVIDIA, AMD, Intel); at rest as reviews measured, rounded up. Machines: wall power by Apple’s support pages “power consumption and thermal output”. The last column is what a home with one such card may claim at most.</p>' +
        toTable('Classes of cards', ['class', 'most W', 'idle W', 'of the', 'believed W'], listClasses()),
    ),
    '<h3 id="energy-grid">Grams</h3>',
    `<p><code>g_co2e</code> is the energy times the mean of a year (${GRID_SOURCE.meanYear}) of the grid of the home’s country, which footprints are told in; <code>g_co2e_marginal</code> times what one more kilowatt-hour adds there (${GRID_SOURCE.marginalYear}). No hour of the day is in it, and no certificates. Where a country has no figure the grams are null, and so is a sum with it.</p>`,
    fold(
      'Grids',
      `<p>Grams of CO2e a kilowatt-hour. ${GRID_SOURCE.source}.</p>` +
        toTable(
          'Grids',
          ['country', `mean ${GRID_SOURCE.meanYear}`, `margin ${GRID_SOURCE.marginalYear}`],
          listGrids(),
        ),
    ),
  ].join('');
}

function listMethods(): Cell[][] {
  const methods = Object.keys(METHODS) as EnergyMethod[];
  return methods.map((method) => {
    const tier = ENERGY_TIER[method];
    return [tier, method, tier && `± ${Math.round(100 * TIER_HALF_WIDTH[tier])} %`, METHODS[method]];
  });
}

function listClasses(): Cell[][] {
  return listCardClasses().map((one) => [one.name, one.mostW, one.idleW, one.sees, boundClass(one, null)]);
}

function listGrids(): Cell[][] {
  return Object.entries(GRID_TABLE).map(([zone, figures]) => [zone, ...figures]);
}

function fold(title: string, html: string): string {
  return `<details><summary>${title}</summary>${html}</details>`;
}

/** What is not known is a dash. */
function toTable(name: string, heads: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const head = heads.map((one) => `<th scope="col">${one}</th>`).join('');
  const body = rows.map((row) => `<tr>${row.map((cell) => `<td>${cell ?? '–'}</td>`).join('')}</tr>`).join('');
  return `<div class="wide" tabindex="0" role="region" aria-label="${name}"><table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
}
