// One job: its receipt in words, why that home, what it took, and each signed message to download. What is shown is what GET /v1/receipts/{job} tells.
import { Hono } from 'hono';
import type { Context } from 'hono';
import type { Child } from 'hono/jsx';
import { tellHomeReasonJa } from '../../../schema/home-reasons.ts';
import { isId } from '../../../schema/ids.ts';
import type { SettlementJson } from '../../../schema/settlement.ts';
import { onlyKeySeen } from '../../auth/judge-rights.ts';
import { energyOf } from '../../billing/judge-energy.ts';
import type { ToldDecision } from '../../billing/list-flush-jobs.ts';
import { tellEnergy } from '../../billing/tell-energy.ts';
import { ApiError } from '../../errors.ts';
import { formatCredits, formatCreditsWhole } from '../../look/format-money.ts';
import { formatCount, formatCountry, formatMeasure } from '../../look/format-number.ts';
import { formatSpan } from '../../look/format-time.ts';
import { Badge, Facts, Note, Sheet, Time } from '../../look/pieces.tsx';
import type { Locale } from '../../look/words.ts';
import { findDecision } from '../../routes/receipts.ts';
import { showPage } from '../page-answer.tsx';
import { requireMember } from '../visit.ts';
import type { ConsoleEnv } from '../visit.ts';
import { JOB_WORDS } from './job-words.ts';
import type { JobWords } from './job-words.ts';

export const jobPages = new Hono<ConsoleEnv>();

jobPages.get('/console/jobs/:id', async (c) => {
  const jobId = c.req.param('id');
  const { locale } = c.get('visit');
  const words = JOB_WORDS[locale];
  const { parts, isOpen, accountId } = await findParts(c, jobId);
  const decision = parts.length > 0 ? await findDecision(c.get('services'), { accountId, jobId }, parts) : null;
  const title = words.job;
  const body = (
    <>
      <h1>{title}</h1>
      <p>
        <code>{jobId}</code>
      </p>
      <p>
        <a href="/console/jobs">{words.back}</a>
      </p>
      {isOpen && <Note>{words.pending}</Note>}
      {parts.map((part) => (
        <Part
          part={part}
          title={parts.length > 1 ? words.part(formatCount(part.part + 1, locale)) : undefined}
          words={words}
          locale={locale}
        />
      ))}
      {parts.length > 0 && <Why decision={decision} words={words} locale={locale} />}
      {parts.map((part) => (
        <Messages part={part} words={words} locale={locale} />
      ))}
      {parts.length > 0 && (
        <Sheet title={words.verify}>
          <p>{words.verifyTold}</p>
          <ul class="inline">
            <li>
              <a href={`/console/api/v1/receipts/${jobId}`} download={`${jobId}.json`}>
                {words.whole}
              </a>
            </li>
            <li>
              <a href="/verify">{words.verify}</a>
            </li>
          </ul>
        </Sheet>
      )}
    </>
  );
  return showPage(c, { title, body });
});

const MESSAGES = ['ticket', 'receipt', 'acceptance'] as const;

/** One signed message with its signature, and the seal where it stands under one. */
jobPages.get('/console/jobs/:id/:part/:message', async (c) => {
  const jobId = c.req.param('id');
  const { parts } = await findParts(c, jobId);
  const part = parts.find((one) => String(one.part) === c.req.param('part'));
  const message = MESSAGES.find((one) => `${one}.json` === c.req.param('message'));
  const signed = part && message ? readMessage(part, message) : null;
  if (!part || !message || !signed) throw new ApiError('not_found', 'There is no such message.');
  c.header('content-disposition', `attachment; filename="${jobId}-${part.part}-${message}.json"`);
  c.header('cache-control', 'no-store');
  return c.json(signed);
});

/** What its reader may see of a job, as the API has it. Throws ApiError 404. */
async function findParts(
  c: Context<ConsoleEnv>,
  jobId: string,
): Promise<{ readonly parts: SettlementJson[]; readonly isOpen: boolean; readonly accountId: string }> {
  const { caller } = await requireMember(c);
  const { accountId } = caller;
  const found = isId('job', jobId) ? await c.get('services').findReceipts({ jobId, accountId }) : null;
  const only = onlyKeySeen(caller);
  const parts = found?.settlements.filter(({ keyId }) => only === null || keyId === only) ?? [];
  const isOpen = found?.isPending === true && parts.length === 0;
  if (parts.length === 0 && !isOpen)
    throw new ApiError('receipt_not_found', 'There is no receipt for this job, or it is not yours.');
  return { parts, isOpen, accountId };
}

interface Told {
  readonly part: SettlementJson;
  readonly words: JobWords;
  readonly locale: Locale;
}

function Part({ title, ...told }: Told & { readonly title: string | undefined }) {
  const { part, words, locale } = told;
  return (
    <>
      <Sheet {...(title !== undefined && { title })}>
        <p>
          <Badge tone={part.outcome === 'complete' ? 'good' : 'warn'}>{words.outcomes[part.outcome]}</Badge>{' '}
          {part.model} · <Time at={part.endedAt} locale={locale} /> UTC
        </p>
        <Facts facts={[...tellBill(told), ...tellWork(told), tellPower(told)]} />
        {part.resumed && <p>{words.resumed[part.resumed]}</p>}
        {part.related && <p>{words.related[part.related]}</p>}
      </Sheet>
    </>
  );
}

