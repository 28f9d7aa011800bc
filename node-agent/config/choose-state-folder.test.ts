import { expect, test } from 'vitest';
import { chooseStateFolder } from './choose-state-folder.ts';

test.each([
  ['linux', { XDG_DATA_HOME: '/data' }, '/home/a', '/data/irori-node'],
  ['linux', { XDG_DATA_HOME: 'relative' }, '/home/a', '/home/a/.local/share/irori-node'],
  ['linux', {}, '/home/a', '/home/a/.local/share/irori-node'],
  ['darwin', {}, '/Users/a', '/Users/a/Library/Application Support/irori-node'],
  ['win32', { LOCALAPPDATA: 'C:\\L' }, 'C:\\Users\\a', 'C:\\L\\irori-node'],
  ['linux', { XDG_DATA_HOME: '/data' }, null, '/data/irori-node'],
  ['linux', {}, null, null],
  ['darwin', {}, null, null],
  ['win32', {}, null, null],
  ['win32', {}, 'C:\\Users\\a', 'C:\\Users\\a\\AppData\\Local\\irori-node'],
])('on %s with %j the folder is where that platform keeps data', (platform, env, home, folder) => {
  expect(chooseStateFolder(platform, env, home)).toBe(folder);
});
