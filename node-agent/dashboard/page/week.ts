// The week in half hours: drawn with the pointer or with the keyboard, and saved as a whole. On a narrow screen the days stand beside one another.
import { h } from './dom.ts';
import type { Described } from './dom.ts';
import { button, choice, sheetWith } from './parts.ts';
import { run, setUi, state } from './store.ts';

const HALVES = 48;
const DAYS = 7;
const LEVELS = ['0', '1', '2'] as const;
type Level = (typeof LEVELS)[number];
const NARROW = '(max-width: 719px)';

/** What is drawn and not saved yet. */
let draft: readonly string[] | null = null;
let focus = { day: 0, half: 0 };
let isDrawing = false;

/** `saved`: seven days, Monday first, of 48 digits. */
export function drawWeek(saved: readonly string[]): Described {
  const { words, ui, busy } = state;
  const week = draft ?? saved;
  const level = LEVELS.find((one) => one === ui['level']) ?? '2';
  const isChanged = draft !== null && draft.join() !== saved.join();
  const save = async (): Promise<void> => {
    const done = await run('rules', { week }, { as: 'week' });
    if (done) change(null);
  };
  return sheetWith(
    { title: words.rules.hours, sub: words.rules.hoursHint },
    h(
      'div',
      { class: 'tools' },
      choice(
        {
          name: 'level',
          label: words.rules.level,
          options: LEVELS.map((one, i) => [
            one,
            [h('i', { class: 'swatch', 'data-level': one }), words.rules.levels[i] ?? one],
          ]),
          chosen: level,
        },
        (value) => setUi('level', value),
      ),
      h(
        'div',
        { class: 'pair', role: 'group', 'aria-label': words.rules.presets },
        button(words.rules.always, () => change(makeWeek(() => '2')), { class: 'quiet' }),
        button(words.rules.nights, () => change(makeWeek((_, hour) => (hour >= 23 || hour < 7 ? '2' : '0'))), {
          class: 'quiet',
        }),
        button(
          words.rules.notWork,
          () => change(makeWeek((day, hour) => (day < 5 && hour >= 9 && hour < 18 ? '0' : '2'))),
          { class: 'quiet' },
        ),
      ),
    ),
    drawGrid(week, saved, level),
    isChanged
      ? h(
          'div',
          { class: 'pair' },
          button(words.rules.save, () => void save(), { class: 'main', disabled: busy.has('week') }),
          button(words.rules.discard, () => change(null), { class: 'quiet' }),
        )
      : null,
  );
}

function makeWeek(choose: (day: number, hour: number) => Level): string[] {
  return Array.from({ length: DAYS }, (_, day) =>
    Array.from({ length: HALVES }, (_, half) => choose(day, half / 2)).join(''),
  );
}

function change(week: readonly string[] | null): void {
  draft = week;
  setUi('week', String(performance.now()));
}

function paint(saved: readonly string[], { day, half }: { day: number; half: number }, level: Level): void {
  const week = draft ?? saved;
  const row = week[day];
  if (row === undefined || row[half] === level) return;
  change(week.with(day, `${row.slice(0, half)}${level}${row.slice(half + 1)}`));
}

function drawGrid(week: readonly string[], saved: readonly string[], level: Level): Described {
  const { words } = state;
  return h(
    'div',
    {
      class: 'week',
      role: 'grid',
      'aria-label': words.rules.hours,
      on: {
        keydown: (event) => press(event as KeyboardEvent, saved, level),
        pointerdown: (event) => {
          // A finger may be about to scroll: what it taps is drawn when it has tapped.
          isDrawing = (event as PointerEvent).pointerType !== 'touch';
          if (isDrawing) point(event, saved, level);
        },
        click: (event) => point(event, saved, level),
        pointerover: (event) => isDrawing && (event as PointerEvent).buttons > 0 && point(event, saved, level),
        pointerup: () => (isDrawing = false),
        focusin: (event) => {
          focus = placeOf(event.target) ?? focus;
        },
      },
    },
    ...Array.from({ length: 24 }, (_, hour) =>
      h(
        'span',
        { class: 'hour', 'aria-hidden': 'true', style: { '--half': String(hour * 2) } },
        hour % 3 === 0 ? String(hour) : '',
      ),
    ),
    ...week.map((row, day) =>
      h(
        'div',
        { class: 'days', role: 'row', key: String(day) },
        drawDayName(day, saved, level),
        ...Array.from(row, (value, half) => drawCell({ day, half, value })),
      ),
    ),
  );
}

