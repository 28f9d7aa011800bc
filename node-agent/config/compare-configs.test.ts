import { expect, test } from 'vitest';
import { compareConfigs } from './compare-configs.ts';
import { readConfig } from './config.ts';
import type { AgentConfig } from './config.ts';
import type { OptionValues } from './parse-flags.ts';

function read(values: OptionValues): AgentConfig {
  const config = readConfig({ state: '/nowhere', router: 'https://irori.example', ...values }, {});
  if (!config.ok) throw new Error(config.error);
  return config.value;
}

test('a name is in effect at once, what the backends were opened with waits for a restart', () => {
  const compared = compareConfigs(read({ slots: 2 }), read({ name: 'attic', slots: 3, updates: 'off' }));
  expect(compared).toMatchObject({ live: { name: 'attic', updates: 'off' } });
  expect([compared.applied.toSorted(), compared.waiting]).toEqual([['name', 'updates'], ['slots']]);
  expect(compareConfigs(read({}), read({}))).toMatchObject({ applied: [], waiting: [] });
});

test.each([
  [{ updates: 'daily' }, '--updates'],
  [{ manifest: 'http://irori.example/list.json' }, '--manifest'],
  [{ manifest: 'nowhere' }, '--manifest'],
  [{ updateKey: 'abc' }, '--update-key'],
])('%j is refused by name', (values, flag) => {
  expect(() => read(values)).toThrow(flag);
});
