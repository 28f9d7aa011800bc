// What the page knows now, and the one way to change it: whoever changes something has it drawn.
import type {
  ActionView,
  DoctorView,
  EarningsView,
  ForecastView,
  HomesView,
  LogsView,
  PageView,
  VerifyView,
  WhyView,
} from '../page-view.ts';
import { act, ask, NotDone } from './client.ts';
import { LANGUAGES, makeFormat } from './format.ts';
import type { Format, Language } from './format.ts';
import { EN } from './words-en.ts';
import type { Words } from './words.ts';
import { JA } from './words-ja.ts';

export const SCREENS = ['now', 'earned', 'quiet', 'models', 'rules', 'machine'] as const;
export type Screen = (typeof SCREENS)[number];

/** What a screen asked for: there, not yet, or not to be had. */
export interface Fetched<T> {
  readonly value: T | null;
  /** A sentence; '' where the agent did not answer; null for no fault. */
  readonly fault: string | null;
  readonly isAsking: boolean;
}

interface Asked {
  readonly earnings: EarningsView;
  readonly why: WhyView;
  readonly forecast: ForecastView;
  readonly homes: HomesView;
  readonly doctor: DoctorView;
  readonly logs: LogsView;
}
export type AskedName = keyof Asked;

export interface State {
  screen: Screen;
  language: Language;
  words: Words;
  format: Format;
  view: PageView | null;
  /** Since when the agent gives no answer; null while it does. */
  awaySince: string | null;
  isLocked: boolean;
  asked: { [N in AskedName]: Fetched<Asked[N]> };
  /** What an action said, on the screen where it was taken. */
  told: { readonly kind: 'good' | 'bad'; readonly text: string } | null;
  /** Actions that are under way. */
  busy: ReadonlySet<string>;
  /** Receipts that were checked, by their job. */
  verified: ReadonlyMap<string, Fetched<VerifyView>>;
  /** What is chosen or open on single screens, by its name. */
  ui: Readonly<Record<string, string>>;
}

const LANGUAGE_NAME = 'irori-page-language';
const UNASKED = { value: null, fault: null, isAsking: false } as const;

function chooseLanguage(): Language {
  const kept = localStorage.getItem(LANGUAGE_NAME) ?? navigator.language;
  return LANGUAGES.find((one) => kept.startsWith(one)) ?? 'en';
}

function wordsOf(language: Language): Words {
  return language === 'ja' ? JA : EN;
}

const first = chooseLanguage();

export const state: State = {
  screen: 'now',
  language: first,
  words: wordsOf(first),
  format: makeFormat(first),
  view: null,
  awaySince: null,
  isLocked: false,
  asked: { earnings: UNASKED, why: UNASKED, forecast: UNASKED, homes: UNASKED, doctor: UNASKED, logs: UNASKED },
  told: null,
  busy: new Set(),
  verified: new Map(),
  ui: {},
};

let drawAll = (): void => undefined;
let isDrawing = false;

export function onChange(drawn: () => void): void {
  drawAll = drawn;
}

/** Drawn once for everything that changes in one turn. */
export function change(changes: Partial<State>): void {
  Object.assign(state, changes);
  if (isDrawing) return;
  isDrawing = true;
  requestAnimationFrame(() => {
    isDrawing = false;
    drawAll();
  });
}

export function setUi(name: string, value: string | null): void {
  const { [name]: _, ...others } = state.ui;
  change({ ui: value === null ? others : { ...others, [name]: value } });
}

export function speak(language: Language): void {
  localStorage.setItem(LANGUAGE_NAME, language);
  document.documentElement.lang = language;
  // What was told by the agent was told in the language before.
  change({ language, words: wordsOf(language), format: makeFormat(language), verified: new Map() });
}

const PATHS: Readonly<Record<AskedName, string>> = {
  earnings: '/api/earnings?days=30',
  why: '/api/why',
  forecast: '/api/forecast',
  homes: '/api/homes',
  doctor: '/api/doctor',
  logs: '/api/logs',
};

/** Asks the agent for what a screen shows; what was there stays until the answer comes. */
export async function load<N extends AskedName>(name: N): Promise<void> {
  const note = (next: Partial<Fetched<Asked[N]>>): void =>
    change({ asked: { ...state.asked, [name]: { ...state.asked[name], ...next } } });
  note({ isAsking: true });
  try {
    note({ value: await ask<Asked[N]>(PATHS[name]), fault: null, isAsking: false });
  } catch (error) {
    note({ fault: sayFault(error), isAsking: false });
  }
}

/** The newest view; what stood before stays where it does not come. */
export async function look(): Promise<void> {
  try {
    const view = await ask<PageView>('/api/view');
    change({ view, awaySince: null, isLocked: false });
  } catch (error) {
    const awaySince = state.awaySince ?? state.view?.at ?? new Date().toISOString();
    change(error instanceof NotDone && error.isLocked ? { isLocked: true } : { awaySince });
  }
}

/** Does something, tells what came of it, and looks anew. Null where it was not done. `as`: what is busy meanwhile; `lost`: told where no answer came. */
export async function run(
  name: string,
  body: object,
  { as = name, good = '', lost = '' } = {},
): Promise<ActionView | null> {
  change({ busy: new Set([...state.busy, as]), told: null });
  const left = (): ReadonlySet<string> => new Set([...state.busy].filter((one) => one !== as));
  try {
    const done = await act(name, body);
    const text = done.told ?? good;
    change({ busy: left(), told: text === '' ? null : { kind: 'good', text } });
    await look();
    return done;
  } catch (error) {
    const fault = sayFault(error);
    const text = fault === '' && lost !== '' ? lost : state.words.failed(fault);
    change({ busy: left(), told: { kind: 'bad', text } });
    return null;
  }
}

export function sayFault(error: unknown): string {
  if (!(error instanceof NotDone)) return String(error);
  if (error.isLocked) change({ isLocked: true });
  return error.message;
}
