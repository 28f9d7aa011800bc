// The section "Energy" of /docs, which `method_url` points at: what is measured, how sure it is, what the router believes, and whose grid it was drawn from. Made
// of the very tables that the figures are made of. Pure: plain HTML, whose words come from no request.
import { listCardClasses } from '../../schema/card-classes.ts';
import { ENERGY_TIER, TIER_HALF_WIDTH, TO_WALL } from '../../schema/energy.ts';
import type { EnergyMethod } from '../../schema/receipt.ts';
import { GRID_SOURCE } from '../../schema/grid-intensity.ts';
import { GRID_TABLE } from '../../schema/grid-table.ts';
import { ANY_HOME_W, boundClass } from '../billing/bound-watts.ts';
import { LEAST_J_PER_TOKEN } from '../billing/judge-energy.ts';
import type { Locale } from '../look/words.ts';
import { ENERGY_WORDS } from './energy-words.ts';
import type { EnergyWords } from './energy-words.ts';

type Cell = string | number | null;

export function tellEnergyMethod(locale: Locale): string {
  const words = ENERGY_WORDS[locale];
  const { meanYear, marginalYear, source } = GRID_SOURCE;
  return [
    `<p>${words.leadHtml}</p>`,
    `<h3 id="energy-boundary">${words.boundary}</h3>`,
    `<p>${words.boundaryHtml(TO_WALL.efficiency, TO_WALL.hostW)}</p>`,
    `<h3 id="energy-tiers">${words.tiers}</h3>`,
    `<p>${words.tiersHtml}</p>`,
    toTable(words.tierTable, [words.tier, words.method, words.halfWidth, words.knownBy], listMethods(words)),
    `<h3 id="energy-bounds">${words.bounds}</h3>`,
    `<p>${words.boundsHtml(ANY_HOME_W, LEAST_J_PER_TOKEN)}</p>`,
    fold(
      words.classTable,
      `<p>${words.classesHtml}</p>` +
        toTable(
          words.classTable,
          [words.class, words.mostW, words.idleW, words.ofThe, words.believedW],
          listClasses(words),
        ),
    ),
    `<h3 id="energy-grid">${words.grid}</h3>`,
    `<p>${words.gridHtml(meanYear, marginalYear)}</p>`,
    fold(
      words.gridTable,
      `<p>${words.gridFromHtml(source)}</p>` +
        toTable(words.gridTable, [words.country, words.mean(meanYear), words.margin(marginalYear)], listGrids()),
    ),
  ].join('');
}

function listMethods({ methods, plusMinus }: EnergyWords): Cell[][] {
  return (Object.keys(methods) as EnergyMethod[]).map((method) => {
    const tier = ENERGY_TIER[method];
    return [tier, method, tier && plusMinus(Math.round(100 * TIER_HALF_WIDTH[tier])), methods[method]];
  });
}

function listClasses({ sees }: EnergyWords): Cell[][] {
  return listCardClasses().map((one) => [one.name, one.mostW, one.idleW, sees[one.sees], boundClass(one, null)]);
}

function listGrids(): Cell[][] {
  return Object.entries(GRID_TABLE).map(([zone, figures]) => [zone, ...figures]);
}

function fold(title: string, html: string): string {
  return `<details><summary>${title}</summary>${html}</details>`;
}

/** What is not known is a dash; a column of figures stands to the right. */
function toTable(name: string, heads: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const figures = heads.map((_, at) => (rows.every((row) => typeof row[at] !== 'string') ? ' class="number"' : ''));
  const head = heads.map((one, at) => `<th scope="col"${figures[at]}>${one}</th>`).join('');
  const body = rows
    .map((row) => `<tr>${row.map((cell, at) => `<td${figures[at]}>${cell ?? '–'}</td>`).join('')}</tr>`)
    .join('');
  return `<div class="wide" tabindex="0" role="region" aria-label="${name}"><table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
}
