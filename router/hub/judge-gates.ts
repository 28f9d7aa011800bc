// "Would you choose me now?": every gate that a placement looks at, in its order, as an owner reads it. What passes was judged by the rules that choose
// (homes/examine-home.ts, hub/exam-desk.ts); here it is put into words. Pure.
import type { PauseReason } from '../../schema/frames-to-hub.ts';
import { NO_WISH } from '../../schema/placement.ts';
import { STATE_WORDS } from '../../schema/state-words.ts';
import { PASSED } from '../homes/explain-idle.ts';
import type { NodeWhy } from '../homes/make-why.ts';
import type { ExamFacts, HeldBack, ModelExam } from './exam-desk.ts';

export interface Gate {
  readonly gate: string;
  readonly passes: boolean;
  /** A sentence or two for its owner. */
  readonly told: string;
  /** What to do; null where it passes, or nothing can be done. */
  readonly remedy: string | null;
}

export interface Verdict {
  /** True where a stranger next door would get this home now. */
  readonly wouldChoose: boolean;
  /** The model that the last gates are about: of several the one that comes farthest; null where none is in the catalogue. */
  readonly model: string | null;
  readonly gates: readonly Gate[];
}

/** `facts`: null where the home is not connected. */
export function judgeGates(
  facts: ExamFacts | null,
  why: Pick<NodeWhy, 'since' | 'coolingUntil' | 'coolingReason'>,
): Verdict {
  if (!facts) return { wouldChoose: false, model: null, gates: [...ENROLLED, tellAway(why.since)] };
  const first = [
    ...ENROLLED,
    pass('connected', 'It is connected.'),
    judgeHindrance(facts),
    judgePause(facts.paused),
    judgeCooling(why),
    judgeAside(facts),
    judgeHeld(facts.held),
    judgeModels(facts),
    judgeListed(facts),
    judgePools(facts),
  ];
  const exams = facts.exams.map((exam) => ({ exam, gates: judgeModel(exam, facts) }));
  const best = exams.toSorted((a, b) => rankExam(b) - rankExam(a))[0];
  const gates = [...first, ...(best?.gates ?? [])];
  // A promise that nobody nearby keeps either costs it no call: the choice itself has the last word.
  const wouldChoose = best?.exam.isChosen === true && first.every(({ passes }) => passes);
  return { wouldChoose, model: best?.exam.model ?? null, gates };
}

const pass = (gate: string, told: string): Gate => ({ gate, passes: true, told, remedy: null });
const fail = (gate: string, told: string, remedy: string | null): Gate => ({ gate, passes: false, told, remedy });
const decide = (
  gate: string,
  passes: boolean,
  words: readonly [passed: string, failed: string, remedy: string],
): Gate => (passes ? pass(gate, words[0]) : fail(gate, words[1], words[2]));

/** Whoever is told this has proved it. */
const ENROLLED = [pass('enrolled', 'The books know this home, and it was not revoked.')];

function tellAway(since: number | null): Gate {
  const told =
    since === null
      ? 'It is not connected, and has not been here yet.'
      : `It is not connected since ${new Date(since).toISOString()}.`;
  return fail('connected', told, 'Start the agent with irori-node up, and look at its internet connection.');
}

function judgeHindrance({ hindrance }: ExamFacts): Gate {
  switch (hindrance) {
    case null:
      return pass('ready', 'Its hub knows what it offers and what it runs.');
    case 'told-nothing':
      return fail('ready', 'It has not told yet what it offers.', 'Wait a moment. If that lasts, restart the agent.');
    case 'not-synced':
      return fail(
        'ready',
        'Its hub woke and asked what runs; no answer came yet.',
        'Wait a moment. If that lasts, restart the agent.',
      );
    case 'leaving':
      return fail('ready', 'It is told to dial another hub of its area.', 'Nothing: it comes back within seconds.');
    case 'replaced':
      return fail(
        'ready',
        'A newer connection of the same home has taken its place.',
        'Run one agent with this state folder.',
      );
    case 'silent':
      return fail(
        'ready',
        'Its line stands, but nothing was heard for minutes.',
        'Look whether the machine sleeps, or restart the agent.',
      );
  }
}

function judgePause(paused: PauseReason | null): Gate {
  if (paused === null) return pass('not_paused', 'It takes work.');
  const { told, action } = STATE_WORDS[paused];
  return fail('not_paused', told, action ?? 'It goes on by itself once that is over.');
}

function judgeCooling({ coolingUntil, coolingReason }: Pick<NodeWhy, 'coolingUntil' | 'coolingReason'>): Gate {
  if (coolingUntil === null) return pass('not_cooling', 'No failure keeps it from work.');
  const until = `${new Date(coolingUntil).toISOString().slice(11, 16)} UTC`;
  const told = `It is left alone until ${until}: ${coolingReason ?? 'jobs failed here'}.`;
  return fail('not_cooling', told, 'Look at the model server and its log. It gets work again by itself.');
}

function judgeAside({ isAside }: ExamFacts): Gate {
  return decide('usable', !isAside, [
    'What it tells of itself can be used.',
    'Something that it tells of itself broke a step of its hub.',
    'Update the agent; tell whoever runs the network if that lasts.',
  ]);
}

