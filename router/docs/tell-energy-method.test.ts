import { expect, test } from 'vitest';
import { METHOD_URL } from '../billing/tell-energy.ts';
import { makePage } from './make-page.ts';
import { PAGE_WORDS } from './page-words.ts';
import { tellEnergyMethod } from './tell-energy-method.ts';

test.each(['en', 'ja'] as const)('the method’s address is a section of the page (%s)', (locale) => {
  const [path, id] = METHOD_URL.split('#');
  expect(path).toBe('/docs');
  const title = PAGE_WORDS[locale].energy;
  expect(makePage('https://irori.example', locale)).toContain(
    `<section id="${id}"><h2>${title}</h2>${tellEnergyMethod(locale)}`,
  );
});

test.each([
  ['en', '±\u00a05\u00a0%', '±\u00a050\u00a0%', 'board', 'machine'],
  ['ja', '±5%', '±50%', 'カード', 'マシン'],
] as const)(
  'in %s it tells every tier with its half-width, the boundary, each class with what is believed of it, and each grid',
  (locale, sure, unsure, board, machine) => {
    const text = tellEnergyMethod(locale).replaceAll(' class="number"', '');
    for (const row of [
      `<td>A</td><td>wall</td><td>${sure}</td>`,
      '<td>B</td><td>counter</td><td>',
      '<td>C</td><td>sampled</td><td>',
      `<td>D</td><td>estimated</td><td>${unsure}</td>`,
      '<td>–</td><td>unknown</td><td>–</td>',
      `<td>RTX 4070</td><td>220</td><td>15</td><td>${board}</td><td>580</td>`,
      `<td>Apple Max</td><td>145</td><td>11</td><td>${machine}</td><td>174</td>`,
      '<td>DE</td><td>342</td><td>650</td>',
      '<td>AL</td><td>24</td><td>–</td>',
    ])
      expect(text).toContain(`<tr>${row}`);
    for (const kept of ['wall-above-idle', 'known_tokens_share', 'g_co2e_marginal', 'CC BY-SA 4.0', 'bounded: true'])
      expect(text).toContain(kept);
  },
);

test('figures stand to the right, and what has a text in its column does not', () => {
  const text = tellEnergyMethod('en');
  expect(text).toContain('<th scope="col">country</th><th scope="col" class="number">mean');
  expect(text).toContain('<tr><td>AL</td><td class="number">24</td><td class="number">–</td>');
  expect(text).toContain('<td class="number">15</td><td>board</td><td class="number">580</td>');
});
