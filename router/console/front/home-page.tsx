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
  const { locale, signedIn } = c.get('visit');
  const words = FRONT_WORDS[locale];
  const isLocal = c.env.LOCAL_PLACES === '1';
  const now = await lookAtNetwork(c.get('services'), isLocal, Date.now()).catch((error: unknown) => {
    log.warn('network-not-read', { error });
    return null;
  });
  const body = (
    <>
      <section class="hero">
        <h1>{words.lead}</h1>
        <p class="lead">{words.told}</p>
        <p class="inline">
          <a class="button" href="/playground">
            {words.try}
          </a>
          {signedIn === null && (
            <a class="button quiet" href="/sign-in">
              {words.signIn}
            </a>
          )}
          <a href="/docs">{words.read}</a>
        </p>
      </section>
      {now === null ? (
        <p role="status">{words.notNow}</p>
      ) : (
        <Now now={now} words={words} locale={locale} isLocal={isLocal} />
      )}
      <FirstSteps words={words} origin={new URL(c.req.url).origin} model={now?.models[0]?.id ?? 'MODEL'} />
    </>
  );
  return showPage(c, { title: 'Irori', body, islands: ['copy'] });
}

function Now({
  now,
  words,
  locale,
  isLocal,
}: {
  now: NetworkNow;
  words: FrontWords;
  locale: Locale;
  isLocal: boolean;
}) {
  const { homes, countries, elsewhere, models } = now;
  const dots = countries.map(({ country, homes: count }) => ({ country, count, name: formatCountry(country, locale) }));
  const told =
    homes === 0 || countries.length === 0
      ? words.nobody
      : words.mapTold(formatCount(homes, locale), words.countries(countries.length));
  return (
    <>
      <Sheet title={words.map}>
        <p class="figure">{told}</p>
        <World dots={dots} />
        <details>
          <summary>{words.byCountry}</summary>
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
        </details>
        <p class="small soft">{isLocal ? words.localMap : words.rounded}</p>
      </Sheet>
      <Models models={models} words={words} locale={locale} />
    </>
  );
}

function Models({ models, words, locale }: { models: readonly NetworkModel[]; words: FrontWords; locale: Locale }) {
  const price = (micro: number): string => (micro === 0 ? words.free : formatCredits(micro, locale));
  return (
    <Sheet title={words.models}>
      <Table
        caption={words.models}
        rows={models}
        empty={words.noModels}
        columns={[
          { head: words.model, cell: ({ id }) => <code>{id}</code> },
          { head: words.input, isNumber: true, cell: ({ priceIn }) => price(priceIn) },
          { head: words.output, isNumber: true, cell: ({ priceOut }) => price(priceOut) },
          {
            head: words.speed,
            isNumber: true,
            cell: ({ tokensPerS }) => (tokensPerS === null ? '–' : words.tokensPerS(formatMeasure(tokensPerS, locale))),
          },
          { head: words.homes, isNumber: true, cell: ({ homes }) => formatCount(homes, locale) },
          { head: words.context, isNumber: true, cell: ({ contextTokens }) => formatCount(contextTokens, locale) },
        ]}
      />
      <p class="small soft">{words.perMillion}</p>
    </Sheet>
  );
}

function FirstSteps({ words, origin, model }: { words: FrontWords; origin: string; model: string }) {
  const curl = `curl ${origin}/v1/chat/completions \\
  -H "Authorization: Bearer $IRORI_API_KEY" \\
  -H "Content-Type: application/json" \\
  -d '{"model":"${model}","messages":[{"role":"user","content":"Hello"}]}'`;
  return (
    <div class="two">
      <Sheet title={words.call}>
        <p>{words.callTold}</p>
        <pre tabindex={0} id="curl">
          {curl}
        </pre>
        <button class="quiet" type="button" data-copy="curl" hidden>
          {words.copy}
        </button>
      </Sheet>
      <Sheet title={words.lend}>
        <p>{words.lendTold}</p>
        <pre tabindex={0} id="lend">{`irori-node up --router ${origin}`}</pre>
        <button class="quiet" type="button" data-copy="lend" hidden>
          {words.copy}
        </button>
      </Sheet>
    </div>
  );
}
