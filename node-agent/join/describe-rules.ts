// When a home works for others, in a line or two for its owner. Pure: said of the rules as they stand, defaults and all.
import type { HomeRules, Level } from '../home/lending-rules.ts';

const LESS: Readonly<Record<Level, string | null>> = { off: 'stops', eco: 'does less', full: null };

/** Ends as a question: what it says is agreed to by Enter. */
export function describeRules(rules: HomeRules): string {
  const { schedule, battery, line, input, heat, quietS } = rules;
  const hours = Object.values(schedule.week).some((spans) => spans.length > 0)
    ? 'in the hours that you set'
    : 'at any hour';
  const stops = [
    'for games and whatever else uses the card',
    ...(battery.onBattery === 'off' ? ['on battery'] : []),
    ...(line.onMetered === 'off' ? ['on a metered line'] : []),
    ...(heat.maxC === null ? [] : [`above ${heat.maxC} °C`]),
  ];
  const typing = LESS[input.whenActive];
  const typed = typing === null ? '' : ` It ${typing} while you type.`;
  return `Lends ${hours}. Stops at once ${joinWords(stops)}, and goes on after ${tellQuiet(quietS)} of quiet.${typed} Like that?`;
}

function joinWords(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1) ?? ''}`;
}

function tellQuiet(seconds: number): string {
  return seconds >= 120 && seconds % 60 === 0 ? `${seconds / 60} minutes` : `${seconds} seconds`;
}
