// The playground's page: a form that an island streams the answer of, and that answers whole without one.
import { Hono } from 'hono';
import type { Context } from 'hono';
import type { Child } from 'hono/jsx';
import * as z from 'zod';
import { tellHomeReasonJa } from '../../../schema/home-reasons.ts';
import { parseChatRequest } from '../../../schema/openai.ts';
import { parseJson } from '../../../schema/json.ts';
import { ok } from '../../../schema/result.ts';
import type { Caller } from '../../auth/judge-key.ts';
import { assetPath } from '../../look/assets.ts';
import { SelectField, SentForm, TextField } from '../../look/form.tsx';
import { formatCredits } from '../../look/format-money.ts';
import { formatCount, formatCountry, formatMeasure } from '../../look/format-number.ts';
import { formatSpan } from '../../look/format-time.ts';
import { Note, Sheet } from '../../look/pieces.tsx';
import type { Locale } from '../../look/words.ts';
import { answerChat } from '../../routes/answer-chat.ts';
import type { AppEnv } from '../../routes/app-env.ts';
import { findPlace } from '../../routes/find-place.ts';
import { listModels } from '../../routes/served-models.ts';
import { orAsk } from '../or-ask.ts';
import { readPageForm } from '../page-form.ts';
import { showPage } from '../page-answer.tsx';
import { requireMember } from '../visit.ts';
import type { ConsoleEnv, SignedInMember } from '../visit.ts';
import { REFUSALS_JA } from '../refusal-words.ts';
import { PLAYGROUND_WORDS } from './playground-words.ts';

export const playgroundPages = new Hono<ConsoleEnv>();

const USUAL_TOKENS = '256';
const playForm = z.object({
  model: z.string().min(1).max(200),
  prompt: z.string().min(1).max(8000),
  // Empty as the script takes it.
  max_tokens: z.preprocess(
    (said) => (said === undefined || said === '' ? USUAL_TOKENS : said),
    z.coerce.number().int().min(1).max(32_000),
  ),
});
type Said = z.output<typeof playForm>;

async function show(c: Context<ConsoleEnv>): Promise<Response> {
  const { signedIn } = c.get('visit');
  if (!signedIn?.membership) return showVisitor(c);
  return showPlay(c, await requireMember(c), null);
}

playgroundPages.get('/playground', show);

playgroundPages.post(
  '/playground',
  orAsk({ page: '/playground', show }, async (c) => {
    const member = await requireMember(c, 'call');
    const said = await readPageForm(c, playForm);
    return showPlay(c, member, { said, told: await ask(c, member.caller, said) });
  }),
);

function showVisitor(c: Context<ConsoleEnv>): Response | Promise<Response> {
  const words = PLAYGROUND_WORDS[c.get('visit').locale];
  const body = (
    <>
      <h1>{words.title}</h1>
      <p class="lead">{words.lead}</p>
      <Note>{words.signInFirst}</Note>
      <p>
        <a class="button" href="/sign-in?to=/playground">
          {words.signIn}
        </a>
      </p>
    </>
  );
  return showPage(c, { title: words.title, body });
}

interface Answered {
  readonly said: Said;
  readonly told: {
    readonly text: string;
    readonly isFault: boolean;
    readonly english: string | null;
    readonly facts: Facts | null;
    /** From the question to the end of the answer. */
    readonly tookMs: number;
  };
}