const HELD: Readonly<Record<HeldBack, readonly [told: string, remedy: string]>> = {
  unread: ['It has not read what it was sent.', 'Look whether the machine is overloaded or its line is slow.'],
  behind: [
    'Receipts of its jobs have not reached the router.',
    'Wait a moment. If that lasts, look at the disk and the log.',
  ],
  'server-busy': ['Its model server said that it is busy.', 'Look whether another program uses the model server.'],
};

function judgeHeld(held: HeldBack | null): Gate {
  return held === null
    ? pass('keeps_up', 'It reads what it is sent and owes nothing.')
    : fail('keeps_up', ...HELD[held]);
}

function judgeModels({ models }: ExamFacts): Gate {
  return decide('offers_model', models.length > 0, [
    `It offers ${nameSome(models.map(({ name }) => name))}.`,
    'It offers no model.',
    'Start a model server, or share a model of it: irori-node setup.',
  ]);
}

function judgeListed({ exams, models }: ExamFacts): Gate {
  const listed = exams.map(({ model }) => model);
  if (listed.length > 0) return pass('in_catalogue', `In the catalogue: ${nameSome(listed)}.`);
  const told =
    models.length === 0
      ? 'No model of it is in the catalogue.'
      : `None of its models (${nameSome(models.map(({ name }) => name))}) is in the catalogue: only your own calls come.`;
  return fail(
    'in_catalogue',
    told,
    'Share a model of the catalogue: GET /v1/models lists them. It is known by its digest.',
  );
}

function judgePools({ isPublic, pools }: ExamFacts): Gate {
  const inPools = pools === 0 ? 'your own calls' : pools === 1 ? 'one pool' : `${pools} pools`;
  return decide('for_everyone', isPublic, [
    'It answers for everyone.',
    `It answers for ${inPools} alone.`,
    'Let it answer for everyone, if you want that: PATCH /v1/owner/nodes/{id} {"public": true}.',
  ]);
}

/** What is looked at model by model. */
function judgeModel(
  { model, alone, isChosen, why, candidates, decision }: ModelExam,
  { running, slots }: ExamFacts,
): Gate[] {
  const free = decide('slot_free', running < slots, [
    `${slots - running} of ${slots} slots are free.`,
    slots === 0 ? 'It has no slot for jobs.' : `All ${slots} slots are taken.`,
    slots === 0 ? 'Give it at least one: --slots.' : 'Nothing: it works.',
  ]);
  // Paused, or held back altogether: said above.
  if (!alone) return [free];
  const { home, unfit, forecast, isReliable, keepsFirstToken, keepsSpeed } = alone;
  const seconds = (ms: number): string => (ms / 1000).toFixed(2);
  const breaks = `${Math.round(100 * home.failureShare)} % of jobs expected to break`;
  const slow = 'Share a smaller model, fewer slots, or use a faster card. A measured speed follows with each job.';
  const among = candidates > 1 ? `, of ${candidates} homes` : '';
  const chosen = `A caller next door would get this home${among}: ${decision?.reason ?? 'chosen'}.`;
  return [
    free,
    decide('meets_wishes', unfit === null, [
      'It meets what a plain call wishes.',
      `It does not meet a plain call’s wish: ${unfit ?? ''}.`,
      'See provider in /docs.',
    ]),
    pass(
      'price',
      `It asks ${home.priceIn} and ${home.priceOut} units per million tokens, within the catalogue’s bounds.`,
    ),
    decide('reliable', isReliable, [
      `It keeps what it takes: ${breaks}.`,
      `It breaks too much of what it takes: ${breaks}.`,
      'Look at the model server’s log. Each good answer speaks for it.',
    ]),
    decide('first_token', keepsFirstToken, [
      `First token of ${model} expected after ${seconds(forecast.ttftMs)} s.`,
      `First token of ${model} expected after ${seconds(forecast.ttftMs)} s: ${seconds(NO_WISH.maxTtftMs)} s are promised.${home.loadMs > 0 ? ' The model is not in memory.' : ''}`,
      home.loadMs > 0 ? 'Keep the model in memory.' : slow,
    ]),
    decide('speed', keepsSpeed, [
      `${Math.round(forecast.tokensPerS)} tokens/s expected.`,
      `${Math.round(forecast.tokensPerS)} tokens/s expected: ${NO_WISH.minTokensPerS} are promised.`,
      slow,
    ]),
    isChosen
      ? pass('chosen', chosen)
      : fail(
          'chosen',
          `A caller next door would get another home: ${why === null ? 'this one is not looked at' : PASSED[why]}.`,
          why === 'earned-more' || why === 'farther' ? 'Nothing: homes nearby share the work by turns.' : null,
        ),
  ];
}

/** One that is chosen comes before all others, then the one that passes most. */
function rankExam({ exam, gates }: { readonly exam: ModelExam; readonly gates: readonly Gate[] }): number {
  return (exam.isChosen ? 100 : 0) + gates.filter(({ passes }) => passes).length;
}

function nameSome(names: readonly string[]): string {
  const shown = names.slice(0, 3).join(', ');
  return names.length > 3 ? `${shown} and ${names.length - 3} more` : shown;
}
