// A model server's own words, made fit for a stranger: no address, path, file name, key or name of this machine, and nothing of the prompt. Pure.
// What is left may be less than was meant, never more than is allowed: where it cannot be made sure, nothing is left.

/** Characters of the reason at most. */
const REASON_CHARS = 200;
/** Words of a server longer than this are a page or a trace: only this much of them is looked at. */
const READ_CHARS = 4_000;
/** A run of this many characters that also stands in the prompt is a quotation of it. */
const QUOTE_CHARS = 24;

const GAP = '…';

/** What tells of the machine or of its owner, each as it stands in texts whose white space is single. */
const INTERNALS: readonly RegExp[] = [
  // Addresses with a scheme, and those that are written without one.
  /\b[a-z][a-z0-9+.-]{1,20}:\/\/\S*/gi,
  /\bwww\.\S+/gi,
  /\S+@\S+/g,
  /\b(?:localhost|host\.docker\.internal)(?::\d+)?\b/gi,
  // IP addresses of both kinds, with their ports.
  /\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b/g,
  /\[?(?:[0-9a-f]{0,4}:){2,7}(?:[0-9a-f]{1,4}|\d{1,3}(?:\.\d{1,3}){3})?\]?(?::\d+)?/gi,
  // Paths of Windows and of everything else; `user/assistant` is none, since nothing stands before its first slash.
  /(?:\b[a-z]:[\\/]|\\\\)\S*/gi,
  /(?<![\w.…])(?:~|\.{1,2})?\/[^\s/]\S*/g,
  /\S*[\w-]+[\\/][\w.-]+\.[a-z]\w{0,9}\b\S*/gi,
  /\\+\S*/g,
  // Keys, pointers, ids: long words of letters and digits mixed.
  /\b(?:bearer|authorization|api[-_ ]?key|token)\b\s*[:=]?\s*\S{8,}/gi,
  /\b(?:sk|pk|hf|gh[pousr]|xox[a-z]|irori)[-_]\S{6,}/gi,
  /\b0x[0-9a-f]+\b/gi,
  /(?<![\w-])(?=[\w+/=-]*\d)(?=[\w+/=-]*[a-z])[\w+/=-]{16,}/gi,
  /\b\d{10,}\b/g,
  // File names, and names of code with dots in them.
  /[\w-]+(?:\.[\w-]+)*\.[a-z_]\w*(?::\d+)?/gi,
];

/**
 * The server's words for a caller: at most 200 characters on one line. `prompt` is every text that the server was given. Empty where nothing
 * fit for a stranger is left.
 */
export function cleanReason(words: string, prompt: readonly string[] = []): string {
  const texts = prompt.map(flatten);
  let text = dropQuotes(flatten(pickLine(words.slice(0, READ_CHARS))), texts);
  for (const internal of INTERNALS) text = text.replace(internal, GAP);
  text = shorten(tidy(text));
  // What was taken out may have brought together what makes a path or a quotation.
  const isClean = dropQuotes(text, texts) === text && INTERNALS.every((one) => text.search(one) < 0);
  return isClean && /\p{L}{3}/u.test(text) ? text : '';
}

/** Of a trace the sentence at its end; of a template's failure what the template says. */
function pickLine(words: string): string {
  const raised = /(?:Jinja Exception|TemplateError):\s*([^\n]+)/i.exec(words)?.[1];
  if (raised !== undefined && /\p{L}{3}/u.test(raised)) return raised;
  const lines = words.split('\n').filter((line) => /\p{L}{3}/u.test(line));
  return (lines.length > 2 ? lines.at(-1) : lines.join(' ')) ?? '';
}

/** One line, without control characters, marks of direction or halves of pairs. */
function flatten(text: string): string {
  return text
    .replace(/\p{Cc}\[[0-9;]*[a-z]/giu, ' ')
    .replace(/\\+[nrt]/g, ' ')
    .replace(/[\s\p{Cc}\p{Cf}\p{Cs}\p{Co}]+/gu, ' ');
}

/** The text without what stands in the prompt too, as it is and as servers quote it: with other marks, spaces and case. */
function dropQuotes(text: string, prompt: readonly string[]): string {
  const plain = dropRuns(text, prompt, (char) => char);
  return dropRuns(plain, prompt, (char) => (/[\p{L}\p{N}]/u.test(char) ? char.toLowerCase() : ''));
}

function dropRuns(text: string, prompt: readonly string[], fold: (char: string) => string): string {
  const { folded, at } = foldText(text, fold);
  if (folded.length < QUOTE_CHARS) return text;
  const runs = new Map<string, number[]>();
  for (let i = 0; i + QUOTE_CHARS <= folded.length; i += 1) {
    const run = folded.slice(i, i + QUOTE_CHARS);
    runs.set(run, [...(runs.get(run) ?? []), i]);
  }
  const isQuoted = new Uint8Array(text.length);
  for (const one of prompt) {
    const words = foldText(one, fold).folded;
    for (let i = 0; i + QUOTE_CHARS <= words.length; i += 1)
      for (const start of runs.get(words.slice(i, i + QUOTE_CHARS)) ?? [])
        isQuoted.fill(1, at[start], (at[start + QUOTE_CHARS - 1] ?? 0) + 1);
  }
  let kept = '';
  for (let i = 0; i < text.length; i += 1) {
    if (isQuoted[i] === 0) kept += text[i] ?? '';
    else if (!kept.endsWith(GAP)) kept += GAP;
  }
  return kept;
}

/** The text's units after `fold`, and where each stood. */
function foldText(text: string, fold: (char: string) => string): { folded: string; at: number[] } {
  let folded = '';
  const at: number[] = [];
  for (let i = 0; i < text.length; i += 1) {
    const units = fold(text[i] ?? '');
    for (let j = 0; j < units.length; j += 1) at.push(i);
    folded += units;
  }
  return { folded, at };
}

/** Without what the gaps left behind: empty quotation marks and brackets, several gaps in a row, marks at the ends. */
function tidy(text: string): string {
  return text
    .replace(/["'`“”‘’([{<][\s….,;:]*["'`“”‘’)\]}>]/g, GAP)
    .replace(/(?:\s*…[\s,;:]*)+/g, ' … ')
    .replace(/\s+/g, ' ')
    .replace(/^[\s…,;:.\-–—"'`)\]}]+|[\s….,;:\-–—"'`([{]+$/g, '');
}

/** At most 200 characters, cut between two words. */
function shorten(text: string): string {
  if (text.length <= REASON_CHARS) return text;
  const cut = text.slice(0, REASON_CHARS - 1);
  const space = cut.lastIndexOf(' ');
  return `${(space > REASON_CHARS / 2 ? cut.slice(0, space) : cut).replace(/[\ud800-\udbff]$/, '')}${GAP}`;
}
