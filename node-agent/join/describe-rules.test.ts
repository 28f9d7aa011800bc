import { expect, test } from 'vitest';
import { applyPatch, defaultRules } from '../home/lending-rules.ts';
import { describeRules } from './describe-rules.ts';

const DEFAULTS = defaultRules(null);

test('the defaults are told in a line, as they are computed', () => {
  expect(describeRules(DEFAULTS)).toBe(
    'Lends at any hour. Stops at once for games and whatever else uses the card, on battery, on a metered line or above 83 °C, and goes on after 2 minutes of quiet. Like that?',
  );
});

test('what an owner changed is told as it is', () => {
  const changed = applyPatch(DEFAULTS, {
    schedule: { week: { mon: [{ from: '08:00', to: '18:00', level: 'off' }] } },
    battery: { onBattery: 'full' },
    line: { onMetered: 'eco' },
    heat: { maxC: null },
    input: { whenActive: 'eco' },
    quietS: 90,
  });
  expect(describeRules(changed)).toBe(
    'Lends in the hours that you set. Stops at once for games and whatever else uses the card, and goes on after 90 seconds of quiet. It does less while you type. Like that?',
  );
});