type Fact = { readonly name: string; readonly value: string; readonly note?: string };

function tellBill({ part, words, locale }: Told): Fact[] {
  const amount = (micro: number): string => `${formatCreditsWhole(micro, locale)} ${words.credits}`;
  const { paidFrom } = part;
  const short = (micro: number): string => formatCredits(micro, locale);
  const note = paidFrom && words.paidFrom(short(paidFrom.granted), short(paidFrom.earned), short(paidFrom.bought));
  return [
    { name: words.charged, value: amount(part.charge), ...(note !== undefined && { note }) },
    { name: words.homeEarns, value: amount(part.earn) },
  ];
}

function tellWork({ part, words, locale }: Told): Fact[] {
  const count = (value: number): string => formatCount(value, locale);
  const { difference } = part;
  return [
    { name: words.tokens, value: words.inOut(count(part.promptTokens), count(part.outputTokens)) },
    { name: words.first, value: part.ttftMs === null ? '–' : formatSpan(part.ttftMs, locale) },
    { name: words.took, value: formatSpan(part.durationMs, locale) },
    { name: words.country, value: formatCountry(part.country, locale) },
    { name: words.attempts, value: count(part.attempts) },
    ...(difference
      ? [
          {
            name: words.difference,
            value: words.differenceTold(count(difference.promptTokens), count(difference.outputTokens)),
          },
        ]
      : []),
  ];
}

function tellPower({ part, words, locale }: Told): Fact {
  const told = tellEnergy([{ outputTokens: part.outputTokens, energy: energyOf(part) }]);
  if (told.wh === null) return { name: words.energy, value: '–', note: words.energyUnknown };
  const measure = (value: number): string => formatMeasure(value, locale);
  const [low, high] = told.wh_90 ?? [told.wh, told.wh];
  const grams = told.g_co2e === null ? '' : ` · ${words.grams(measure(told.g_co2e))}`;
  const note = words.energyIn(measure(low), measure(high)) + grams;
  return { name: words.energy, value: `${measure(told.wh)} Wh`, note };
}

/** The hub's own sentence where it is known yet; else by what mode it chose. */
function Why({ decision, words, locale }: Omit<Told, 'part'> & { readonly decision: ToldDecision | null }) {
  if (!decision)
    return (
      <Sheet title={words.why}>
        <p class="soft">{words.whyGone}</p>
      </Sheet>
    );
  const speed = formatMeasure(decision.expected_tokens_per_s, locale);
  return (
    <Sheet title={words.why}>
      <p>{words.modes[decision.mode] ?? decision.mode}</p>
      {decision.is_forced && <p>{words.forced}</p>}
      {decision.reason !== null && <HomeReason reason={decision.reason} locale={locale} />}
      <Facts
        facts={[
          { name: words.distance, value: `${formatMeasure(decision.distance_km, locale)} km` },
          {
            name: words.expectedFirst,
            value: formatSpan(decision.expected_ttft_ms, locale),
            note: words.onTheWay(formatSpan(decision.rtt_ms, locale)),
          },
          { name: words.expectedSpeed, value: words.perSecond(speed) },
          { name: words.asked, value: formatCount(decision.hubs_asked, locale) },
        ]}
      />
    </Sheet>
  );
}

function HomeReason({ reason, locale }: { reason: string; locale: Locale }) {
  const told = locale === 'ja' ? tellHomeReasonJa(reason) : reason;
  return told === null ? <small lang="en">{reason}</small> : <p>{told}</p>;
}

/** What was signed, to be read here and taken away. */
function Messages({ part, words }: Told) {
  const nones = { ticket: '', receipt: words.noReceipt, acceptance: words.noAcceptance };
  return (
    <Sheet title={words.messages}>
      <p class="small soft">{words.messagesTold}</p>
      {MESSAGES.map((name) => (
        <Message title={words[name]} of={readMessage(part, name)} none={nones[name]}>
          <a href={`/console/jobs/${part.jobId}/${part.part}/${name}.json`} download>
            {words.download(words[name])}
          </a>
        </Message>
      ))}
      <p class="small soft">
        {words.home} <code>{part.nodeId}</code>
      </p>
    </Sheet>
  );
}

function readMessage(part: SettlementJson, name: (typeof MESSAGES)[number]): object | null {
  const message = part[name];
  if (!message) return null;
  return { [name]: message, signature: part[`${name}Signature`], seal: part[`${name}Seal`] ?? null };
}

function Message(props: { title: string; of: object | null; none: string; children?: Child }) {
  const { title, of, none, children } = props;
  if (!of)
    return (
      <p>
        {title}: <span class="soft">{none}</span>
      </p>
    );
  return (
    <details>
      <summary>{title}</summary>
      <pre tabindex={0}>{JSON.stringify(of, null, 2)}</pre>
      <p>{children}</p>
    </details>
  );
}
