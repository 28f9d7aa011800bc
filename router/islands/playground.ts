// The playground: streams an answer into the page, and tells which home gave it, how soon, how fast, for what and with how much energy; then has its receipt
// checked here. Without this script the form answers whole.
import { tellHomeReasonJa } from '../../schema/home-reasons.ts';
import { codedText } from '../verify-page/coded-text.ts';
import type { Checked, checkReceipts } from './verify.ts';

interface Chunk {
  readonly choices?: readonly {
    readonly delta?: { readonly content?: string | null; readonly reasoning_content?: string | null };
    readonly finish_reason?: string | null;
  }[];
  readonly error?: Fault;
  readonly irori?: Facts;
}

interface Fault {
  readonly message?: string;
  readonly code?: string;
  readonly param?: string | null;
}

/** What the API said, with its code. */
class Refused extends Error {
  readonly fault: Fault;

  constructor(fault: Fault) {
    super(fault.message ?? '');
    this.fault = fault;
  }
}

interface Facts {
  readonly job: string;
  readonly node: string;
  readonly country: string | null;
  readonly reason: string | null;
  readonly distance_km: number | null;
  readonly output_tokens?: number;
  readonly charge_micro?: number;
  readonly energy?: { readonly wh: number | null; readonly wh_90?: readonly [number, number] | null };
}

/** Words and names of the reader's language, which the page has put there. */
type Words = Readonly<Record<string, string>>;

/** Longer texts are no figures. */
const LONG = 22;
/** What came all at once, ms, tells nothing of how fast it was made. */
const LEAST_MS = 50;
/** Why a question ends that another takes the place of: it says nothing any more. */
const NEXT = 'next';

const form = document.querySelector<HTMLFormElement>('form#play');
if (form) start(form);

function start(form: HTMLFormElement): void {
  const words = JSON.parse(form.dataset['words'] ?? '{}') as Words;
  const answer = find('answer');
  const facts = find('facts');
  const status = find('play-status');
  const stop = find<HTMLButtonElement>('stop');
  let running: AbortController | null = null;
  const settle = (): void => {
    // Whoever goes by the keyboard is not left nowhere.
    if (document.activeElement === stop) form.querySelector<HTMLElement>('button:not([type=button])')?.focus();
    stop.hidden = true;
  };
  stop.addEventListener('click', () => running?.abort());
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    running?.abort(NEXT);
    const controller = (running = new AbortController());
    answer.textContent = '';
    facts.replaceChildren();
    find('answer-sheet').hidden = false;
    stop.hidden = false;
    status.textContent = words['asking'] ?? '';
    const { signal } = controller;
    void ask(form, { words, answer, facts, status, signal, settle: () => running === controller && settle() });
  });
}

interface Play {
  readonly words: Words;
  readonly answer: HTMLElement;
  readonly facts: HTMLElement;
  readonly status: HTMLElement;
  readonly signal: AbortSignal;
  /** Called when nothing is left to stop. */
  readonly settle: () => void;
}

async function ask(form: HTMLFormElement, play: Play): Promise<void> {
  const { words, status, signal } = play;
  const fields = new FormData(form);
  const body = {
    model: fields.get('model'),
    stream: true,
    messages: [{ role: 'user', content: fields.get('prompt') }],
    max_tokens: Number(fields.get('max_tokens')) || undefined,
  };
  const begun = performance.now();
  try {
    const response = await fetch('/console/api/v1/chat/completions', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-irori-csrf': form.dataset['csrf'] ?? '' },
      body: JSON.stringify(body),
      signal,
    });
    if (!response.ok || !response.body) throw await readFault(response);
    const { facts, finish } = await readStream(response.body, play, begun);
    status.textContent = words[finish === 'length' ? 'cut' : 'done'] ?? '';
    play.settle();
    if (facts) await checkReceipt(form, facts.job, play);
  } catch (error) {
    if (signal.reason === NEXT) return;
    if (signal.aborted) status.textContent = words['stopped'] ?? '';
    else fail(form, play, error);
    play.settle();
  }
}

/** In the reader's language where there is a sentence, with the API's own below it. What the browser says of a broken line is in no language of the page. */
function fail(form: HTMLFormElement, { words, status, answer }: Play, error: unknown): void {
  const refusals = JSON.parse(form.dataset['refusals'] ?? '{}') as Words;
  const { message = '', code = '', param } = error instanceof Refused ? error.fault : {};
  const known = error instanceof Refused ? (words[`${code}:${param ?? ''}`] ?? refusals[code]) : words['broken'];
  status.textContent = `${words['failed'] ?? ''} ${known ?? message}`;
  find('answer-sheet').hidden = answer.textContent === '';
  if (known === undefined || message === '' || message === known) return;
  const english = document.createElement('small');
  english.lang = 'en';
  english.textContent = message;
  status.append(' ', english);
}

async function readFault(response: Response): Promise<Refused> {
  const told = (await response.json().catch(() => null)) as { error?: Fault } | null;
  return new Refused(told?.error ?? { message: `${response.status}` });
}

interface Told {
  /** Of the last chunk; null where none came. */
  readonly facts: Facts | null;
  /** Why it ended. */
  readonly finish: string | null;
}