async function showPlay(c: Context<ConsoleEnv>, member: SignedInMember, answered: Answered | null): Promise<Response> {
  const { locale } = c.get('visit');
  const words = PLAYGROUND_WORDS[locale];
  const { caller } = member;
  const models = await listModels(c.get('services'), caller, findPlace(c.req.raw, c.env));
  const choices = models
    .filter(({ can }) => !can.includes('embedding'))
    .toSorted((a, b) => b.nodesOnline - a.nodesOnline)
    .map(({ id }) => ({ value: id, label: id }));
  // What the model of a network on one machine was made for.
  const { sample } = c.env.LOCAL_PLACES === '1' ? PLAYGROUND_WORDS.en : words;
  const body = (
    <>
      <h1>{words.title}</h1>
      <p class="lead">{words.lead}</p>
      {!mayCall(member) && <Note tone="bad">{words.viewer}</Note>}
      {choices.length === 0 ? (
        <Note>{words.noModel}</Note>
      ) : (
        <PlayForm
          choices={choices}
          sample={sample}
          said={answered?.said}
          member={member}
          words={words}
          locale={locale}
        />
      )}
      <div id="answer-sheet" hidden={answered === null}>
        <Sheet title={words.answer}>
          {answered?.told.isFault && (
            <Note tone="bad">
              {answered.told.text} {answered.told.english !== null && <small lang="en">{answered.told.english}</small>}
            </Note>
          )}
          <p id="answer" class="answer">
            {answered?.told.isFault ? '' : answered?.told.text}
          </p>
          <dl id="facts" class="facts">
            {answered?.told.facts && (
              <Told facts={answered.told.facts} tookMs={answered.told.tookMs} words={words} locale={locale} />
            )}
          </dl>
        </Sheet>
      </div>
    </>
  );
  return showPage(c, { title: words.title, body, islands: ['playground'] });
}

const mayCall = ({ caller }: SignedInMember): boolean => caller.scopes.includes('call');

/** What is asked; its script reads the page's words and the token of it. */
function PlayForm({
  choices,
  sample,
  said,
  member,
  words,
  locale,
}: {
  readonly choices: readonly { readonly value: string; readonly label: string }[];
  readonly sample: string;
  readonly said: Said | undefined;
  readonly member: SignedInMember;
  readonly words: (typeof PLAYGROUND_WORDS)['en'];
  readonly locale: Locale;
}) {
  return (
    <SentForm
      attributes={{
        id: 'play',
        'data-csrf': member.csrf,
        'data-words': JSON.stringify(words),
        // In English what the API says is told as it is.
        'data-refusals': JSON.stringify(locale === 'ja' ? REFUSALS_JA : {}),
        'data-verify': assetPath('verify.js'),
      }}
    >
      <input type="hidden" name="csrf" value={member.csrf} />
      <SelectField name="model" label={words.model} choices={choices} value={said?.model} />
      <TextField
        name="prompt"
        label={words.prompt}
        rows={4}
        value={said?.prompt ?? sample}
        isRequired
        attributes={{ maxlength: '8000' }}
      />
      <TextField
        name="max_tokens"
        label={words.most}
        help={words.mostHelp}
        type="number"
        value={String(said?.max_tokens ?? USUAL_TOKENS)}
        attributes={{ min: '1', max: '32000' }}
      />
      <p class="inline">
        <button disabled={!mayCall(member)}>{words.ask}</button>
        <button class="quiet" type="button" id="stop" hidden>
          {words.stop}
        </button>
        <span id="play-status" role="status" class="soft" />
      </p>
    </SentForm>
  );
}

/** Asks as the API is asked, and waits for the whole answer. */
async function ask(
  c: Context<ConsoleEnv>,
  caller: Caller,
  { model, prompt, max_tokens }: Said,
): Promise<Answered['told']> {
  const inner = new Hono<AppEnv>();
  inner.post('*', (one) => {
    one.set('services', c.get('services'));
    one.set('requestId', c.get('requestId'));
    one.set('pageCaller', caller);
    return answerChat(one, (body) => {
      const parsed = parseChatRequest(body);
      return parsed.ok ? ok({ chat: parsed.value, spoken: null }) : parsed;
    });
  });
  inner.onError((error) => {
    throw error;
  });
  const body = JSON.stringify({ model, max_tokens, messages: [{ role: 'user', content: prompt }] });
  const request = new Request(c.req.raw, { method: 'POST', body, headers: { 'content-type': 'application/json' } });
  const begun = Date.now();
  const response = await inner.fetch(request, c.env, c.executionCtx);
  const json = parseJson(await response.text());
  const tookMs = Date.now() - begun;
  const read = answerSchema.safeParse(json);
  if (read.success)
    return {
      text: read.data.choices[0]?.message.content ?? '',
      isFault: false,
      english: null,
      facts: read.data.irori ?? null,
      tookMs,
    };
  const { message = String(response.status), code = '' } = faultSchema.safeParse(json).data?.error ?? {};
  const { locale } = c.get('visit');
  const known = locale === 'ja' ? (REFUSALS_JA as Readonly<Record<string, string>>)[code] : undefined;
  const text = `${PLAYGROUND_WORDS[locale].failed} ${known ?? message}`;
  return { text, isFault: true, english: known === undefined ? null : message, facts: null, tookMs };
}

