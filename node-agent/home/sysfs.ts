// The one door to Linux's /sys: graphics cards and their monitors. Reading needs no rights; what is not there, or may not be read, is absent.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AMD_FILES } from './read-amd-card.ts';
import type { SysfsFiles } from './read-amd-card.ts';

const CARDS = '/sys/class/drm';
const IDS = '/usr/share/libdrm/amdgpu.ids';

/** Numbers of the cards that there are. */
export async function listCards(root = CARDS): Promise<number[]> {
  const names = await readdir(root).catch(() => []);
  return names
    .flatMap((name) => /^card(\d+)$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}

/** The files of one card that a reading is made of. */
export async function readCardFiles(card: number, root = CARDS): Promise<SysfsFiles> {
  const device = join(root, `card${card}`, 'device');
  const [monitor = 'hwmon0'] = await readdir(join(device, 'hwmon')).catch(() => []);
  const read = async (name: string): Promise<readonly [string, string | undefined]> => {
    const path = join(device, name.replace(/^hwmon\//, `hwmon/${monitor}/`));
    return [name, await readFile(path, 'utf8').catch(() => undefined)];
  };
  return Object.fromEntries(await Promise.all(AMD_FILES.map(read)));
}

/** libdrm's names of AMD's cards; '' where they are not installed. */
export function readAmdNames(path = IDS): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}
