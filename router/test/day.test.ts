// Two short days of `npm run day`: whatever its owner does, the home gives the machine back at once and says why, and no caller notices.
import { expect, test } from 'vitest';
import { runDays } from '../bench/day/day-run.ts';
import { dayScriptSchema } from '../bench/day/day-script.ts';
import evening from '../bench/days/short-evening.json' with { type: 'json' };
import laptop from '../bench/days/short-laptop.json' with { type: 'json' };

test('two days of a home: each pause has its reason everywhere, each stream ends whole, and the books agree', async () => {
  const lines: string[] = [];
  const scripts = [evening, laptop].map((script) => dayScriptSchema.parse(script));
  // How fast it is is measured by the command, on a machine that does nothing else.
  const days = await runDays(scripts, { pauseMs: 30_000, tell: (line) => void lines.push(line) });
  const broken = days.flatMap(({ checks }) => checks.filter(({ ok }) => !ok));
  expect({ broken, lines: broken.length > 0 ? lines : [] }).toEqual({ broken: [], lines: [] });
  expect(days.map(({ name }) => name)).toEqual(['short-evening', 'short-laptop']);
  expect(days.reduce((sum, { handedOver }) => sum + handedOver, 0)).toBeGreaterThan(0);
});
