// Runs before `npm start` and fetches what that needs and no more. Plain JavaScript, since the first run finds an old Node and no packages.
// Tools and tests come with `npm test` or `npm install`; where they are, they stay: without them npm would take them away again.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = new URL('../../', import.meta.url);
/** One of the packages that only development needs, and always among them. */
const hasTools = existsSync(new URL('node_modules/vitest/package.json', root));
const words = [
  'install',
  '--no-save',
  ...(hasTools ? [] : ['--omit=dev']),
  '--no-audit',
  '--no-fund',
  '--loglevel=error',
];

const isWindows = process.platform === 'win32';
const { status, error } = spawnSync(isWindows ? 'npm.cmd' : 'npm', words, {
  cwd: fileURLToPath(root),
  stdio: 'inherit',
  shell: isWindows,
});
if (error) process.stderr.write(`irori: npm could not be started (${error.message}).\n`);
const isOld = Number(process.versions.node.split('.')[0]) < 24;
if (status === 0 && isOld && !existsSync(new URL('node_modules/.bin/node', root)) && !isWindows)
  process.stderr.write(
    'irori: the packages hold no Node for this system: install Node 24 or newer, then start again.\n',
  );
process.exitCode = status ?? 1;
