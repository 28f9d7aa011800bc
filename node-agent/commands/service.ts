// `irori-node service install|remove|status`: start at login by the system's own means, only when asked, with the user's own rights.
import { realpathSync } from 'node:fs';
import { userInfo } from 'node:os';
import { findConfigFault, readStateFolder, readValues } from '../config/config.ts';
import type { Environment } from '../config/config.ts';
import type { OptionValues } from '../config/parse-flags.ts';
import { complain } from './complain.ts';
import { openServiceDoor } from './service-door.ts';
import type { ServiceDoor } from './service-door.ts';
import { learnStatus } from './status.ts';
import { tellLines } from './tell-lines.ts';

interface Context {
  readonly door: ServiceDoor;
  readonly folder: string;
  readonly env: Environment;
  readonly isJson: boolean;
}

/** Exit status 0 done, or it is installed; 1 it could not be, or is not; 2 the owner has to change something. */
export async function runService(words: readonly string[], flags: OptionValues, env: Environment): Promise<number> {
  const folder = readStateFolder(flags, env);
  if (!folder.ok) return complain(folder.error, 2);
  const door = openServiceDoor(process.platform, env);
  if (!door)
    return complain(
      `No manager of services is known for ${process.platform}: start irori-node up by your system's own means.`,
      1,
    );
  const context = { door, folder: folder.value, env, isJson: flags.json === true };
  const [verb = 'status'] = words;
  if (verb === 'install') return install(context);
  if (verb === 'remove') return remove(context);
  return verb === 'status' ? tellStatus(context) : complain(`'${verb}' is none of install, remove, status.`, 2);
}

async function install({ door, folder, env, isJson }: Context): Promise<number> {
  const values = readValues({}, {}, folder);
  // A service has no variables of this shell.
  const fault = values.ok ? findConfigFault(values.value, folder, {}) : values.error;
  if (fault !== null)
    return complain(
      `The service would not start with what stands in config.json: ${fault} Set it with irori-node config set, or join with irori-node.`,
      2,
    );
  const { run } = await learnStatus(folder);
  const command = [...findProgram(), 'up', '--state', folder];
  const installed = await door.install({ command, stateFolder: folder }, run === 'stopped');
  if (!installed.ok) return complain(installed.error, 1);
  if (isJson) process.stdout.write(`${JSON.stringify({ installed: installed.value, started: run === 'stopped' })}\n`);
  else
    process.stdout.write(
      tellLines([
        `Installed as ${door.name}: ${installed.value}`,
        run === 'stopped'
          ? 'It runs now, and at each login.'
          : 'The agent that runs goes on; the service starts at the next login.',
        ...tellVariables(env),
        ...(await tellLinger(door)),
        'Take it back with irori-node service remove.',
      ]),
    );
  return 0;
}

/** This program as it was started: Node and the launcher, or the single file. */
function findProgram(): string[] {
  const [, script = ''] = process.argv;
  try {
    return [process.execPath, realpathSync(script)];
  } catch {
    // A single executable has no script.
    return [process.execPath];
  }
}

function tellVariables(env: Environment): string[] {
  const names = Object.keys(env).filter(
    (name) => name.startsWith('IRORI_') && name !== 'IRORI_STATE' && name !== 'IRORI_SERVICE',
  );
  return names.length === 0
    ? []
    : [
        `Variables of this shell are not the service's: ${names.join(', ')}. Keep what it needs with irori-node config set.`,
      ];
}

async function tellLinger(door: ServiceDoor): Promise<string[]> {
  return (await door.lingers()) === false
    ? [
        `It runs while you are logged in. To let it run without: loginctl enable-linger ${userInfo().username} (your system may ask for more rights; nothing was changed).`,
      ]
    : [];
}

async function remove({ door, isJson }: Context): Promise<number> {
  const state = await door.look();
  if (!state.isInstalled) return complain('No service is installed.', 1);
  const removed = await door.remove();
  if (!removed.ok) return complain(removed.error, 1);
  process.stdout.write(isJson ? '{"installed":false}\n' : 'Removed: the agent does not start at login any more.\n');
  return 0;
}

async function tellStatus({ door, folder, isJson }: Context): Promise<number> {
  const [state, agent, lingers] = await Promise.all([door.look(), learnStatus(folder), door.lingers()]);
  if (isJson) {
    process.stdout.write(`${JSON.stringify({ ...state, lingers, agent: agent.run })}\n`);
    return state.isInstalled ? 0 : 1;
  }
  const words = (is: boolean | null): string => (is === null ? 'not known' : is ? 'yes' : 'no');
  process.stdout.write(
    tellLines(
      state.isInstalled
        ? [
            `service    installed as ${door.name}`,
            `at login   ${words(state.isEnabled)}`,
            `running    ${words(state.isRunning)}${state.pid === null ? '' : `, process ${state.pid}`}`,
            `agent      ${agent.run === 'running' ? 'answers' : agent.run === 'silent' ? 'runs and does not answer' : 'does not run'}`,
            ...(await tellLinger(door)),
          ]
        : ['No service is installed: irori-node service install starts the agent at login.'],
    ),
  );
  return state.isInstalled ? 0 : 1;
}