/** Throws what an event of the answer refuses with, and where the line broke before its end. */
async function readStream(stream: ReadableStream<Uint8Array>, play: Play, begun: number): Promise<Told> {
  const reader = stream.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader();
  let [rest, first, facts, finish]: [string, number | null, Facts | null, string | null] = ['', null, null, null];
  let isWhole = false;
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    const lines = (rest + piece.value).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line === 'data: [DONE]') isWhole = true;
      if (!line.startsWith('data: ') || isWhole) continue;
      const chunk = JSON.parse(line.slice(6)) as Chunk;
      if (chunk.error) {
        void reader.cancel();
        throw new Refused(chunk.error);
      }
      const choice = chunk.choices?.[0];
      const { content, reasoning_content: thinking } = choice?.delta ?? {};
      if (content || thinking) {
        first ??= performance.now();
        tellOnce(play.status, play.words[content ? 'coming' : 'thinking'] ?? '');
      }
      play.answer.append(content ?? '');
      finish = choice?.finish_reason ?? finish;
      facts = chunk.irori ?? facts;
    }
  }
  if (!isWhole) throw new Error('cut');
  if (facts)
    tellFacts(facts, play, { first: (first ?? performance.now()) - begun, all: performance.now() - (first ?? begun) });
  return { facts, finish };
}

/** Who hears the page hears it once, and not with each word. */
function tellOnce(status: HTMLElement, told: string): void {
  if (status.textContent !== told) status.textContent = told;
}

function tellFacts(
  facts: Facts,
  { words, facts: list }: Play,
  took: { readonly first: number; readonly all: number },
): void {
  const write = new Intl.NumberFormat(document.documentElement.lang, { maximumSignificantDigits: 3 });
  const money = new Intl.NumberFormat(document.documentElement.lang, {
    minimumFractionDigits: 2,
    maximumFractionDigits: 6,
  });
  const names = new Intl.DisplayNames(document.documentElement.lang, { type: 'region' });
  const tokens = facts.output_tokens ?? 0;
  const { energy } = facts;
  const span = energy?.wh_90 ? ` (${energy.wh_90.map((wh) => write.format(wh)).join(' – ')})` : '';
  const rows: (readonly [string, string])[] = [
    ['home', facts.node],
    ['country', facts.country === null ? '–' : (names.of(facts.country) ?? facts.country)],
    ['distance', facts.distance_km === null ? '–' : `${write.format(facts.distance_km)} km`],
    ['first', `${Math.round(took.first)} ms`],
    ['speed', took.all < LEAST_MS ? '–' : `${write.format(tokens / (took.all / 1000))} ${words['tokensPerS'] ?? ''}`],
    ['tokens', write.format(tokens)],
    ['cost', `${money.format((facts.charge_micro ?? 0) / 1e6)} ${words['credits'] ?? ''}`],
    ['energy', energy?.wh == null ? '–' : `${write.format(energy.wh)} Wh${span}`],
    ['why', tellReason(facts.reason)],
  ];
  list.replaceChildren(...rows.map(([name, text]) => makeFact(words[name] ?? name, text)));
}

function tellReason(reason: string | null): string {
  if (reason === null) return '–';
  return (document.documentElement.lang === 'ja' && tellHomeReasonJa(reason)) || reason;
}

function makeFact(name: string, text: string): HTMLElement {
  const row = document.createElement('div');
  const [term, value] = [document.createElement('dt'), document.createElement('dd')];
  term.textContent = name;
  value.append(...codedText(text));
  if (text.length > LONG) value.className = 'long';
  row.append(term, value);
  return row;
}

async function checkReceipt(form: HTMLFormElement, job: string, { words, facts, signal }: Play): Promise<void> {
  const checked = await readReceipt(form, job, signal).catch(() => null);
  // The answer stands, whatever became of this.
  if (signal.aborted) return;
  if (!checked) return facts.append(makeFact(words['receipt'] ?? '', words['unchecked'] ?? ''));
  const { isValid, facts: found } = checked;
  const row = makeFact(words['receipt'] ?? '', (isValid ? words['valid'] : words['notValid']) ?? '');
  const details = document.createElement('details');
  const summary = document.createElement('summary');
  summary.textContent = words['checks'] ?? '';
  const list = document.createElement('dl');
  list.className = 'checks';
  list.append(...found.map(([name, told]) => makeFact(name, told)));
  details.append(summary, list);
  const told = row.querySelector('dd');
  if (told) told.className = 'long';
  told?.append(details);
  facts.append(row);
}

async function readReceipt(form: HTMLFormElement, job: string, signal: AbortSignal): Promise<Checked> {
  const response = await fetch(`/console/api/v1/receipts/${job}`, { signal });
  if (!response.ok) throw await readFault(response);
  const text = await response.text();
  const { checkReceipts: check } = (await import(form.dataset['verify'] ?? '')) as {
    readonly checkReceipts: typeof checkReceipts;
  };
  return check(text, document.documentElement.lang);
}

function find<T extends HTMLElement = HTMLElement>(id: string): T {
  const element = document.getElementById(id);
  if (!element) throw new Error(id);
  return element as T;
}
