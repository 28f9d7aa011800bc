// Which version of the agent starts: the one in the state folder's versions/, where an update brought one, or this package's own. Three starts that came to
// nothing, and the version before is restored. Plain JavaScript for Node 20; it must not fail, since what runs after it may mend what is wrong.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const MOST_STARTS = 3;

/** The URL of the program to start, or null for this package's own. `own`: this package's version. */
export function chooseVersion(words, own, env = process.env, now = Date.now()) {
  try {
    const folder = join(findState(words, env), 'versions');
    const file = join(folder, 'current.json');
    if (!existsSync(file)) return null;
    const state = JSON.parse(readFileSync(file, 'utf8'));
    const isStart = startsAgent(words);
    if (isStart && isRunnable(folder, state.current, own)) {
      const next = countStart(state, own, { folder, now });
      mkdirSync(folder, { recursive: true });
      writeFileSync(`${file}.launch`, JSON.stringify(next), { mode: 0o600 });
      renameSync(`${file}.launch`, file);
      state.current = next.current;
    }
    return isRunnable(folder, state.current, own) ? pathToFileURL(programOf(folder, state.current)).href : null;
  } catch {
    return null;
  }
}

function countStart(state, own, { folder, now }) {
  const starts = (state.starts ?? 0) + 1;
  if (starts <= MOST_STARTS) return { ...state, starts };
  const restored = { from: state.current, to: isRunnable(folder, state.previous, own) ? state.previous : own, at: now };
  const bad = [...new Set([...(state.bad ?? []), state.current])].slice(-20);
  return { ...state, current: state.previous ?? null, previous: null, starts: 0, bad, restored };
}

/** Installed anew, the package may be the newer one by now. */
function isRunnable(folder, version, own) {
  return (
    typeof version === 'string' &&
    /^[\w.-]+$/.test(version) &&
    isNewer(version, own) &&
    existsSync(programOf(folder, version))
  );
}

function programOf(folder, version) {
  return join(folder, version, 'dist', 'irori-node.mjs');
}

function isNewer(a, b) {
  const [left, right] = [a, b].map((version) => version.split('-')[0].split('.').map(Number));
  for (let part = 0; part < 3; part += 1) if (left[part] !== right[part]) return left[part] > right[part];
  return a !== b && !a.includes('-');
}

/** `up`, and joining, which ends with it. */
function startsAgent(words) {
  const [first = 'join'] = words;
  if (words.some((word) => word === '--help' || word === '-h') || first === '--version') return false;
  return first === 'up' || first === 'join' || first.startsWith('--');
}

/** As config/choose-state-folder.ts and the option --state have it. */
function findState(words, env) {
  const at = words.findIndex((word) => word === '--state' || word.startsWith('--state='));
  const given = at < 0 ? env.IRORI_STATE : words[at].includes('=') ? words[at].slice(8) : words[at + 1];
  if (given) return resolve(given);
  if (process.platform === 'win32')
    return join(env.LOCALAPPDATA ?? env.APPDATA ?? join(homedir(), 'AppData', 'Local'), 'irori-node');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'irori-node');
  return join(
    env.XDG_DATA_HOME?.startsWith('/') ? env.XDG_DATA_HOME : join(homedir(), '.local', 'share'),
    'irori-node',
  );
}
