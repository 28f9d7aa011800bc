// What `npm start` runs, as a person and as a script meet it: the real router, a real home, the built-in model.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isAlive, killNow } from '../local/child-processes.ts';
import { useNpmStart } from './npm-start-hooks.ts';

interface LocalJson {
  readonly endpoint: string;
  readonly apiKey: string;
  readonly adminSecret: string;
  readonly pids: { readonly edge: number[]; readonly agents: number[] };
}

describe('npm start', () => {
  const npm = useNpmStart('npm-start');

  const readLocal = (): LocalJson => JSON.parse(readFileSync(join(npm.dir, 'local.json'), 'utf8')) as LocalJson;

  test('--once prints endpoint, key and curl line, streams an answer, shows its signed receipt, and leaves nothing running', async () => {
    const first = npm.start(['--once']);
    expect(await first.ended).toBe(0);
    expect(first.said()).toContain(`Endpoint   http://127.0.0.1:${npm.port}/v1`);
    expect(first.said()).toMatch(/API key {4}irori_\w+/);
    expect(first.said()).toContain('curl -N http://');
    expect(first.said()).toMatch(/a fox named Mia went/);
    expect(first.said()).toMatch(/rcpt_\w+: complete, \d+ \+ \d+ tokens, .* signed by the home/);
    expect(existsSync(join(npm.dir, 'local.json'))).toBe(false);
    expect(existsSync(join(npm.dir, 'lock'))).toBe(false);
  });

  test('a second start has the same key and homes, tells scripts where it is, restarts a home that dies, and ends whole on Ctrl-C', async () => {
    const known = (JSON.parse(readFileSync(join(npm.dir, 'demo.json'), 'utf8')) as { apiKey: string }).apiKey;
    const again = npm.start([]);
    await expect.poll(again.said).toContain('Ctrl-C ends everything');
    const local = readLocal();
    expect(statSync(join(npm.dir, 'local.json')).mode & 0o777).toBe(0o600);
    expect(local).toMatchObject({ endpoint: `http://127.0.0.1:${npm.port}/v1`, apiKey: known });
    const nodes = await fetch(`http://127.0.0.1:${npm.port}/admin/v1/nodes`, {
      headers: { authorization: `Bearer ${local.adminSecret}` },
    });
    expect(((await nodes.json()) as { data: unknown[] }).data).toHaveLength(1);

    const beside = npm.start([]);
    expect(await beside.ended).toBe(1);
    expect(beside.said()).toContain(`A network already runs on ${npm.dir}`);

    killNow(local.pids.agents);
    await expect.poll(() => readLocal().pids.agents).not.toEqual(local.pids.agents);
    await expect.poll(() => readLocal().pids.agents.length).toBe(1);
    expect(again.said()).toContain('home 1 (Paris) ended (SIGKILL); starting it again.');

    const last = readLocal();
    again.child.kill('SIGINT');
    expect(await again.ended).toBe(130);
    expect([...last.pids.edge, ...last.pids.agents].filter(isAlive)).toEqual([]);
    expect(existsSync(join(npm.dir, 'local.json'))).toBe(false);
  });

  test.runIf(process.platform === 'linux')(
    'a start that was killed leaves nothing that keeps the next one from starting',
    async () => {
      const killed = npm.start(['--no-agent']);
      await expect.poll(killed.said).toContain('No home was started');
      const left = readLocal().pids.edge;
      killed.child.kill('SIGKILL');
      await killed.ended;
      const next = npm.start(['--no-agent']);
      await expect.poll(next.said).toContain('No home was started');
      expect(left.filter(isAlive)).toEqual([]);
      next.child.kill('SIGTERM');
      expect(await next.ended).toBe(143);
    },
  );
});
