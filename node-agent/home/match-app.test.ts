import { describe, expect, test } from 'vitest';
import { defaultRules } from './lending-rules.ts';
import { matchApps } from './match-app.ts';

const app = (name: string, path: string | null = null) => ({ pid: 7, name, path });

describe('the list of programs as it comes', () => {
  const match = matchApps(defaultRules(null).apps);

  test.each([
    ['portal2_linux', '/home/ada/.local/share/Steam/steamapps/common/Portal 2/portal2_linux'],
    ['eldenring.exe', 'C:\\Program Files (x86)\\Steam\\steamapps\\common\\ELDEN RING\\Game\\eldenring.exe'],
    ['Game-Win64-Shipping.exe', null],
    ['witcher3.exe', 'D:\\GOG Galaxy\\Games\\The Witcher 3\\bin\\witcher3.exe'],
    ['CptHost.exe', null],
    ['resolve', '/opt/resolve/bin/resolve'],
  ])('knows a game, a call or a cutting room: %s', (name, path) => {
    expect(match(app(name, path))).toEqual({ name, does: 'pause' });
  });

  test.each([
    ['steam', '/home/ada/.local/share/Steam/ubuntu12_32/steam'],
    ['EpicGamesLauncher.exe', 'C:\\Program Files (x86)\\Epic Games\\Launcher\\Portal\\Binaries\\EpicGamesLauncher.exe'],
    ['wallpaper64.exe', 'C:\\Steam\\steamapps\\common\\wallpaper_engine\\wallpaper64.exe'],
    ['zoom', '/opt/zoom/zoom'],
    ['firefox', '/usr/lib/firefox/firefox'],
    ['ollama', '/usr/local/bin/ollama'],
  ])('leaves alone what only sits in a tray: %s', (name, path) => {
    expect(match(app(name, path))).toBeNull();
  });

  test('a rendering may end, and a recording shares the machine', () => {
    expect(match(app('ffmpeg'))?.does).toBe('finish');
    expect(match(app('obs64.exe'))?.does).toBe('eco');
  });
});

test('the strictest list counts, case and the slashes’ way do not matter, and a pattern cannot run away', () => {
  const match = matchApps({ pause: ['Blender', '*a*a*a*b'], finish: ['blend*'], eco: ['*'] });
  expect(match(app('blender'))?.does).toBe('pause');
  expect(match(app('blendthing'))?.does).toBe('finish');
  expect(match(app('anything'))?.does).toBe('eco');
  const startedMs = performance.now();
  expect(match(app('a'.repeat(50_000)))?.does).toBe('eco');
  expect(performance.now() - startedMs).toBeLessThan(1000);
});

test('a star takes nothing twice', () => {
  const match = matchApps({ pause: ['ab*ba'], finish: [], eco: [] });
  expect(match(app('aba'))).toBeNull();
  expect(match(app('abba'))).not.toBeNull();
});
