import { expect, test } from 'vitest';
import { parseStartFlags } from './parse-start-flags.ts';
import { planAgents } from './plan-agents.ts';

function plan(words: string): ReturnType<typeof planAgents> {
  const flags = parseStartFlags(words.split(' ').filter((word) => word !== ''));
  if (!flags.ok) throw new Error(flags.error);
  return planAgents({ flags: flags.value, url: 'http://127.0.0.1:1', stateDir: '/s' });
}

test('one home gets the router, a folder of its own and a place', () => {
  expect(plan('')).toEqual([
    {
      number: 1,
      name: 'home 1 (Paris)',
      stateDir: '/s/agents/1',
      args: [
        'up',
        '--router',
        'http://127.0.0.1:1',
        '--state',
        '/s/agents/1',
        '--epoch-retry',
        '10',
        '--place',
        '48.9,2.4,FR',
      ],
    },
  ]);
});

test('many homes stand in different places, and each in its own folder', () => {
  const plans = plan('--nodes 12');
  expect(new Set(plans.map((each) => each.stateDir)).size).toBe(12);
  expect(new Set(plans.slice(0, 10).map((each) => each.args.at(-1))).size).toBe(10);
});

test('what was said of the backend is passed to every home', () => {
  const said = plan('--nodes 2 --backend http://127.0.0.1:9 --models a,b-* --pace 20 --slots 4 --window 0');
  for (const each of said) {
    expect(each.args.slice(9)).toEqual([
      '--backend',
      'http://127.0.0.1:9',
      '--models',
      'a,b-*',
      '--pace',
      '20',
      '--slots',
      '4',
      '--window',
      '0',
    ]);
  }
});
