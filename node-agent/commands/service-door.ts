// The system's manager of services: systemd's user instance, launchd, the task scheduler. The one door to them. Each asks for no more rights than the
// user's own, has a time limit, and is used only when the owner asked for it.
import { execFile } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { homedir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { readLaunchdState, readLinger, readSystemdState, readTaskState } from './read-service-state.ts';
import type { ServiceState } from './read-service-state.ts';
import { SERVICE, tellLaunchdAgent, tellScheduledTask, tellSystemdUnit } from './tell-service.ts';
import type { ServiceFacts } from './tell-service.ts';

export interface ServiceDoor {
  /** What the owner knows it as. */
  readonly name: string;
  /** Writes what starts the agent, and starts it where `isNow`. Errors are sentences for the owner. */
  readonly install: (facts: Omit<ServiceFacts, 'user'>, isNow: boolean) => Promise<Result<string, string>>;
  readonly remove: () => Promise<Result<null, string>>;
  readonly look: () => Promise<ServiceState>;
  /** Whether it runs without anybody logged in; null where nobody can tell. */
  readonly lingers: () => Promise<boolean | null>;
}

interface Ran {
  readonly isGood: boolean;
  readonly text: string;
}

const LIMIT_MS = 20_000;

function run(program: string, words: readonly string[]): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(
      program,
      [...words],
      { timeout: LIMIT_MS, windowsHide: true, maxBuffer: 1024 ** 2 },
      (error, stdout, stderr) =>
        resolve({
          isGood: error === null,
          text: error === null ? stdout : `${stderr.trim() || stdout.trim() || error.message}`,
        }),
    );
  });
}

/** Runs each in turn until one fails; its words are the error. */
async function runAll(program: string, steps: readonly (readonly string[])[]): Promise<Result<null, string>> {
  for (const words of steps) {
    const ran = await run(program, words);
    if (!ran.isGood)
      return err(`${program} ${words.join(' ')} failed: ${ran.text.split('\n').slice(0, 3).join(' ').slice(0, 300)}`);
  }
  return ok(null);
}

/** Null for a system without one that is known. */
export function openServiceDoor(
  platform: string,
  env: Readonly<Record<string, string | undefined>>,
): ServiceDoor | null {
  if (platform === 'linux') return openSystemd(env);
  if (platform === 'darwin') return openLaunchd();
  return platform === 'win32' ? openScheduler() : null;
}

function openSystemd(env: Readonly<Record<string, string | undefined>>): ServiceDoor {
  const said = env['XDG_CONFIG_HOME'];
  // As the specification has it: a path that is not absolute counts for nothing.
  const base = said?.startsWith('/') === true ? said : join(homedir(), '.config');
  const path = join(base, 'systemd', 'user', SERVICE.unit);
  const steps = (...words: string[]): string[] => ['--user', ...words];
  return {
    name: 'a systemd user unit',
    install: async (facts, isNow) => {
      const there = await run('systemctl', steps('show-environment'));
      if (!there.isGood)
        return err(
          `This system's user services cannot be used: ${there.text.slice(0, 200)}. Start irori-node up from your session's own autostart.`,
        );
      await write(path, tellSystemdUnit({ ...facts, user: '' }));
      const enable = isNow ? steps('enable', '--now', SERVICE.unit) : steps('enable', SERVICE.unit);
      const done = await runAll('systemctl', [steps('daemon-reload'), enable]);
      return done.ok ? ok(path) : done;
    },
    remove: async () => {
      const done = await runAll('systemctl', [steps('disable', '--now', SERVICE.unit)]);
      await rm(path, { force: true });
      await run('systemctl', steps('daemon-reload'));
      return done;
    },
    look: async () => {
      const ran = await run(
        'systemctl',
        steps('show', SERVICE.unit, '-p', 'LoadState,ActiveState,MainPID,UnitFileState'),
      );
      return readSystemdState(ran.isGood ? ran.text : '');
    },
    lingers: async () => {
      const ran = await run('loginctl', ['show-user', userInfo().username, '-p', 'Linger']);
      return ran.isGood ? readLinger(ran.text) : null;
    },
  };
}

function openLaunchd(): ServiceDoor {
  const path = join(homedir(), 'Library', 'LaunchAgents', `${SERVICE.label}.plist`);
  const domain = `gui/${userInfo().uid}`;
  const target = `${domain}/${SERVICE.label}`;
  return {
    name: 'a launchd agent',
    install: async (facts, isNow) => {
      await mkdir(join(facts.stateFolder, 'log'), { recursive: true, mode: 0o700 });
      await write(path, tellLaunchdAgent({ ...facts, user: '' }));
      // What is in its folder is loaded at the next login by itself.
      if (!isNow) return ok(path);
      await run('launchctl', ['bootout', target]);
      const done = await runAll('launchctl', [['bootstrap', domain, path]]);
      return done.ok ? ok(path) : done;
    },
    remove: async () => {
      const done = await runAll('launchctl', [['bootout', target]]);
      await rm(path, { force: true });
      return done;
    },
    look: async () => {
      const ran = await run('launchctl', ['print', target]);
      return readLaunchdState(ran.text, ran.isGood);
    },
    lingers: async () => null,
  };
}

function openScheduler(): ServiceDoor {
  const user = `${process.env['USERDOMAIN'] ?? '.'}\\${userInfo().username}`;
  return {
    name: 'a scheduled task',
    install: async (facts, isNow) => {
      const path = join(facts.stateFolder, 'service-task.xml');
      await mkdir(facts.stateFolder, { recursive: true });
      await writeFile(path, `\uFEFF${tellScheduledTask({ ...facts, user })}`, 'utf16le');
      const create = ['/Create', '/TN', SERVICE.task, '/XML', path, '/F'];
      const done = await runAll('schtasks', [create, ...(isNow ? [['/Run', '/TN', SERVICE.task]] : [])]);
      return done.ok ? ok(SERVICE.task) : done;
    },
    remove: async () => {
      await run('schtasks', ['/End', '/TN', SERVICE.task]);
      return runAll('schtasks', [['/Delete', '/TN', SERVICE.task, '/F']]);
    },
    look: async () => {
      const ran = await run('schtasks', ['/Query', '/TN', SERVICE.task, '/XML']);
      return readTaskState(ran.text, ran.isGood);
    },
    lingers: async () => null,
  };
}

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text, { mode: 0o600 });
}
