import { expect, test } from 'vitest';
import { delayHub, parseHubDelays } from './delayed-hub.ts';

test('delays are an object of times by area; anything else is none', () => {
  expect(parseHubDelays('{"weur":20,"apac-ne":230}')).toEqual({ weur: 20, 'apac-ne': 230 });
  for (const text of [undefined, '', '[]', 'null', '3', '{"weur":"20"}', '{"weur":-1}', '{weur:1}'])
    expect(parseHubDelays(text)).toBeNull();
});

test('an ask waits on both ways, and a method of the stub not at all', async () => {
  const asked: [string, number][] = [];
  class Stub {
    readonly #name = 'hub';
    async fetch(url: string): Promise<Response> {
      asked.push([url, performance.now()]);
      return new Response(this.#name);
    }
    why(node: string): string {
      return `${this.#name} ${node}`;
    }
  }
  const far = delayHub(new Stub(), 100);
  const startedAt = performance.now();
  expect(await (await far.fetch('/job')).text()).toBe('hub');
  expect(asked[0]?.[0]).toBe('/job');
  // Timers may fire a little early.
  expect((asked[0]?.[1] ?? 0) - startedAt).toBeGreaterThan(45);
  expect(performance.now() - startedAt).toBeGreaterThan(95);
  expect(far.why('node_1')).toBe('hub node_1');
});

test('an ask that fails says so at once after its way there', async () => {
  const broken = { fetch: (): Promise<Response> => Promise.reject(new Error('reset')) };
  await expect(delayHub(broken, 2).fetch()).rejects.toThrow('reset');
});