/** What the script tells of an answer, too; its receipt is a file here, for /verify. */
function Told(props: { facts: Facts; tookMs: number; words: (typeof PLAYGROUND_WORDS)['en']; locale: Locale }) {
  const { facts, tookMs, words, locale } = props;
  const { energy } = facts;
  const madeMs = tookMs - (facts.ttft_ms ?? tookMs);
  const perS = (facts.output_tokens / madeMs) * 1000;
  const span = energy?.wh_90 ? ` (${energy.wh_90.map((wh) => formatMeasure(wh, locale)).join(' – ')})` : '';
  const rows: (readonly [string, Child])[] = [
    [words.home, facts.node],
    [words.country, facts.country === null ? '–' : formatCountry(facts.country, locale)],
    [words.distance, facts.distance_km === null ? '–' : `${formatMeasure(facts.distance_km, locale)} km`],
    [words.first, facts.ttft_ms === null ? '–' : formatSpan(facts.ttft_ms, locale)],
    [words.speed, madeMs < LEAST_MS ? '–' : `${formatMeasure(perS, locale)} ${words.tokensPerS}`],
    [words.tokens, formatCount(facts.output_tokens, locale)],
    [words.cost, `${formatCredits(facts.charge_micro, locale)} ${words.credits}`],
    [words.energy, energy?.wh == null ? '–' : `${formatMeasure(energy.wh, locale)} Wh${span}`],
    [words.why, tellReason(facts.reason, locale)],
    [
      words.receipt,
      <>
        <a href={`/console/api/v1/receipts/${facts.job}`} download={`${facts.job}.json`}>
          {words.download}
        </a>
        {' · '}
        <a href="/verify">{words.check}</a>
      </>,
    ],
  ];
  return (
    <>
      {rows.map(([name, value]) => (
        <div>
          <dt>{name}</dt>
          <dd class={typeof value !== 'string' || value.length > LONG ? 'long' : undefined}>{value}</dd>
        </div>
      ))}
    </>
  );
}

function tellReason(reason: string | null, locale: Locale): string {
  if (reason === null) return '–';
  return (locale === 'ja' && tellHomeReasonJa(reason)) || reason;
}

/** Longer texts are no figures. */
const LONG = 22;
/** What came all at once, ms, tells nothing of how fast it was made. */
const LEAST_MS = 50;

const factsSchema = z.object({
  job: z.string().regex(/^[\w-]+$/),
  node: z.string(),
  country: z.string().nullable(),
  reason: z.string().nullable(),
  distance_km: z.number().nullable(),
  ttft_ms: z.number().nullable(),
  output_tokens: z.number(),
  charge_micro: z.number(),
  energy: z.object({ wh: z.number().nullish(), wh_90: z.tuple([z.number(), z.number()]).nullish() }).optional(),
});
type Facts = z.output<typeof factsSchema>;
const answerSchema = z.object({
  choices: z.array(z.object({ message: z.object({ content: z.string().nullable() }) })).min(1),
  irori: factsSchema.optional().catch(undefined),
});
const faultSchema = z.object({ error: z.object({ message: z.string(), code: z.string().optional() }) });
