// Plays attacks against the whole network, one after another beside honest traffic, and measures each against the same traffic undisturbed.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Timings } from '../../schema/timings.ts';
import { KINDS } from './attack/attacks.ts';
import { Ground } from './attack/ground.ts';
import { findWorst, judgeAttack } from './attack/judge-attack.ts';
import type { AttackRow } from './attack/judge-attack.ts';
import { measureMade } from './attack/money.ts';
import { Round } from './attack/round.ts';
import type { Attack } from './attack/round.ts';

export interface AttackOptions {
  /** Names of attacks or of kinds; none for all. */
  readonly only: readonly string[];
  /** How long one attack goes on, ms. */
  readonly roundMs: number;
  /** Honest homes; left out, three. */
  readonly agents?: number;
  /** What differs from the network's own timings. */
  readonly timings?: Partial<Timings>;
  readonly tell: (text: string) => void;
  /** Ends the run after the attack that is on. */
  readonly signal?: AbortSignal;
}

export interface AttackReport {
  readonly undisturbed: {
    readonly asked: number;
    readonly answered: number;
    readonly worstMs: number;
    readonly memoryMb: number;
  };
  readonly attacks: readonly AttackRow[];
  readonly tookS: number;
}

interface Played {
  readonly attack: Attack;
  readonly kind: string;
}

/** An attack that does not end by itself is left after this much more. */
const OVERTIME_MS = 25_000;
/** Books that do not answer for so long are not sound. */
const BOOKS_WAIT_MS = 25_000;
const UNKNOWN = { unbacked: 0, grown: 0, isSound: false };
/** So long honest callers are at it before an attack begins, and after it. */
const AROUND_MS = 300;

/** The attacks of these names and kinds. Throws RangeError for a name that is none. */
export function findAttacks(only: readonly string[]): readonly Played[] {
  const all = KINDS.flatMap(({ kind, attacks }) => attacks.map((attack) => ({ attack, kind })));
  for (const name of only)
    if (!all.some(({ attack, kind }) => attack.name === name || kind === name))
      throw new RangeError(`there is no attack '${name}': ${all.map(({ attack }) => attack.name).join(', ')}`);
  return only.length === 0 ? all : all.filter(({ attack, kind }) => only.includes(attack.name) || only.includes(kind));
}

/** Runs it all on this machine and leaves nothing behind. */
export async function runAttacks(options: AttackOptions): Promise<AttackReport> {
  const { only, roundMs, agents, timings, tell, signal } = options;
  const played = findAttacks(only);
  const startedAt = performance.now();
  const ground = await Ground.open({ tell, ...(agents === undefined ? {} : { agents }), ...(timings && { timings }) });
  try {
    tell('undisturbed …');
    const quiet = await playQuiet(ground, 2 * roundMs);
    tell(`  ${quiet.answered}/${quiet.asked} answered, worst ${quiet.worstMs} ms, memory +${quiet.memoryMb} MB`);
    const attacks: AttackRow[] = [];
    for (const one of played) {
      if (signal?.aborted) break;
      tell(`${attacks.length + 1}/${played.length} ${one.attack.name}: ${one.attack.does} …`);
      const row = await play(ground, one, { roundMs, undisturbedMs: quiet.worstMs });
      attacks.push(row);
      tell(`  ${tellRow(row)}`);
    }
    return { undisturbed: quiet, attacks, tookS: since(startedAt) };
  } finally {
    await ground.end();
  }
}

async function playQuiet(ground: Ground, ms: number): Promise<AttackReport['undisturbed']> {
  ground.traffic.start(ground.stack.network.workerdPids());
  await sleep(ms);
  const { calls, restBytes, peakBytes } = await ground.traffic.stop();
  return {
    asked: calls.length,
    answered: calls.filter(({ isAnswered }) => isAnswered).length,
    worstMs: findWorst(calls),
    memoryMb: Math.round((peakBytes - restBytes) / 1e6),
  };
}

async function play(
  ground: Ground,
  { attack, kind }: Played,
  { roundMs, undisturbedMs }: { roundMs: number; undisturbedMs: number },
): Promise<AttackRow> {
  const startedAt = performance.now();
  const round = new Round(ground, roundMs);
  ground.traffic.start(ground.stack.network.workerdPids());
  try {
    await sleep(AROUND_MS);
    const attacking = attack.run(round).catch((error: unknown) => tellFault(ground, error));
    await Promise.race([attacking, sleep(roundMs + OVERTIME_MS)]);
    // One that is done at once may be felt later.
    while (round.elapsedMs < roundMs / 2) await sleep(50);
    await sleep(AROUND_MS);
  } finally {
    await round.end();
  }
  const { calls, restBytes, peakBytes } = await ground.traffic.stop();
  const made = await Promise.race([measureMade(round), sleep(BOOKS_WAIT_MS, UNKNOWN)]);
  if (!(await ground.recover())) round.note('the network did not come back by itself');
  const measured = { calls, restBytes, peakBytes, ...made, victims: round.victims, notes: [...round.notes] };
  return judgeAttack({ name: attack.name, kind }, measured, { undisturbedMs, tookS: since(startedAt) });
}

/** An attack that was cut off has not succeeded: a refused dial, a closed socket. What the bench itself did wrong is to be read. */
function tellFault(ground: Ground, error: unknown): void {
  ground.tell(`  it was cut off: ${error instanceof Error ? error.message : String(error)}`);
}

function tellRow({ answered, asked, worstMs, memoryMb, units, failed }: AttackRow): string {
  const goals = failed.length === 0 ? 'goals hold' : `NOT: ${failed.join(', ')}`;
  return `${answered}/${asked} answered, worst ${worstMs} ms, memory +${memoryMb} MB, ${units} units: ${goals}`;
}

function since(startedAt: number): number {
  return Math.round((performance.now() - startedAt) / 100) / 10;
}
