// Holds what the files import against the order of the rooms, and verb files against their promise. Pure.
import { MEETS_BOTH, PURE_FILE } from './house-rules.ts';
import type { Room } from './house-rules.ts';
import type { Module } from './read-module.ts';

export interface Complaint {
  readonly what: string;
  readonly remedy: string;
}

type Ends = Readonly<Record<string, readonly Room[]>>;

interface Floor {
  readonly ends: readonly string[];
  readonly floor: number;
  readonly name: string;
}

/** Every import upwards or to the other end, every file in no room, every circle between files, every verb file that is not pure. */
export function judgeHouse(modules: readonly Module[], ends: Ends): Complaint[] {
  return [
    ...modules.flatMap((module) => judgeImports(module, ends)),
    ...findCircles(modules).map((circle) => ({
      what: `circle: ${circle.join(' → ')}`,
      remedy: 'move what both need into a file of its own below them, or hand it in as an argument',
    })),
    ...modules.filter(({ file }) => mustBePure(file)).flatMap(judgeVerbFile),
  ];
}

function judgeImports({ file, imports }: Module, ends: Ends): Complaint[] {
  const from = findFloor(file, ends);
  if (!from) return [{ what: `${file} stands in no room`, remedy: 'give it a room in .config/house-rules.ts' }];
  const complaints: Complaint[] = [];
  for (const target of imports.filter((name) => /\.tsx?$/.test(name))) {
    const to = findFloor(target, ends);
    const what = `${file} (${from.name}) imports ${target} (${to?.name ?? 'no room'})`;
    if (to && !from.ends.some((end) => to.ends.includes(end)) && MEETS_BOTH.test(file)) continue;
    if (!to || !from.ends.every((end) => to.ends.includes(end)))
      complaints.push({ what, remedy: 'router and agent share schema only, and schema imports neither' });
    else if (to.floor > from.floor)
      complaints.push({
        what,
        remedy: 'move the wanted part down to the lower room, or let the upper room hand it in',
      });
  }
  return complaints;
}

function findFloor(file: string, ends: Ends): Floor | null {
  const found = Object.entries(ends).flatMap(([end, rooms]) => {
    const floor = rooms.findIndex(({ paths }) =>
      paths.some((path) => file === path || (path.endsWith('/') && file.startsWith(path))),
    );
    return floor < 0 ? [] : [{ end, floor, name: rooms[floor]?.name ?? '' }];
  });
  const [first] = found;
  return first ? { ends: found.map(({ end }) => end), floor: first.floor, name: first.name } : null;
}

/** One circle for each import that leads back to a file on the way to it. */
function findCircles(modules: readonly Module[]): string[][] {
  const importsOf = new Map(modules.map(({ file, imports }) => [file, imports]));
  const done = new Set<string>();
  const way: string[] = [];
  const circles: string[][] = [];
  const visit = (file: string): void => {
    const at = way.indexOf(file);
    if (at >= 0) circles.push([...way.slice(at), file]);
    if (at >= 0 || done.has(file)) return;
    way.push(file);
    for (const next of importsOf.get(file) ?? []) visit(next);
    way.pop();
    done.add(file);
  };
  for (const { file } of modules) visit(file);
  return circles;
}

function mustBePure(file: string): boolean {
  return PURE_FILE.test(file) && !file.includes('/test/');
}

function judgeVerbFile({ file, impurities }: Module): Complaint[] {
  return impurities.map((what) => ({
    what: `${file}: ${what}`,
    remedy: 'a file named by a verb is pure: pass the value in, or name the file by the thing that it holds',
  }));
}
