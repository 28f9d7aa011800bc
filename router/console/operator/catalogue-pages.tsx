// /console/operator/catalogue: the public models with prices, digests and homes online; one is added, changed or taken off.
import { Hono } from 'hono';
import type { Context } from 'hono';
import * as z from 'zod';
import { UNKNOWN_PLACE } from '../../../schema/places.ts';
import type { PresenceRow } from '../../../schema/presence.ts';
import type { CatalogueModel } from '../../billing/catalogue.ts';
import { ApiError } from '../../errors.ts';
import { formatCredits } from '../../look/format-money.ts';
import { formatCount } from '../../look/format-number.ts';
import { Badge, Sheet } from '../../look/pieces.tsx';
import { Table } from '../../look/table.tsx';
import type { Locale } from '../../look/words.ts';
import { ALL_AREAS } from '../../routes/area-calls.ts';
import { modelBody, putModel, withdrawModel } from '../../routes/model-desk.ts';
import { showPage } from '../page-answer.tsx';
import { orAsk } from '../or-ask.ts';
import { readPageForm } from '../page-form.ts';
import { FormFault } from '../tell-refusal.ts';
import { requireOperator } from '../visit.ts';
import type { ConsoleEnv } from '../visit.ts';
import { ModelFields } from './model-fields.tsx';
import { orNull } from '../or-null.ts';
import { AskOnce, Did, didPath, Named, segment } from './pieces.tsx';
import { MODEL_FIELDS, readModelForm, toModelForm } from './read-model-form.ts';
import type { ModelForm } from './read-model-form.ts';
import { CATALOGUE_DONE, CATALOGUE_WORDS } from './words-catalogue.ts';

const CATALOGUE = '/console/operator/catalogue';
/** What a new model begins with. */
const USUAL: ModelForm = { min_bytes_per_token: '1' };

export const cataloguePages = new Hono<ConsoleEnv>();

interface Listed {
  readonly model: CatalogueModel;
  /** Homes that serve it, each once; null where presence cannot be asked. */
  readonly homes: readonly PresenceRow[] | null;
}

cataloguePages.get(CATALOGUE, async (c) => {
  requireOperator(c);
  const { locale } = c.get('visit');
  const words = CATALOGUE_WORDS[locale];
  const { catalogue, homes } = c.get('services');
  const models = await catalogue.list(Date.now());
  const rows = await Promise.all(
    models.map(async (model) => ({ model, homes: await orNull(homes.serving(model.id, UNKNOWN_PLACE)) })),
  );
  const body = (
    <>
      <h1>{words.title}</h1>
      <p class="soft">{words.told}</p>
      <Did c={c} words={CATALOGUE_DONE[locale]} />
      <Sheet>
        <ModelTable rows={rows} locale={locale} />
        <p>
          <a class="button" href={`${CATALOGUE}/new`}>
            {words.add}
          </a>
        </p>
      </Sheet>
    </>
  );
  return showPage(c, { title: words.title, body });
});

function ModelTable({ rows, locale }: { rows: readonly Listed[]; locale: Locale }) {
  const words = CATALOGUE_WORDS[locale];
  const count = (value: number): string => formatCount(value, locale);
  const price = (value: number, least: number | undefined) => (
    <>
      {count(value)}
      {least !== undefined && least < value && <small class="help">≥ {count(least)}</small>}
    </>
  );
  return (
    <Table
      caption={words.title}
      columns={[
        {
          head: words.model,
          cell: ({ model }) => (
            <>
              <a href={modelPath(model.id)}>
                <Named>{model.id}</Named>
              </a>
              <small class="help named" translate="no">
                {model.description}
              </small>
            </>
          ),
        },
        { head: words.priceIn, isNumber: true, cell: ({ model }) => price(model.priceIn, model.leastPriceIn) },
        { head: words.priceOut, isNumber: true, cell: ({ model }) => price(model.priceOut, model.leastPriceOut) },
        { head: words.online, isNumber: true, cell: ({ homes }) => <Online homes={homes} locale={locale} /> },
        { head: words.context, isNumber: true, cell: ({ model }) => count(model.contextTokens) },
        {
          head: words.digests,
          cell: ({ model }) => (
            <details>
              <summary>{count(model.digests.length)}</summary>
              {model.digests.map((digest) => (
                <code class="help">{digest}</code>
              ))}
            </details>
          ),
        },
      ]}
      rows={rows}
      empty={words.none}
    />
  );
}

