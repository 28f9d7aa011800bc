import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startAgent } from './agents.ts';
import type { AgentEvents, WatchedAgent } from './agents.ts';
import { isAlive } from './child-processes.ts';

interface Seen {
  readonly lines: string[];
  readonly deaths: { reason: string; lastLines: readonly string[]; isRestarted: boolean }[];
  readonly events: AgentEvents;
}

function makeSeen(): Seen {
  const lines: string[] = [];
  const deaths: Seen['deaths'] = [];
  return {
    lines,
    deaths,
    events: {
      onLine: (_, line) => lines.push(line),
      onDeath: (_, death) => deaths.push(death),
      onChange: () => undefined,
    },
  };
}

describe('watched homes', () => {
  let dir: string;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'irori-agents-'));
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  function start(body: string, seen: Seen): WatchedAgent {
    const script = join(dir, `${Math.random().toString(36).slice(2)}.mjs`);
    writeFileSync(script, body);
    return startAgent(
      { name: 'home 1', script, args: ['up'], environment: { MARK: 'set' }, timing: { restartMs: 20, drainMs: 200 } },
      seen.events,
    );
  }

  test('a home gets its words and environment, and its lines are passed on', async () => {
    const seen = makeSeen();
    const home = start(
      `console.log(process.argv[2], process.env.MARK); console.error('to stderr'); setInterval(() => {}, 1000)`,
      seen,
    );
    await expect.poll(() => seen.lines.toSorted()).toEqual(['to stderr', 'up set']);
    await home.stop();
  });

  test('a home that dies is started again, with its last words told', async () => {
    const seen = makeSeen();
    const home = start(`console.log('no'); process.exit(3)`, seen);
    await expect.poll(() => seen.deaths.length).toBeGreaterThanOrEqual(2);
    expect(seen.deaths[0]).toEqual({ reason: 'status 3', lastLines: ['no'], isRestarted: true });
    await home.stop();
    expect(home.isWanted()).toBe(false);
  });

  test('a home that keeps dying is given up after three restarts', async () => {
    const seen = makeSeen();
    const home = start(`process.exit(1)`, seen);
    await expect.poll(() => seen.deaths.map((death) => death.isRestarted)).toEqual([true, true, true, false]);
    expect(home.isWanted()).toBe(false);
    expect(home.pid()).toBeNull();
  });

  test('a home that does not end on SIGTERM is ended all the same', async () => {
    const seen = makeSeen();
    const home = start(
      `process.on('SIGTERM', () => console.log('no thanks')); console.log('up'); setInterval(() => {}, 1000)`,
      seen,
    );
    await expect.poll(() => seen.lines).toContain('up');
    const pid = home.pid() ?? 0;
    await home.stop();
    expect(seen.lines).toContain('no thanks');
    expect(isAlive(pid)).toBe(false);
    expect(seen.deaths).toEqual([]);
  });
});
