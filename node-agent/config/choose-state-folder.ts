// Where the agent keeps its key and receipts when the owner names no folder. Pure.
import { posix, win32 } from 'node:path';

/** XDG data folder on Linux and the like, Application Support on macOS, LOCALAPPDATA on Windows; null where that takes a home and there is none. */
export function chooseStateFolder(
  platform: string,
  env: Readonly<Record<string, string | undefined>>,
  home: string | null,
): string | null {
  if (platform === 'win32') {
    const base = env['LOCALAPPDATA'] ?? env['APPDATA'] ?? (home === null ? null : win32.join(home, 'AppData', 'Local'));
    return base === null ? null : win32.join(base, 'irori-node');
  }
  const xdg = env['XDG_DATA_HOME'];
  // The XDG rule: a relative path there is to be ignored.
  if (platform !== 'darwin' && xdg?.startsWith('/')) return posix.join(xdg, 'irori-node');
  if (home === null) return null;
  const base = platform === 'darwin' ? ['Library', 'Application Support'] : ['.local', 'share'];
  return posix.join(home, ...base, 'irori-node');
}
