// What the router answers to and what its docs tell are the same, by path and method.
import { expect, test } from 'vitest';
import { makeApp } from './app.ts';
import { ENDPOINTS } from './docs/endpoints.ts';
import { listPaths } from './suggest-path.ts';

test('the docs tell every path of /v1 with each of its methods, and none that is not there', () => {
  const routed = listPaths(makeApp().routes).map(({ method, path }) => `${method.toLowerCase()} ${path}`);
  const told = ENDPOINTS.map(({ method, path }) => `${method} ${path}`);
  const ofCallers = (all: readonly string[]): string[] =>
    [...new Set(all.filter((one) => one.includes(' /v1/')))].toSorted();
  expect(routed).toContain('post /v1/chat/completions');
  expect(ofCallers(told)).toEqual(ofCallers(routed));
});
