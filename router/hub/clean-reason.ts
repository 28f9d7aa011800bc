// A home's words as a caller may read them: one short line without what could lead anywhere, tell of the home's insides, or pass for our own words.
// The agent cleans them too, but a home is a stranger's machine. Pure.

const MAX_CHARS = 200;
const GONE = '…';

/** A run of labels between dots that ends as a host's name does. A field of the request is none: `messages.0.role`. */
const HOST =
  /(?<![\p{L}\p{N}\p{M}_-]\.?)(?![a-z_]+\.\d+(?:\.(?:\d+|role|content|type|text|function(?:\.name)?|arguments|tool_calls|image_url))+(?!\.?[\p{L}\p{N}_-]))[\p{L}\p{N}\p{M}_-]+(?:\.[\p{L}\p{N}\p{M}_-]+)*\.(?:\p{L}{2,}|xn--[a-z\d-]+)[_-]*(?::\d+)?(?![\p{L}\p{N}_-])/giu;

/** In this order: what holds others comes first. */
const REPLACED: readonly (readonly [RegExp, string])[] = [
  // Controls, invisible and directional characters, private ones and halves of pairs.
  [/[\p{C}\p{Zl}\p{Zp}\u034F\u115F\u1160\u17B4\u17B5\u3164\uFFA0]+/gu, ' '],
  [/\b[a-z][a-z0-9+.-]*:\/\/[^\s"'<>)\]]*/giu, GONE],
  [/\b(?:data|javascript|mailto|tel|sms):\S+/giu, GONE],
  [/[^\s@"'<>()]+@[^\s@"'<>()]+/gu, GONE],
  // Paths of a Unix or Windows machine.
  [/(?<![\p{L}\p{N}_./-])(?:~|\.{1,2})?\/[^\s"'<>()]*[\p{L}\p{N}][^\s"'<>()]*/gu, GONE],
  [/(?<![\p{L}\p{N}])[a-z]:[\\/][^\s"'<>()]*/giu, GONE],
  [/\\\\[^\s"'<>()]+/gu, GONE],
  // Addresses: version 4, version 6, names of hosts, and numbers of telephones.
  [/(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?(?![\d.])/gu, GONE],
  [/\[?(?<![\p{L}\p{N}:])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?![\p{L}\p{N}:])\]?/giu, GONE],
  [/\blocalhost(?::\d+)?\b/giu, GONE],
  [HOST, GONE],
  [/\+\d[\d\s().-]{6,}\d/gu, GONE],
  // Keys, hashes and other long names that are no words.
  [/(?<![\p{L}\p{N}_-])(?=[\w-]*\d)[\w-]{24,}/gu, GONE],
  // What could end our quotation, or be read as markup.
  [/["“”„«»`]/gu, "'"],
  [/[<>]/gu, ''],
  [/\s+/gu, ' '],
  [/…(?: ?…)+/gu, GONE],
];

/** The cleaned words, at most 200 characters; null where nothing is left that says anything. */
export function cleanReason(text: string): string | null {
  // In plain letters and signs first: browsers read `ｅｖｉｌ．ｃｏｍ` and `evil。com` as they read `evil.com`.
  let clean = text
    .slice(0, 4 * MAX_CHARS)
    .toWellFormed()
    .normalize('NFKC')
    .slice(0, 4 * MAX_CHARS)
    .toWellFormed();
  clean = clean.replaceAll(/(?<=[\p{L}\p{N}])。(?=[a-z\d])/giu, '.');
  for (const [what, by] of REPLACED) clean = clean.replaceAll(what, by);
  clean = clean.trim().replace(/[.!?\s]+$/u, '');
  if (!/\p{L}{2}/u.test(clean)) return null;
  const chars = Array.from(clean);
  return chars.length <= MAX_CHARS
    ? clean
    : `${chars
        .slice(0, MAX_CHARS - 1)
        .join('')
        .trimEnd()}${GONE}`;
}
