// Now: how the home stands and why, what runs, and what of the card is whose.
import type { CardView, PageView } from '../page-view.ts';
import { h } from './dom.ts';
import type { Child, Described } from './dom.ts';
import { button, figure, figures, hearth, notice, sheet, sheetWith, table } from './parts.ts';
import { badge, glowOf, sayIdle } from './standing.ts';
import { run, setUi, state } from './store.ts';

export function drawNow(): Child {
  const { view } = state;
  if (!view) return null;
  return [drawStanding(view), ...drawWarnings(view), drawToday(view), drawRunning(view), drawCards(view)];
}

function drawStanding(view: PageView): Described {
  const { words, format } = state;
  const { word, sinceAt, untilAt, problem, detail, also, pausesAfterJob } = view.standing;
  const told = words.states[word];
  const lines = [
    problem === null || word === 'idle' || word === 'busy' ? null : problem,
    detail,
    sayIdle(view),
    told?.action ?? null,
  ];
  return h(
    'section',
    { class: 'sheet standing', 'data-glow': glowOf(view) },
    hearth(glowOf(view)),
    h(
      'div',
      { class: 'says' },
      h(
        'div',
        { class: 'line' },
        badge(view),
        h(
          'span',
          { class: 'soft' },
          untilAt === null ? words.since(format.time(sinceAt)) : words.until(format.time(untilAt)),
        ),
      ),
      h('div', { role: 'status' }, h('h2', null, told?.told ?? word)),
      ...lines.map((line) => (line === null ? null : h('p', null, line))),
      also.length === 0
        ? null
        : h('p', { class: 'soft' }, words.now.also, ' ', also.map((one) => words.states[one]?.told ?? one).join(' ')),
      pausesAfterJob ? h('p', null, words.now.afterJob) : null,
    ),
    drawPause(view),
  );
}

/** 07:00 of the next morning. */
function nextMorning(): Date {
  const morning = new Date();
  morning.setHours(7, 0, 0, 0);
  if (morning.getTime() <= Date.now()) morning.setDate(morning.getDate() + 1);
  return morning;
}

function drawPause(view: PageView): Described {
  const { words, ui, busy, format } = state;
  const isPaused = view.standing.word === 'owner' || view.standing.also.includes('owner');
  if (isPaused || view.standing.pausesAfterJob)
    return h(
      'div',
      { class: 'pause' },
      button(words.now.resume, () => void run('resume', {}), { class: 'main', disabled: busy.has('resume') }),
    );
  const isOpen = ui['pause'] === 'open';
  const pause = (body: object): void => {
    setUi('pause', null);
    void run('pause', body);
  };
  const morning = nextMorning();
  const options: readonly (readonly [string, object])[] = [
    [words.now.pauseNow, {}],
    ...(view.running.length > 0 ? ([[words.now.pauseAfter, { when: 'after-job' }]] as const) : []),
    [words.now.pause30, { forMs: 1_800_000 }],
    [words.now.pause60, { forMs: 3_600_000 }],
    [words.now.pauseMorning(format.clock(morning.toISOString())), { untilAt: morning.toISOString() }],
  ];
  return h(
    'div',
    { class: 'pause', on: { keydown: closeOnEscape, focusout: closeOnLeave } },
    button(words.now.pause, () => setUi('pause', isOpen ? null : 'open'), {
      class: 'main',
      id: 'pause',
      'aria-expanded': String(isOpen),
      'aria-controls': 'pauses',
      disabled: busy.has('pause'),
    }),
    isOpen
      ? h(
          'div',
          { class: 'menu', id: 'pauses' },
          ...options.map(([label, body]) => button(label, () => pause(body), { key: label })),
          h('p', { class: 'soft' }, words.now.pauseHint),
        )
      : null,
  );
}

function closeOnEscape(event: Event): void {
  if ((event as KeyboardEvent).key !== 'Escape') return;
  setUi('pause', null);
  document.getElementById('pause')?.focus();
}

function closeOnLeave(event: Event): void {
  const { relatedTarget } = event as FocusEvent;
  const isInside = relatedTarget instanceof Node && (event.currentTarget as Node).contains(relatedTarget);
  if (!isInside && relatedTarget !== null) setUi('pause', null);
}

function drawWarnings({ warnings }: PageView): Child[] {
  const { words } = state;
  return warnings.map(({ code, count, told }) => {
    const said = {
      evidence: () => words.warnings.evidence(count ?? 0),
      unpaid: () => words.warnings.unpaid(count ?? 0),
      restored: () => words.warnings.restored(told ?? ''),
      clock: () => words.warnings.clock(told ?? ''),
      'last-failure': () => words.warnings.failure(told ?? ''),
      outbox: () => told ?? '',
    }[code]();
    return notice(code === 'evidence' ? 'bad' : 'warn', h('p', null, said));
  });
}

