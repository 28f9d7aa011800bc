// The measured figures as tables for a terminal. Pure: text out.
import type { Judged, Results } from './judge-goals.ts';
import type { ScenarioName } from './scenarios.ts';
import type { Figure, Summary } from './summarise-rounds.ts';
import { TARGET_NAMES } from './targets.ts';

type Column = readonly [title: string, read: (summary: Summary) => string];

const STREAMED: readonly Column[] = [
  ['TTFT p50', (one) => show(one.ttftP50Ms, 2)],
  ['added p50', (one) => show(one.addedTtftP50Ms, 2)],
  ['added p99', (one) => show(one.addedTtftP99Ms, 1)],
  ['gap p50', (one) => show(one.gapP50Ms, 1)],
  ['gap p99', (one) => show(one.gapP99Ms, 1)],
  ['CPU s/M chunks', (one) => show(one.cpuSPerMChunks, 0)],
  ['router', (one) => show(one.cpuSPerMChunksOf['router'], 0)],
  ['agent', (one) => show(one.cpuSPerMChunksOf['agent'], 0)],
];
const NO_GAP: readonly Column[] = [
  ['chunks/s', (one) => show(one.chunksPerS, 0)],
  ['of direct', (one) => show(one.chunksOfDirect, 2)],
  ['CPU s/M chunks', (one) => show(one.cpuSPerMChunks, 1)],
  ['router', (one) => show(one.cpuSPerMChunksOf['router'], 1)],
  ['agent', (one) => show(one.cpuSPerMChunksOf['agent'], 1)],
];
const WHOLE: readonly Column[] = [
  ['requests/s', (one) => show(one.requestsPerS, 0)],
  ['of direct', (one) => show(one.requestsOfDirect, 3)],
  ['CPU ms/request', (one) => show(one.cpuMsPerRequest, 2)],
  ['router', (one) => show(one.cpuMsPerRequestOf['router'], 2)],
  ['agent', (one) => show(one.cpuMsPerRequestOf['agent'], 2)],
];
const COLUMNS: Readonly<Record<ScenarioName, readonly Column[]>> = {
  'one stream': STREAMED,
  '32 streams': STREAMED,
  '32 long streams': STREAMED,
  'no gap': NO_GAP,
  'not streamed': WHOLE,
};
const COUNTS: readonly Column[] = [
  ['requests', (one) => String(one.requests)],
  ['bad', (one) => String(one.bad)],
];

/** A table for each scenario, the median of the rounds with the least and the greatest. */
export function printResults(results: Results): string {
  const tables = (Object.keys(COLUMNS) as ScenarioName[]).map((scenario) => {
    const columns = [...COLUMNS[scenario], ...COUNTS];
    const rows = TARGET_NAMES.flatMap((name) => {
      const summary = results[scenario]?.[name];
      return summary ? [[name, ...columns.map(([, read]) => read(summary))]] : [];
    });
    return `${scenario}\n${alignRows([['', ...columns.map(([title]) => title)], ...rows])}`;
  });
  return tables.join('\n\n');
}

/** The goals of the design, and which are reached. */
export function printGoals(goals: readonly Judged[]): string {
  const rows = goals.map(({ what, goal, measured, isReached }) => [
    what,
    goal,
    measured === null ? 'not known' : String(Math.round(measured * 100) / 100),
    isReached ? 'reached' : 'NOT reached',
  ]);
  return `goals\n${alignRows([['', 'goal', 'measured', ''], ...rows])}`;
}

function show(figure: Figure | null | undefined, digits: number): string {
  if (!figure) return '-';
  const [median, min, max] = [figure.median, figure.min, figure.max].map((value) => value.toFixed(digits));
  return `${median} (${min}–${max})`;
}

function alignRows(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
