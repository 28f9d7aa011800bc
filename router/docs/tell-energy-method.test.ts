import { expect, test } from 'vitest';
import { METHOD_URL } from '../billing/tell-energy.ts';
import { makePage } from './make-page.ts';
import { tellEnergyMethod } from './tell-energy-method.ts';

test('the method’s address is a section of the page', () => {
  const [path, id] = METHOD_URL.split('#');
  expect(path).toBe('/docs');
  expect(makePage('https://irori.example')).toContain(`<section id="${id}"><h2>Energy</h2>${tellEnergyMethod('en')}`);
});

test('it tells every tier with its half-width, the boundary, each class with what is believed of it, and each grid', () => {
  const text = tellEnergyMethod('en');
  for (const row of [
    '<td>A</td><td>wall</td><td>± 5 %</td>',
    '<td>B</td><td>counter</td><td>± 12 %</td>',
    '<td>C</td><td>sampled</td><td>± 20 %</td>',
    '<td>D</td><td>estimated</td><td>± 50 %</td>',
    '<td>–</td><td>unknown</td><td>–</td>',
    '<td>RTX 4070</td><td>220</td><td>15</td><td>board</td><td>580</td>',
    '<td>Apple Max</td><td>145</td><td>11</td><td>machine</td><td>174</td>',
    '<td>DE</td><td>342</td><td>650</td>',
    '<td>AL</td><td>24</td><td>–</td>',
  ])
    expect(text).toContain(`<tr>${row}`);
  expect(text).toContain('wall-above-idle');
  expect(text).toContain('CC BY-SA 4.0');
});