function drawToday({ today, power }: PageView): Described {
  const { words, format } = state;
  const energy = power?.todayWh ?? null;
  const idle = power?.idleTodayWh ?? null;
  return sheet(
    words.now.today,
    figures(
      figure(words.now.earned, format.credits(today.earnedMicro), words.credits),
      figure(words.now.jobs, format.number(today.jobs)),
      figure(words.now.tokens, format.number(today.promptTokens + today.outputTokens)),
      figure(words.now.energy, energy === null ? words.unknown : format.energy(energy), [
        words.now.method[power?.method ?? 'unknown'] ?? power?.method,
        idle === null ? null : ` · ${words.now.idleToday(format.energy(idle))}`,
      ]),
    ),
  );
}

function drawRunning(view: PageView): Described {
  const { words, format } = state;
  const rows = view.running.map(({ model, outputTokens, startedAt, tokensPerS }) => [
    model,
    format.number(outputTokens),
    format.duration(Math.max(0, new Date(view.at).getTime() - new Date(startedAt).getTime())),
    tokensPerS === null ? '–' : words.now.perSecond(format.short(tokensPerS)),
  ]);
  const columns = [
    { name: words.now.model },
    { name: words.now.tokens, is: 'number' },
    { name: words.now.started, is: 'number' },
    { name: words.now.speed, is: 'number' },
  ] as const;
  const beside = h('span', { class: 'soft' }, words.now.slots(view.running.length, view.slots));
  return sheetWith(
    { title: words.now.running, beside },
    rows.length === 0 ? h('p', null, words.now.nothingRuns) : table(words.now.running, columns, rows),
    h('p', { class: 'soft foot' }, words.now.noText),
  );
}

function drawCards(view: PageView): Child {
  const { words } = state;
  const machine = sayMachine(view);
  if (view.cards.length === 0) return sheet(words.now.card, h('p', { class: 'soft' }, words.now.noCard), machine);
  const last = view.cards.length - 1;
  return view.cards.map((card, i) => drawCard(card, i === last ? machine : null));
}

function sayMachine({ power }: PageView): Child {
  const { words, format } = state;
  if (power === null || power.watts === null) return null;
  const parts = [
    `${words.now.machinePower}${words.colon}${format.watts(power.watts)}`,
    ...(power.idleW === null ? [] : [words.now.idlePower(format.watts(power.idleW))]),
    words.now.method[power.method] ?? power.method,
  ];
  return h('p', { class: 'soft foot' }, parts.join(' · '));
}

const KINDS = ['yours', 'ours', 'reserved', 'free'] as const;

function drawCard(card: CardView, machine: Child): Described {
  const { words, format } = state;
  const { totalBytes: total, oursBytes, othersBytes, reservedBytes } = card;
  const reserved = reservedBytes ?? 0;
  const used = (oursBytes ?? 0) + (othersBytes ?? 0);
  const parts = {
    yours: othersBytes ?? 0,
    ours: oursBytes ?? 0,
    reserved: Math.min(reserved, Math.max(0, (total ?? 0) - used)),
    free: 0,
  };
  parts.free = Math.max(0, (total ?? 0) - used - parts.reserved);
  const shown = KINDS.filter((kind) => parts[kind] > 0);
  const facts: readonly (readonly [string, string | null])[] = [
    [words.now.busy, card.utilisation === null ? null : format.share(card.utilisation)],
    [words.now.temperature, card.temperatureC === null ? null : format.degrees(card.temperatureC)],
    [words.now.power, card.powerW === null ? null : format.watts(card.powerW)],
    [words.now.fan, card.fan === null ? null : format.share(card.fan)],
  ];
  const label = shown.map((kind) => `${words.now[kind]} ${format.bytes(parts[kind])}`).join(', ');
  return sheetWith(
    {
      title: card.name,
      beside: total === null ? null : h('span', { class: 'soft' }, `${words.now.memory} ${format.bytes(total)}`),
    },
    total === null
      ? null
      : h(
          'div',
          { class: 'bar', role: 'img', 'aria-label': label },
          ...shown.map((kind) =>
            h('i', { key: kind, 'data-kind': kind, style: { 'flex-grow': String(parts[kind] / total) } }),
          ),
        ),
    total === null
      ? null
      : h(
          'ul',
          { class: 'legend' },
          ...shown.map((kind) =>
            h('li', { 'data-kind': kind }, words.now[kind], ' ', h('b', null, format.bytes(parts[kind]))),
          ),
        ),
    figures(...facts.map(([name, value]) => figure(name, value ?? words.unknown))),
    machine,
  );
}
