// The measured figures as tables for a terminal, CPU time and shares of the bare path before times on the wall. Pure: text out.
import type { GoalKind, Judged, Measured } from './judge-goals.ts';
import type { ScenarioName } from './scenarios.ts';
import { BUSY_CORES } from './summarise-rounds.ts';
import type { Figure, Summary } from './summarise-rounds.ts';
import { TARGET_NAMES } from './target-names.ts';

type Column = readonly [title: string, read: (summary: Summary) => string];

const CPU_A_CHUNK: readonly Column[] = [
  ['CPU s/M chunks', (one) => show(one.cpuSPerMChunks, 1)],
  ['of floor', (one) => show(one.cpuPerChunkOfFloor, 2)],
  ['router', (one) => show(one.cpuSPerMChunksOf['router'], 1)],
  ['agent', (one) => show(one.cpuSPerMChunksOf['agent'], 1)],
];
const CPU_A_REQUEST: readonly Column[] = [
  ['CPU ms/request', (one) => show(one.cpuMsPerRequest, 2)],
  ['of floor', (one) => show(one.cpuPerRequestOfFloor, 2)],
  ['router', (one) => show(one.cpuMsPerRequestOf['router'], 2)],
  ['agent', (one) => show(one.cpuMsPerRequestOf['agent'], 2)],
];
const STREAMED: readonly Column[] = [
  ...CPU_A_CHUNK,
  ['TTFT p50', (one) => show(one.ttftP50Ms, 2)],
  ['added', (one) => show(one.addedTtftP50Ms, 2)],
  ['added p99', (one) => show(one.addedTtftP99Ms, 1)],
  ['gap p50', (one) => show(one.gapP50Ms, 1)],
  ['gap p99', (one) => show(one.gapP99Ms, 1)],
];
const NO_GAP: readonly Column[] = [
  ...CPU_A_CHUNK,
  ['chunks/s', (one) => show(one.chunksPerS, 0)],
  ['of floor', (one) => show(one.chunksOfFloor, 2)],
  ['of direct', (one) => show(one.chunksOfDirect, 2)],
];
const WHOLE: readonly Column[] = [
  ...CPU_A_REQUEST,
  ['requests/s', (one) => show(one.requestsPerS, 0)],
  ['of floor', (one) => show(one.requestsOfFloor, 3)],
  ['of direct', (one) => show(one.requestsOfDirect, 3)],
  ['p50 ms', (one) => show(one.totalP50Ms, 1)],
  ['p99 ms', (one) => show(one.totalP99Ms, 0)],
];
const COLUMNS: Readonly<Record<ScenarioName, readonly Column[]>> = {
  'not streamed': WHOLE,
  'one at a time': WHOLE,
  '32 streams': STREAMED,
  '32 long streams': STREAMED,
  'no gap': NO_GAP,
  'one stream': STREAMED,
};
const COUNTS: readonly Column[] = [
  ['requests', (one) => String(one.requests)],
  ['bad', (one) => String(one.bad)],
  ['busy', (one) => (one.busyRounds.length === 0 ? '' : `! ${one.busyRounds.join(',')}`)],
];

/** A table for each scenario, the median of the rounds with the least and the greatest. */
export function printResults({ results }: Measured): string {
  const scenarios = (Object.keys(COLUMNS) as ScenarioName[]).filter((scenario) => results[scenario]);
  const tables = scenarios.map((scenario) => {
    const columns = [...COLUMNS[scenario], ...COUNTS];
    const rows = TARGET_NAMES.flatMap((name) => {
      const summary = results[scenario]?.[name];
      return summary ? [[name, ...columns.map(([, read]) => read(summary))]] : [];
    });
    return `${scenario}\n${alignRows([['', ...columns.map(([title]) => title)], ...rows])}`;
  });
  return tables.join('\n\n');
}

/** The goals, kind by kind; `before` has a column where another checkout ran beside. */
export function printGoals(goals: readonly Judged[]): string {
  const kinds = [...new Set(goals.map(({ kind }) => kind))];
  const withBefore = goals.some(({ before }) => before !== null);
  return kinds.map((kind) => printKind(goals, { kind, withBefore })).join('\n\n');
}

function printKind(goals: readonly Judged[], how: { readonly kind: GoalKind; readonly withBefore: boolean }): string {
  const rows = goals
    .filter(({ kind }) => kind === how.kind)
    .map((goal) => [
      goal.what,
      show(goal.floor, 2),
      ...(how.withBefore ? [show(goal.before, 2)] : []),
      show(goal.now, 2),
      `${goal.bound === 'at most' ? '≤' : '≥'} ${goal.goal}${goal.stretch === null ? '' : ` (${goal.stretch})`}`,
      printVerdict(goal),
    ]);
  const head = [how.kind, 'floor', ...(how.withBefore ? ['before'] : []), 'now', 'goal', ''];
  return alignRows([head, ...rows]);
}

function printVerdict({ isMet, ofGoal }: Judged): string {
  if (isMet === null) return 'not measured';
  const by = ofGoal === null || !Number.isFinite(ofGoal) ? '' : `, ${ofGoal.toFixed(2)} × the goal`;
  return `${isMet ? 'met' : 'MISSED'}${by}`;
}

/** Whether others used the machine meanwhile, in a sentence. */
export function printBusy({ results }: Measured): string {
  const summaries = Object.values(results).flatMap((byTarget) => Object.values(byTarget));
  const rounds = summaries.reduce((sum, one) => sum + one.rounds, 0);
  const busy = summaries.reduce((sum, one) => sum + one.busyRounds.length, 0);
  const most = (read: (one: Summary) => Figure | null): string =>
    Math.max(0, ...summaries.map((one) => read(one)?.max ?? 0)).toFixed(2);
  if (busy === 0) return `The machine was quiet: in no round did others use more than ${BUSY_CORES} of a core.`;
  return (
    `THE MACHINE WAS BUSY in ${busy} of ${rounds} rounds (marked !, with their numbers): others used up to ${most((one) => one.otherCores)} cores, ` +
    `${most((one) => one.stolenCores)} were stolen. CPU time and shares of the bare path still say something, times on the wall little.`
  );
}

function show(figure: Figure | null | undefined, digits: number): string {
  if (!figure) return '-';
  const [median, min, max] = [figure.median, figure.min, figure.max].map((value) =>
    Number.isFinite(value) ? value.toFixed(digits) : 'never',
  );
  return figure.min === figure.max ? `${median}` : `${median} (${min}–${max})`;
}

/** Cells in columns, the first row its head. */
export function alignRows(rows: readonly (readonly string[])[]): string {
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
