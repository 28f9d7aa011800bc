// Machine: its name and facts, all machines of the account, the doctor, the log, updates, and how to leave.
import type { DoctorView, HomesView, LogsView, PageView } from '../page-view.ts';
import { h } from './dom.ts';
import type { Child, Described } from './dom.ts';
import { button, notice, sheetWith, shown } from './parts.ts';
import { pick } from './pick.ts';
import { kindOf, nameModels } from './standing.ts';
import { load, run, setUi, state } from './store.ts';

export function drawMachine(): Child {
  const { view } = state;
  if (!view) return null;
  return [drawFacts(view), drawHomes(), drawDoctor(), drawTest(), drawLogs(), drawUpdate(view), drawLeave()];
}

function drawFacts({ home }: PageView): Described {
  const { words, format, ui, busy } = state;
  const { machine } = words;
  const facts: readonly (readonly [string, string | null])[] = [
    [machine.system, home.platform],
    [machine.version, home.version],
    [machine.up, format.moment(home.startedAt)],
    [machine.resident, format.bytes(home.residentBytes)],
    [machine.router, home.router],
    [machine.hub, home.hub],
    [machine.node, home.node],
    [machine.address, home.address],
  ];
  const name = ui['name'] ?? home.name ?? '';
  const rename = (event: Event): void => {
    event.preventDefault();
    void run('name', { name: name.trim() }).then((done) => done && setUi('name', null));
  };
  return sheetWith(
    { title: machine.facts },
    h(
      'form',
      { class: 'fields', on: { submit: rename } },
      h(
        'label',
        { class: 'field grow' },
        h('span', null, machine.name),
        h('input', {
          type: 'text',
          maxlength: '60',
          autocomplete: 'off',
          value: name,
          on: { input: (event) => setUi('name', (event.target as HTMLInputElement).value) },
        }),
      ),
      h(
        'button',
        { type: 'submit', disabled: name.trim() === '' || name.trim() === home.name || busy.has('name') },
        machine.rename,
      ),
    ),
    h(
      'dl',
      { class: 'facts' },
      ...facts.flatMap(([label, text]) => [h('dt', null, label), h('dd', null, text ?? words.unknown)]),
    ),
  );
}

function drawHomes(): Described {
  const { words, asked } = state;
  return sheetWith(
    { title: words.machine.homes, sub: words.machine.homesSub },
    shown(asked.homes, listHomes, () => void load('homes')),
  );
}

function listHomes({ homes, problem }: HomesView): Child {
  const { words, format } = state;
  const { machine } = words;
  if (problem !== null) return notice('warn', h('p', null, problem));
  return h(
    'ul',
    { class: 'rows' },
    ...homes.map((home) => {
      const told =
        home.word === null
          ? undefined
          : (pick(words.states, home.word)?.told ?? pick(words.quiet.reasons, home.word)?.[0]);
      const seen = home.lastSeenAt === null ? machine.offline : machine.lastSeen(format.time(home.lastSeenAt));
      return h(
        'li',
        { key: home.id },
        h(
          'div',
          { class: 'row' },
          h('i', { class: 'dot', 'data-kind': kindOf(home.isOnline, home.word), 'aria-hidden': 'true' }),
          h(
            'span',
            { class: 'name grow' },
            home.name ?? home.id,
            home.isThis ? h('small', { class: 'soft' }, ` ${machine.thisOne}`) : null,
          ),
          h('span', { class: 'soft' }, home.isOnline ? machine.online : seen),
          home.earned30Micro === null
            ? null
            : h(
                'span',
                { class: 'number' },
                h('small', { class: 'soft' }, `${machine.earned30} `),
                h('b', null, format.credits(home.earned30Micro)),
              ),
        ),
        home.isOnline ? h('p', null, [told, home.detail].filter((one) => one).join(' ')) : null,
        h('p', { class: 'soft' }, listFacts(home).join(' · ')),
      );
    }),
  );
}

/** Of one of several machines, in a line. */
function listFacts(home: HomesView['homes'][number]): string[] {
  const { words, format } = state;
  const { machine, now } = words;
  const { models, slots, running, jobsToday, earnedTodayMicro, version } = home;
  return [
    ...(models.length === 0 ? [] : [nameModels(models)]),
    ...(slots === null ? [] : [now.slots(running ?? 0, slots)]),
    ...(jobsToday === null ? [] : [`${machine.jobsToday}${words.colon}${format.number(jobsToday)}`]),
    ...(earnedTodayMicro === null ? [] : [`${machine.earnedToday}${words.colon}${format.credits(earnedTodayMicro)}`]),
    ...(version === null ? [] : [version]),
  ];
}

