// When this machine may work for others, as its owner said it, with a default for everything: the shape of rules.json and what it means.
import * as z from 'zod';

export const LEVELS = ['off', 'eco', 'full'] as const;
/** Nothing, fewer jobs at once, or all that it can. */
export type Level = (typeof LEVELS)[number];
const level = z.enum(LEVELS);

export const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
export type Weekday = (typeof WEEKDAYS)[number];

const time = z.string().regex(/^(?:(?:[01]\d|2[0-3]):[03]0|24:00)$/, 'is no half hour: write 07:00, 22:30 or 24:00');
const span = z
  .strictObject({ from: time, to: time, level })
  .refine(({ from, to }) => from < to, 'must end after it begins; over midnight write one for each day');
/** Hours that are not named are full. */
const week = z.partialRecord(z.enum(WEEKDAYS), z.array(span).max(48));
const names = z.array(z.string().min(1).max(300)).max(300);
const share = z.number().min(0).max(100);

export const rulesSchema = z.strictObject({
  schedule: z.strictObject({ week }),
  gpu: z.strictObject({
    /** Another program may use so much of a card, %; more for so long pauses. */
    othersPercent: share,
    forS: z.number().min(0).max(600),
    /** A film, a call or a recording: use of the card's video part, %. Null never pauses for it. */
    videoPercent: share.nullable(),
    /** Memory of the card that stays free for the desktop. */
    reserveMb: z.number().min(0).max(1_000_000),
  }),
  /** Programs by name or path; `*` stands for anything, and what begins with `!` is never meant. */
  apps: z.strictObject({ pause: names, finish: names, eco: names }),
  input: z.strictObject({ whenActive: level, idleS: z.number().min(1).max(86_400) }),
  battery: z.strictObject({ onBattery: level, leastPercent: share }),
  heat: z.strictObject({ maxC: z.number().min(30).max(120).nullable(), backC: z.number().min(1).max(60) }),
  /** Above it fewer jobs, and above the limits of eco none. Nothing is ever set on the card itself. */
  power: z.strictObject({
    fullW: z.number().min(1).max(5000).nullable(),
    fullFanPercent: share.nullable(),
    ecoW: z.number().min(1).max(5000).nullable(),
    ecoFanPercent: share.nullable(),
  }),
  line: z.strictObject({ onMetered: level, dailyMb: z.number().min(1).max(1e9).nullable() }),
  memory: z.strictObject({
    leastFreeMb: z.number().min(0).max(1_000_000),
    stalledPercent: share.nullable(),
  }),
  jobs: z.strictObject({ perDay: z.number().int().min(0).max(1e9).nullable() }),
  /** Jobs at once under eco, as a share of all; one at least. */
  eco: z.strictObject({ slotShare: z.number().gt(0).max(1) }),
  /** After what stopped it the machine has to be quiet for so long before it works again. */
  quietS: z.number().min(0).max(3600),
});
export type HomeRules = z.output<typeof rulesSchema>;

/** What an owner changed: whole settings of a section; the others keep their defaults. */
export const rulesPatchSchema = z
  .strictObject({
    schedule: rulesSchema.shape.schedule.partial(),
    gpu: rulesSchema.shape.gpu.partial(),
    apps: rulesSchema.shape.apps.partial(),
    input: rulesSchema.shape.input.partial(),
    battery: rulesSchema.shape.battery.partial(),
    heat: rulesSchema.shape.heat.partial(),
    power: rulesSchema.shape.power.partial(),
    line: rulesSchema.shape.line.partial(),
    memory: rulesSchema.shape.memory.partial(),
    jobs: rulesSchema.shape.jobs.partial(),
    eco: rulesSchema.shape.eco.partial(),
    quietS: rulesSchema.shape.quietS,
  })
  .partial();
export type RulesPatch = z.output<typeof rulesPatchSchema>;

/** Games by where their launchers put them, and programs that show, cut or render; what only sits in a tray is not meant. */
const PAUSE_APPS = [
  '*/steamapps/common/*',
  '!*/steamapps/common/steamworks shared/*',
  '!*/steamapps/common/wallpaper_engine/*',
  '*/epic games/*',
  '!*/epic games/launcher/*',
  '*/gog galaxy/games/*',
  '*/ubisoft game launcher/games/*',
  '*/ea games/*',
  '*/xboxgames/*',
  '*-win64-shipping.exe',
  'gamescope',
  'league of legends*',
  'valorant*',
  'wow.exe',
  // The helpers that video calls start only while one is under way.
  'cpthost*',
  'aomhost*',
  'resolve',
  'resolve.exe',
  'adobe premiere pro*',
  'afterfx*',
  'unrealeditor*',
];
const FINISH_APPS = ['ffmpeg', 'ffmpeg.exe', 'handbrake*', 'ghb'];
const ECO_APPS = ['obs', 'obs64.exe'];

/** Defaults of a machine with so much memory; null where that is unknown. */
export function defaultRules(totalMemoryBytes: number | null): HomeRules {
  const totalMb = totalMemoryBytes === null ? 8192 : totalMemoryBytes / 2 ** 20;
  return {
    schedule: { week: {} },
    gpu: { othersPercent: 20, forS: 5, videoPercent: 5, reserveMb: 1024 },
    apps: { pause: PAUSE_APPS, finish: FINISH_APPS, eco: ECO_APPS },
    input: { whenActive: 'full', idleS: 180 },
    battery: { onBattery: 'off', leastPercent: 30 },
    heat: { maxC: 83, backC: 8 },
    power: { fullW: null, fullFanPercent: null, ecoW: null, ecoFanPercent: null },
    line: { onMetered: 'off', dailyMb: null },
    memory: { leastFreeMb: Math.round(Math.min(1024, totalMb * 0.05)), stalledPercent: 20 },
    jobs: { perDay: null },
    eco: { slotShare: 0.5 },
    quietS: 120,
  };
}

/** The defaults with what the owner changed. */
export function applyPatch(rules: HomeRules, patch: RulesPatch): HomeRules {
  return rulesSchema.parse(joinSections(rules, patch));
}

/** What was changed before with what is changed now; of each section only what is named. */
export function joinPatches(before: RulesPatch, change: RulesPatch): RulesPatch {
  return rulesPatchSchema.parse(joinSections(before, change));
}

function joinSections(before: object, change: object): Record<string, unknown> {
  const joined: Record<string, unknown> = { ...before };
  for (const [name, section] of Object.entries(change) as [string, unknown][]) {
    const old = joined[name];
    const areBoth = typeof section === 'object' && section !== null && typeof old === 'object' && old !== null;
    joined[name] = areBoth ? { ...old, ...section } : section;
  }
  return joined;
}
