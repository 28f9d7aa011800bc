// Forge, which draws what is done to the contracts (router/test/forge). It stands beside the repository, as llama.cpp does: `.ci/run` installs it where
// IRORI_FORGE_DIR says; where it is not, what needs it is skipped. It compiles with the repository's own compiler and fetches nothing.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import type { DeployArtifact } from '../local/compile-contracts.ts';

const ROOT = resolve(import.meta.dirname, '../..');
/** What a network deploys. */
const DEPLOYED = join(ROOT, 'schema/contracts/artifacts.json');

const HASTY = { FOUNDRY_INVARIANT_RUNS: '12', FOUNDRY_INVARIANT_SHRINK_RUN_LIMIT: '0', FOUNDRY_FUZZ_RUNS: '60' };

/** The binary of this machine; null where none is installed. */
export const FORGE = findForge();

function findForge(): string | null {
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const folder = process.env['IRORI_FORGE_DIR'] ?? join(cache, 'irori-forge');
  const systems: Record<string, string> = { x64: 'amd64', arm64: 'arm64' };
  const own = `@foundry-rs/forge-${process.platform}-${systems[process.arch] ?? process.arch}`;
  const binary = join(folder, 'node_modules', own, 'bin', process.platform === 'win32' ? 'forge.exe' : 'forge');
  return existsSync(binary) ? binary : null;
}

export interface Found {
  readonly test: string;
  /** As the test says it. */
  readonly reason: string;
}

/** How often an action of Actions.sol went through, and was refused. */
export interface Reach {
  readonly reached: number;
  readonly refused: number;
}

export interface ForgeRun {
  readonly passed: readonly string[];
  readonly failed: readonly Found[];
  /** By the action's name. */
  readonly reach: ReadonlyMap<string, Reach>;
}

interface Order {
  /** Null: what is deployed. */
  readonly artifacts: Record<string, DeployArtifact> | null;
  /** From 1 on; 0 for none. */
  readonly mutant?: number;
  /** Draws less, ends at the first failure, and does not look for a shorter way to it. */
  readonly isHasty?: boolean;
  readonly seed?: string;
  /** Histories that are drawn, of 250 actions each. */
  readonly runs?: number;
}

export interface Forge {
  /** Throws Error where forge did not come as far as a verdict. */
  readonly run: (order: Order) => Promise<ForgeRun>;
  readonly close: () => void;
}

/** Compiles the tests once. Throws Error with the compiler's words. */
export async function openForge(binary: string): Promise<Forge> {
  const folder = mkdtempSync(join(tmpdir(), 'irori-forge-'));
  const settings = {
    ...process.env,
    PATH: [dirname(process.execPath), process.env['PATH']].join(delimiter),
    HOME: folder,
    NO_COLOR: '1',
    FOUNDRY_CONFIG: 'router/test/forge/foundry.toml',
    FOUNDRY_OUT: join(folder, 'out'),
    FOUNDRY_CACHE_PATH: join(folder, 'cache'),
  };
  const built = await call(binary, ['build'], settings);
  if (built.code !== 0) throw new Error(`forge did not compile its tests:\n${built.text}`);
  let runs = 0;
  const run = async (order: Order): Promise<ForgeRun> => {
    const own = join(folder, `run-${(runs += 1)}`);
    mkdirSync(own);
    const artifacts = order.artifacts ? join(own, 'artifacts.json') : DEPLOYED;
    if (order.artifacts) writeFileSync(artifacts, JSON.stringify(order.artifacts));
    const reached = join(own, 'reached');
    const { code, text } = await call(binary, ['test', ...(order.isHasty ? ['--fail-fast'] : [])], {
      ...settings,
      IRORI_ARTIFACTS: artifacts,
      IRORI_REACHED: reached,
      IRORI_MUTANT: String(order.mutant ?? 0),
      // What one run found is not tried again by another.
      FOUNDRY_FUZZ_FAILURE_PERSIST_DIR: own,
      FOUNDRY_INVARIANT_FAILURE_PERSIST_DIR: own,
      ...(order.isHasty ? HASTY : {}),
      ...(order.seed === undefined ? {} : { FOUNDRY_FUZZ_SEED: order.seed }),
      ...(order.runs === undefined ? {} : { FOUNDRY_INVARIANT_RUNS: String(order.runs) }),
    });
    const { passed, failed } = readVerdicts(text);
    if (
      passed.length + failed.length === 0 ||
      failed.some(({ test }) => test === 'setUp') ||
      (code === 0) !== (failed.length === 0)
    )
      throw new Error(`forge did not run its tests (${code}):\n${text}`);
    return { passed, failed, reach: existsSync(reached) ? readReach(readFileSync(reached, 'utf8')) : new Map() };
  };
  return { run, close: () => rmSync(folder, { recursive: true, force: true }) };
}

function readVerdicts(text: string): Pick<ForgeRun, 'passed' | 'failed'> {
  // Failures are told a second time below the sums.
  const told = text.split('\nFailing tests:')[0] ?? '';
  const passed = [...told.matchAll(/^\[PASS\] (\w+)\(/gmu)].map(([, test = '']) => test);
  const failed = [...told.matchAll(/^\[FAIL: (.+?)(?:; counterexample: .*)?\]\s?(?:$|(\w+)\()/gmu)].map(
    ([, reason = '', test = 'an invariant']) => ({ test, reason }),
  );
  return { passed, failed };
}

function readReach(lines: string): ReadonlyMap<string, Reach> {
  const sums = new Map<string, Reach>();
  for (const [, reached, refused, act = ''] of lines.matchAll(/^(\d+) (\d+) (.+)$/gmu)) {
    const before = sums.get(act) ?? { reached: 0, refused: 0 };
    sums.set(act, { reached: before.reached + Number(reached), refused: before.refused + Number(refused) });
  }
  return sums;
}

/** Both of its streams are read to the end. */
function call(binary: string, words: string[], env: NodeJS.ProcessEnv): Promise<{ code: number | null; text: string }> {
  return new Promise((done, fail) => {
    const child = spawn(binary, words, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (part: string) => (text += part));
    child.on('error', fail).on('close', (code) => done({ code, text }));
  });
}