function Online({ homes, locale }: { homes: Listed['homes']; locale: Locale }) {
  const words = CATALOGUE_WORDS[locale];
  if (homes === null) return '–';
  const nodes = new Set(homes.map(({ node }) => node)).size;
  if (nodes === 0) return <Badge tone="warn">{formatCount(0, locale)}</Badge>;
  const least = Math.min(...homes.map(({ priceOut }) => priceOut));
  return (
    <>
      {formatCount(nodes, locale)}
      <small class="help">
        {words.asks} {formatCount(least, locale)}
      </small>
    </>
  );
}

const askNew = (c: Context<ConsoleEnv>) => {
  requireOperator(c);
  return showForm(c, { form: USUAL, isNew: true });
};
const askChange = async (c: Context<ConsoleEnv>) => {
  requireOperator(c);
  return showForm(c, { form: toModelForm(await findModel(c)), isNew: false });
};

cataloguePages.get(`${CATALOGUE}/new`, askNew);
cataloguePages.get(`${CATALOGUE}/model`, askChange);

cataloguePages.get(`${CATALOGUE}/remove`, async (c) => {
  const { csrf } = requireOperator(c);
  const { locale } = c.get('visit');
  const words = CATALOGUE_WORDS[locale];
  const { id } = await findModel(c);
  const what = (
    <>
      <p>
        <code>{id}</code>
      </p>
      <p>{words.removeTold}</p>
    </>
  );
  const body = (
    <AskOnce title={words.remove} act={words.removeGo} back={modelPath(id)} {...{ what, csrf, locale }}>
      <input type="hidden" name="id" value={id} />
    </AskOnce>
  );
  return showPage(c, { title: words.remove, body });
});

const ASK_NEW = { page: `${CATALOGUE}/new`, show: askNew };
const ASK_CHANGE = { page: `${CATALOGUE}/model`, show: askChange };

const modelForm = z.partialRecord(z.enum(MODEL_FIELDS), z.string().max(8192));

for (const isNew of [true, false])
  cataloguePages.post(
    `${CATALOGUE}/${isNew ? 'new' : 'model'}`,
    orAsk(isNew ? ASK_NEW : ASK_CHANGE, async (c) => {
      requireOperator(c);
      const form = await readPageForm(c, modelForm);
      const parsed = modelBody.safeParse(readModelForm(form));
      if (!parsed.success) throw toFault(parsed.error);
      await putModel(c.get('services'), {
        id: (form.id ?? '').trim(),
        body: parsed.data,
        tellHubs: ALL_AREAS.tellHubs,
      });
      return c.redirect(didPath(CATALOGUE, 'kept'), 303);
    }),
  );

function toFault({ issues: [issue] }: z.ZodError): ApiError {
  return issue ? new FormFault(issue) : new ApiError('invalid_value', 'This is no model.');
}

const removeForm = z.object({ id: z.string().max(100) });

cataloguePages.post(`${CATALOGUE}/remove`, async (c) => {
  requireOperator(c);
  const { id } = await readPageForm(c, removeForm);
  await withdrawModel(c.get('services'), id, ALL_AREAS.tellHubs);
  return c.redirect(didPath(CATALOGUE, 'removed'), 303);
});

function showForm(c: Context<ConsoleEnv>, { form, isNew }: { readonly form: ModelForm; readonly isNew: boolean }) {
  const { csrf } = requireOperator(c);
  const { locale } = c.get('visit');
  const words = CATALOGUE_WORDS[locale];
  const id = form.id ?? '';
  const title = isNew ? words.add : words.change(id);
  const [priceIn, priceOut] = [Number(form.price_in), Number(form.price_out)];
  const body = (
    <>
      <h1>{title}</h1>
      <Sheet>
        {!isNew && (
          <p class="soft">
            {words.priceIn}: {words.credits(formatCredits(priceIn, locale))}. {words.priceOut}:{' '}
            {words.credits(formatCredits(priceOut, locale))}.
          </p>
        )}
        <ModelFields form={form} isNew={isNew} csrf={csrf} locale={locale} />
      </Sheet>
      {!isNew && (
        <p>
          <a href={`${CATALOGUE}/remove?id=${segment(id)}`}>{words.remove}</a>
        </p>
      )}
    </>
  );
  return showPage(c, { title, body });
}

/** By the query, since ids may hold slashes. Throws ApiError 404. */
async function findModel(c: Context<ConsoleEnv>): Promise<CatalogueModel> {
  // Where its form was refused, that says which.
  const id = [c.req.query('id') ?? c.get('typed')?.['id'] ?? ''].flat()[0] ?? '';
  const model = await c.get('services').catalogue.find(id, Date.now());
  if (!model) throw new ApiError('not_found', 'There is no such model on the catalogue.');
  return model;
}

function modelPath(id: string): string {
  return `${CATALOGUE}/model?id=${segment(id)}`;
}
