// The network in one screen: what it is, where its homes are, what its models cost and do, and the first step for who calls and for who lends.
import type { Context } from 'hono';
import { formatCredits } from '../../look/format-money.ts';
import { formatCount, formatCountry, formatMeasure } from '../../look/format-number.ts';
import { Sheet } from '../../look/pieces.tsx';
import { Table } from '../../look/table.tsx';
import { World } from '../../look/world.tsx';
import type { Locale } from '../../look/words.ts';
import { makeLog } from '../../log.ts';
import { lookAtNetwork } from '../../routes/network-now.ts';
import type { NetworkModel, NetworkNow } from '../../routes/network-now.ts';
import { showPage } from '../page-answer.tsx';
import type { ConsoleEnv } from '../visit.ts';
import { FRONT_WORDS } from './front-words.ts';
import type { FrontWords } from './front-words.ts';

const log = makeLog('edge');

export async function showHome(c: Context<ConsoleEnv>): Promise<Response> {
  const { locale } = c.get('visit');
  const words = FRONT_WORDS[locale];
  const isLocal = c.env.LOCAL_PLACES === '1';
  const now = await lookAtNetwork(c.get('services'), isLocal, Date.now()).catch((error: unknown) => {
    log.warn('network-not-read', { error });
    return null;
  });
  const isLive = c.req.query('live') !== undefined;
  const shown = { now, words, locale, isLocal, hasLand: !isLive };
  const body = (
    <>
      <div class="front">
        <Hero words={words} />
        <Map {...shown} />
      </div>
      <Models models={now?.models ?? null} words={words} locale={locale} />
      {!isLive && <FirstSteps words={words} origin={new URL(c.req.url).origin} model={now?.models[0]?.id ?? 'MODEL'} />}
    </>
  );
  return showPage(c, { title: 'Irori', body, islands: ['copy', 'live'] });
}

function Hero({ words }: { words: FrontWords }) {
  return (
    <section class="hero">
      <h1>{words.lead}</h1>
      <p class="lead">{words.told}</p>
      <p class="inline">
        <a class="button" href="/playground">
          {words.try}
        </a>
        <a href="#lend-told">{words.lend}</a>
      </p>
    </section>
  );
}

interface Shown {
  /** Null where it cannot be told. */
  readonly now: NetworkNow | null;
  readonly words: FrontWords;
  readonly locale: Locale;
  readonly isLocal: boolean;
  readonly hasLand: boolean;
}

function Map({ now, words, locale, isLocal, hasLand }: Shown) {
  const { countries = [], elsewhere = 0 } = now ?? {};
  const dots = countries.map(({ country, homes: count }) => ({ country, count, name: formatCountry(country, locale) }));
  return (
    <Sheet>
      <h2 data-live="told">{tellHomes(now, words, locale)}</h2>
      <World dots={dots} hasLand={hasLand} />
      <details>
        <summary>{words.byCountry}</summary>
        <div data-live="countries">
          <Table
            caption={words.byCountry}
            rows={dots}
            empty={words.nobody}
            columns={[
              { head: words.country, cell: ({ name }) => name },
              { head: words.homes, isNumber: true, cell: ({ count }) => formatCount(count, locale) },
            ]}
          />
          {elsewhere > 0 && <p>{words.elsewhere(formatCount(elsewhere, locale))}</p>}
        </div>
      </details>
      <p class="small soft">{isLocal ? words.localMap : words.rounded}</p>
    </Sheet>
  );
}

function tellHomes(now: NetworkNow | null, words: FrontWords, locale: Locale): string {
  if (now === null) return words.notNow;
  if (now.countries.length > 0)
    return words.mapTold(formatCount(now.homes, locale), words.countries(now.countries.length));
  if (now.homes > 0) return words.online(now.homes, formatCount(now.homes, locale));
  return now.models.some(({ homes }) => homes !== 0) ? words.few : words.nobody;
}

/** `models`: null where they cannot be told. */
function Models({
  models,
  words,
  locale,
}: {
  models: readonly NetworkModel[] | null;
  words: FrontWords;
  locale: Locale;
}) {
  const price = (micro: number): string => (micro === 0 ? words.free : formatCredits(micro, locale));
  return (
    <Sheet title={words.models}>
      <div data-live="models">
        <Table
          caption={words.models}
          rows={models ?? []}
          empty={models === null ? words.notNow : words.noModels}
          columns={[
            { head: words.model, cell: ({ id }) => <code>{id}</code> },
            { head: words.input, isNumber: true, cell: ({ priceIn }) => price(priceIn) },
            { head: words.output, isNumber: true, cell: ({ priceOut }) => price(priceOut) },
            {
              head: words.speed,
              isNumber: true,
              cell: ({ tokensPerS }) =>
                tokensPerS === null ? '–' : words.tokensPerS(formatMeasure(tokensPerS, locale)),
            },
            {
              head: words.homes,
              isNumber: true,
              cell: ({ homes }) => (homes === null ? words.fewHomes : formatCount(homes, locale)),
            },
            { head: words.context, isNumber: true, cell: ({ contextTokens }) => formatCount(contextTokens, locale) },
          ]}
        />
      </div>
      <p class="small soft">{words.perMillion}</p>
    </Sheet>
  );
}

function FirstSteps({ words, origin, model }: { words: FrontWords; origin: string; model: string }) {
  const curl = `curl ${origin}/v1/chat/completions \\
  -H "Authorization: Bearer $IRORI_API_KEY" \\
  -H "Content-Type: application/json" \\
  -d '{"model": "${model}", "messages": [
        {"role": "user", "content": "Hello"}]}'`;
  const client = `from openai import OpenAI

client = OpenAI(base_url="${origin}/v1",
                api_key="IRORI_API_KEY")
answer = client.chat.completions.create(
    model="${model}",
    messages=[{"role": "user",
               "content": "Hello"}])
print(answer.choices[0].message.content)`;
  return (
    <>
      <Sheet title={words.call}>
        <p>{words.callTold}</p>
        <div class="two">
          <Code id="curl" title={words.curl} text={curl} copy={words.copy} />
          <Code id="client" title={words.client} text={client} copy={words.copy} />
        </div>
        <p>
          <a href="/console/keys">{words.callNext}</a>
        </p>
      </Sheet>
      <Sheet>
        <h2 id="lend-told">{words.lend}</h2>
        <p>{words.lendTold}</p>
        <Code id="lend" title={null} text={`irori-node join --router ${origin}`} copy={words.copy} />
        <p>
          <a href="/console/machines">{words.lendNext}</a>
        </p>
      </Sheet>
    </>
  );
}

function Code({ id, title, text, copy }: { id: string; title: string | null; text: string; copy: string }) {
  return (
    <div class="code">
      {title !== null && <h3>{title}</h3>}
      <pre tabindex={0} id={id}>
        {text}
      </pre>
      <button class="quiet" type="button" data-copy={id} hidden>
        {copy}
      </button>
    </div>
  );
}
