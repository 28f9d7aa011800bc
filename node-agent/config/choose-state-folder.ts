// Where the agent keeps its key and receipts when the owner names no folder. Pure.
import { posix, win32 } from 'node:path';

/** XDG data folder on Linux and the like, Application Support on macOS, LOCALAPPDATA on Windows. */
export function chooseStateFolder(
  platform: string,
  env: Readonly<Record<string, string | undefined>>,
  home: string,
): string {
  if (platform === 'win32') {
    const base = env['LOCALAPPDATA'] ?? env['APPDATA'] ?? win32.join(home, 'AppData', 'Local');
    return win32.join(base, 'irori-node');
  }
  if (platform === 'darwin') return posix.join(home, 'Library', 'Application Support', 'irori-node');
  const xdg = env['XDG_DATA_HOME'];
  // The XDG rule: a relative path there is to be ignored.
  const base = xdg?.startsWith('/') ? xdg : posix.join(home, '.local', 'share');
  return posix.join(base, 'irori-node');
}