/** The whole day at once, for who draws with a finger. */
function drawDayName(day: number, saved: readonly string[], level: Level): Described {
  const { words } = state;
  const label = words.rules.paintDay(words.rules.days[day] ?? '', words.rules.levels[Number(level)] ?? '');
  const paintDay = (): void => change((draft ?? saved).with(day, level.repeat(HALVES)));
  return h(
    'span',
    { class: 'dayname', role: 'rowheader', style: { '--day': String(day) } },
    button(words.rules.daysShort[day], paintDay, { title: label }),
  );
}

function drawCell({ day, half, value }: { day: number; half: number; value: string }): Described {
  const { words } = state;
  const isFocus = focus.day === day && focus.half === half;
  const label = words.rules.cell(words.rules.days[day] ?? '', clockOf(half), words.rules.levels[Number(value)] ?? '');
  return h('button', {
    type: 'button',
    role: 'gridcell',
    class: 'cell',
    'data-level': value,
    'data-day': day,
    'data-half': half,
    tabindex: isFocus ? '0' : '-1',
    'aria-label': label,
    title: label,
    style: { '--day': String(day), '--half': String(half) },
  });
}

function clockOf(half: number): string {
  return `${String(Math.floor(half / 2)).padStart(2, '0')}:${half % 2 === 0 ? '00' : '30'}`;
}

function placeOf(target: EventTarget | null): { day: number; half: number } | null {
  if (!(target instanceof HTMLElement) || target.dataset['half'] === undefined) return null;
  return { day: Number(target.dataset['day']), half: Number(target.dataset['half']) };
}

function point(event: Event, saved: readonly string[], level: Level): void {
  const place = placeOf(event.target);
  if (!place) return;
  // Else the first cell keeps the pointer, and no other hears of it.
  if (
    event.target instanceof HTMLElement &&
    event instanceof PointerEvent &&
    event.target.hasPointerCapture(event.pointerId)
  )
    event.target.releasePointerCapture(event.pointerId);
  paint(saved, place, level);
}

/** Right and left are later and earlier where the hours run across; up and down where they run down. */
const MOVES: Readonly<Record<string, readonly [days: number, halves: number]>> = {
  ArrowRight: [0, 1],
  ArrowLeft: [0, -1],
  ArrowDown: [1, 0],
  ArrowUp: [-1, 0],
  Home: [0, -HALVES],
  End: [0, HALVES],
};

function press(event: KeyboardEvent, saved: readonly string[], level: Level): void {
  const move = MOVES[event.key];
  const wanted = event.key === ' ' || event.key === 'Enter' ? level : LEVELS[Number(event.key) - 1];
  if (move) {
    const isNarrow = matchMedia(NARROW).matches && event.key.startsWith('Arrow');
    const [days, halves] = isNarrow ? [move[1], move[0]] : move;
    const before = { ...focus };
    focus = { day: clamp(focus.day + days, DAYS), half: clamp(focus.half + halves, HALVES) };
    event.preventDefault();
    if (event.shiftKey) for (const place of [before, focus]) paint(saved, place, level);
    (event.currentTarget as HTMLElement)
      .querySelector<HTMLElement>(`[data-day="${focus.day}"][data-half="${focus.half}"]`)
      ?.focus();
    setUi('week', String(performance.now()));
    return;
  }
  if (wanted === undefined || event.key === '0') return;
  event.preventDefault();
  paint(saved, focus, wanted);
}

function clamp(value: number, count: number): number {
  return Math.min(count - 1, Math.max(0, value));
}