function drawDoctor(): Described {
  const { words, asked, ui } = state;
  const { machine } = words;
  const examine = (): void => {
    setUi('doctor', 'open');
    void load('doctor');
  };
  return sheetWith(
    {
      title: machine.doctor,
      sub: machine.doctorSub,
      beside: button(machine.runDoctor, examine, { disabled: asked.doctor.isAsking }),
    },
    ui['doctor'] === 'open' ? shown(asked.doctor, listChecks, examine) : null,
  );
}

function listChecks({ checks }: DoctorView): Child {
  const { words } = state;
  const marks = {
    good: ['✓', words.machine.passes],
    note: ['!', words.machine.notes],
    bad: ['✕', words.machine.fails],
    skipped: ['–', words.unknown],
  } as const;
  return h(
    'ul',
    { class: 'checks', role: 'list' },
    ...checks.map(({ name, outcome, told, remedy }) => {
      const [mark, said] = marks[outcome];
      return h(
        'li',
        { key: name, 'data-outcome': outcome },
        h('span', { class: 'mark', role: 'img', 'aria-label': said }, mark),
        h(
          'div',
          null,
          h('b', null, name),
          ' ',
          told,
          remedy === null ? null : h('p', { class: 'soft' }, `${words.quiet.next} ${remedy}`),
        ),
      );
    }),
  );
}

function drawTest(): Described {
  const { words, busy } = state;
  const { machine } = words;
  return sheetWith({
    title: machine.test,
    sub: machine.testSub,
    beside: button(machine.runTest, () => void run('test', {}), { disabled: busy.has('test') }),
  });
}

function drawLogs(): Described {
  const { words, asked, ui } = state;
  const { machine } = words;
  const show = (): void => {
    setUi('logs', 'open');
    void load('logs');
  };
  return sheetWith(
    {
      title: machine.logs,
      sub: machine.logsSub,
      beside: button(machine.showLogs, show, { disabled: asked.logs.isAsking }),
    },
    ui['logs'] === 'open' ? shown(asked.logs, listLines, show) : null,
  );
}

function listLines({ lines }: LogsView): Child {
  const { words, format } = state;
  if (lines.length === 0) return h('p', { class: 'soft' }, words.nothing);
  return h(
    'ol',
    { class: 'log', tabindex: '0', 'aria-label': words.machine.logs },
    ...lines.map(({ at, level, text }) =>
      h('li', { 'data-level': level }, h('time', { datetime: at }, format.moment(at)), ' ', text),
    ),
  );
}

function drawUpdate({ home }: PageView): Described {
  const { words, busy } = state;
  const { machine } = words;
  const isBusy = busy.has('update');
  return sheetWith({
    title: machine.update,
    sub: `${machine.version} ${home.version}`,
    beside: h(
      'span',
      { class: 'pair' },
      button(machine.lookForUpdate, () => void run('update', { install: false }), { disabled: isBusy }),
      button(machine.runUpdate, () => void run('update', { install: true }), { disabled: isBusy }),
    ),
  });
}

/** Asked twice: the agent gives a word with the first answer, and wants it back. */
function drawLeave(): Described {
  const { words, ui, busy } = state;
  const { machine } = words;
  const confirm = ui['leave'];
  const askFirst = async (): Promise<void> => {
    const answer = await run('leave', {});
    if (answer?.confirm) setUi('leave', answer.confirm);
  };
  const leave = async (): Promise<void> => {
    setUi('leave', null);
    await run('leave', { confirm }, { good: machine.left, lost: machine.leaving });
  };
  return sheetWith(
    {
      title: machine.leave,
      sub: machine.leaveSub,
      beside:
        confirm === undefined
          ? button(machine.leave, () => void askFirst(), { class: 'quiet bad', disabled: busy.has('leave') })
          : null,
    },
    confirm === undefined
      ? null
      : notice(
          'bad',
          h('p', { role: 'alert' }, machine.leaveAsk),
          h(
            'div',
            { class: 'pair' },
            button(machine.leaveNo, () => setUi('leave', null), {
              class: 'quiet',
              made: (element: HTMLElement) => queueMicrotask(() => element.focus()),
            }),
            button(machine.leaveYes, () => void leave(), { class: 'bad' }),
          ),
        ),
  );
}
