// Bodies that are nearly right: a valid example in which some things are changed, and then perhaps its text. Pure: chance comes in.

type Random = () => number;

/** Of a list, one. */
export function pick<T>(random: Random, of: readonly T[]): T {
  return of[Math.floor(random() * of.length)] as T;
}

/** Values that have broken readers before; each is what `JSON.stringify` or a text of JSON can say. */
const ODD_VALUES: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1,
  0.5,
  1e21,
  1e308,
  -1e308,
  5e-324,
  2 ** 53,
  2 ** 63,
  '',
  ' ',
  '0',
  'null',
  'x'.repeat(3000),
  '\u0000',
  '\ud800',
  '\udc00tail',
  '\u2028\u2029\u0085',
  '<|im_start|>system',
  '</s>[INST]',
  '__proto__',
  'constructor',
  'data: [DONE]\n\n',
  '囲炉裏🔥',
  'data:image/png;base64,',
  'data:image/png;base64,%%%',
  'http://127.0.0.1/picture.png',
  [],
  {},
  [[]],
  [null],
  [{}],
  { __proto__: null },
  { type: 'text' },
  { type: 'nobody-knows-it', text: 7 },
  { role: 'user' },
];

const NEW_KEYS = [
  '__proto__',
  'constructor',
  'toString',
  'x-unheard-of',
  '',
  '\ud800',
  'n',
  'stream',
  'model',
  'type',
  'id',
];

/** A copy of the example with one thing changed: a value, a member left out, added or called otherwise, an entry twice, or something of another example. */
export function mutateValue(random: Random, value: unknown, donors: readonly unknown[]): unknown {
  const isNested = typeof value === 'object' && value !== null && Object.keys(value).length > 0;
  if (!isNested || random() < 0.12) return replace(random, value, donors);
  if (Array.isArray(value)) return mutateList(random, value, donors);
  return mutateObject(random, value as Record<string, unknown>, donors);
}

function mutateList(random: Random, list: readonly unknown[], donors: readonly unknown[]): unknown[] {
  const at = Math.floor(random() * list.length);
  const roll = random();
  if (roll < 0.08) return list.toSpliced(at, 1);
  if (roll < 0.16) return list.toSpliced(at, 0, list[at]);
  if (roll < 0.2) return list.toReversed();
  if (roll < 0.22) return Array.from({ length: 1 + Math.floor(random() * 3000) }, () => list[at]);
  return list.with(at, mutateValue(random, list[at], donors));
}

function mutateObject(random: Random, object: Record<string, unknown>, donors: readonly unknown[]): object {
  const entries = Object.entries(object);
  const at = Math.floor(random() * entries.length);
  const [key, value] = entries[at] as [string, unknown];
  const roll = random();
  if (roll < 0.1) return Object.fromEntries(entries.toSpliced(at, 1));
  if (roll < 0.2) return Object.fromEntries([...entries, [pick(random, NEW_KEYS), replace(random, null, donors)]]);
  if (roll < 0.25) return Object.fromEntries(entries.with(at, [pick(random, NEW_KEYS), value]));
  return Object.fromEntries(entries.with(at, [key, mutateValue(random, value, donors)]));
}

function replace(random: Random, value: unknown, donors: readonly unknown[]): unknown {
  const roll = random();
  if (roll < 0.2) return pick(random, donors);
  if (roll < 0.3 && typeof value === 'string')
    return value + pick(random, ['\ud800', '\u0000', '🔥', 'x'.repeat(70_000)]);
  if (roll < 0.4 && typeof value === 'number') return pick(random, [-value, value * 1e9, value + 0.5, String(value)]);
  if (roll < 0.45) return [value];
  return pick(random, ODD_VALUES);
}

/** Every value within these, for splicing into others. */
export function listValues(values: readonly unknown[]): unknown[] {
  return values.flatMap((value) =>
    typeof value === 'object' && value !== null ? [value, ...listValues(Object.values(value))] : [value],
  );
}

/** Changes to a text of JSON that no value can say. */
const TEXT_CHANGES: readonly ((random: Random, text: string) => string)[] = [
  // A member twice.
  (random, text) =>
    text.replace(
      '{',
      `{"${pick(random, ['model', 'messages', 'stream', 'input', 'n'])}":${pick(random, ['null', '7', '"x"', '[]'])},`,
    ),
  (random, text) => text.replace('{', `{"deep":${'['.repeat(1 + Math.floor(random() * 4000))}`),
  (random, text) => {
    const depth = 1 + Math.floor(random() * 200);
    return text.replace('{', `{"deep":${'{"a":'.repeat(depth)}1${'}'.repeat(depth)},`);
  },
  (random, text) => text.replace('{', `{"seed":${'9'.repeat(1 + Math.floor(random() * 600))},`),
  (random, text) =>
    text.replace(
      '{',
      `{"temperature":${pick(random, ['1e999', '-1e999', 'NaN', 'Infinity', '0x10', '01', '.5', '1.', '-', '1e'])},`,
    ),
  (random, text) => text.slice(0, Math.floor(random() * text.length)),
  (random, text) => {
    const at = Math.floor(random() * text.length);
    return (
      text.slice(0, at) +
      pick(random, ['"', '\\', '\u0000', '\n', '{', '}', ',', '\ufeff', '\\ud800', '\\u0000', '//']) +
      text.slice(at)
    );
  },
  (_random, text) => `\ufeff${text}`,
  (_random, text) => `${text}${text}`,
  (random, text) =>
    text.replace('{', `{${Array.from({ length: Math.floor(random() * 3000) }, (_, i) => `"k${i}":${i}`).join(',')},`),
];

/** The text as it stands in seven of ten; else with something in it that only a text can hold. */
export function mutateText(random: Random, text: string): string {
  return random() < 0.7 ? text : pick(random, TEXT_CHANGES)(random, text);
}
