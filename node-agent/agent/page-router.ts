// What the page asks the home's router for, with the home's own key, and remembers for a while: an open page must not cost the router a question a second.
import * as z from 'zod';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import type { ToldSpan } from '../dashboard/build-day.ts';
import type { CatalogueView, ForecastView, HomesView } from '../dashboard/page-view.ts';
import { askEarnings } from '../link/earnings-question.ts';
import type { Earnings } from '../link/earnings-question.ts';
import { askSigned } from '../link/signed-question.ts';
import { askWhy } from '../link/why-question.ts';
import type { SessionKey } from '../receipts/session-key.ts';

const EARNINGS_MS = 20_000;
const WHY_MS = 20_000;
const SLOW_MS = 600_000;
const HOMES_MS = 30_000;
const HOMES_BYTES = 512 * 1024;
/** Of homes: 50 each. */
const HOMES_PAGES = 4;
/** What could not be had is asked for again after so long. */
const FAILED_MS = 10_000;
/** Pages of jobs of one view. */
const JOB_PAGES = 2;
const USUAL_BYTES = 128 * 1024;
const RECEIPT_BYTES = 1024 * 1024;
const MODELS_MAX = 40;

const text = z.string().max(500);
const amount = z.number().min(0);

const demandSchema = z.object({
  models: z
    .array(
      z.object({
        name: text,
        id: text.nullish(),
        in_catalogue: z.boolean(),
        price_in: amount.nullish(),
        price_out: amount.nullish(),
        calls_per_hour: amount.nullish(),
      }),
    )
    .max(500),
});
const forecastSchema = z.object({
  models: z
    .array(z.object({ name: text, low_micro_day: amount.nullable(), high_micro_day: amount.nullable(), days: amount }))
    .max(500),
  enough_data: z.boolean(),
});
/** What a Date can be. */
const at = z.union([z.number().min(0).max(8.64e15), z.iso.datetime()]).nullish();
const homesSchema = z.object({
  data: z
    .array(
      z.object({
        id: text,
        name: text.nullish(),
        online: z.boolean(),
        since: at,
        last_seen: at,
        state: text.nullish(),
        reason: text.nullish(),
        models: z
          .array(z.object({ name: text }))
          .max(500)
          .default([]),
        slots: amount.nullish(),
        running: amount.nullish(),
        jobs_today: amount.nullish(),
        earned_today_micro: amount.nullish(),
        earned_30d_micro: amount.nullish(),
        earned_days_micro: z.array(amount).max(62).nullish(),
        version: text.nullish(),
      }),
    )
    .max(1000),
  next: text.nullish(),
});

interface Remembered {
  readonly at: number;
  readonly value: Promise<Result<unknown, string>>;
}

export class PageRouter {
  readonly #router: string;
  readonly #key: SessionKey;
  readonly #now: () => number;
  readonly #known = new Map<string, Remembered & { keepMs: number }>();

  constructor({ router, key, now }: { readonly router: string; readonly key: SessionKey; readonly now: () => number }) {
    this.#router = router;
    this.#key = key;
    this.#now = now;
  }

  earnings(days: number): Promise<Result<Earnings, string>> {
    return this.#remember(`earnings ${days}`, EARNINGS_MS, () =>
      askEarnings(this.#router, this.#key, { days, mostPages: JOB_PAGES }),
    );
  }

  /** With every job that the router lists: for a file, and so asked for anew each time. */
  earningsWhole(days: number): Promise<Result<Earnings, string>> {
    return askEarnings(this.#router, this.#key, { days });
  }

  /** Of the last hour. */
  why(): Promise<Result<readonly ToldSpan[], string>> {
    return this.#remember('why', WHY_MS, async () => {
      const why = await askWhy(this.#router, this.#key, this.#now());
      return why.ok ? ok(why.value.lastHour.spans) : why;
    });
  }

  /** What the network makes of models, by their names here; of each the digest where it is known. */
  demand(
    models: readonly { readonly name: string; readonly digest: string | null }[],
  ): Promise<Result<ReadonlyMap<string, CatalogueView>, string>> {
    const asked = models.slice(0, MODELS_MAX);
    const query = asked.map(({ name, digest }) => `model=${encodeURIComponent(name)}&digest=${digest ?? ''}`).join('&');
    return this.#remember(`demand ${query}`, SLOW_MS, async () => {
      const read = await this.#ask(`/node/v1/demand?${query}`, demandSchema);
      if (!read.ok) return read;
      return ok(new Map(read.value.models.map((model) => [model.name, toCatalogue(model)] as const)));
    });
  }

  forecast(): Promise<Result<Pick<ForecastView, 'isEnough' | 'models'>, string>> {
    return this.#remember('forecast', SLOW_MS, async () => {
      const read = await this.#ask('/node/v1/forecast', forecastSchema);
      if (!read.ok) return read;
      const { enough_data: isEnough, models } = read.value;
      const told = models.flatMap(({ name, low_micro_day: lowMicroDay, high_micro_day: highMicroDay, days }) =>
        lowMicroDay === null || highMicroDay === null ? [] : [{ name, lowMicroDay, highMicroDay, days }],
      );
      return ok({ isEnough, models: told });
    });
  }

  /** `own`: this home's id. */
  homes(own: string | null): Promise<Result<HomesView['homes'], string>> {
    return this.#remember('homes', HOMES_MS, async () => {
      const homes: HomesView['homes'][number][] = [];
      let next: string | null = '';
      for (let pages = 0; next !== null && pages < HOMES_PAGES; pages++) {
        const after: string = next === '' ? '' : `&after=${encodeURIComponent(next)}`;
        const read = await this.#ask(`/v1/owner/nodes?by=day${after}`, homesSchema, HOMES_BYTES);
        if (!read.ok) return read;
        homes.push(...read.value.data.map((home) => toHome(home, own)));
        next = read.value.next ?? null;
      }
      return ok(homes.toSorted(byRank));
    });
  }

  /** A document that anybody can check. */
  async receipt(job: string): Promise<Result<string, string>> {
    const question = { router: this.#router, key: this.#key, mostBytes: RECEIPT_BYTES };
    const asked = await askSigned({ ...question, path: `/v1/receipts/${job}` }, this.#now());
    if (!asked.ok) return asked;
    return asked.value === null
      ? err('The router has no receipt of this job.')
      : ok(JSON.stringify(asked.value, null, 2));
  }

  async #ask<T>(path: string, schema: z.ZodType<T>, mostBytes = USUAL_BYTES): Promise<Result<T, string>> {
    const asked = await askSigned({ router: this.#router, key: this.#key, path, mostBytes }, this.#now());
    if (!asked.ok) return asked;
    if (asked.value === null) return err('This router does not tell it: it is older than this agent.');
    const read = schema.safeParse(asked.value);
    return read.success ? ok(read.data) : err(`${this.#router} does not answer like an Irori router.`);
  }

  /** Whoever asks meanwhile shares the answer. */
  #remember<T>(name: string, keepMs: number, ask: () => Promise<Result<T, string>>): Promise<Result<T, string>> {
    const now = this.#now();
    const known = this.#known.get(name);
    if (known && now - known.at < known.keepMs && now >= known.at) return known.value as Promise<Result<T, string>>;
    const value = ask();
    const entry = { at: now, value, keepMs };
    this.#known.set(name, entry);
    void value.then((result) => {
      if (!result.ok) entry.keepMs = FAILED_MS;
    });
    for (const [other, { at: asked, keepMs: kept }] of this.#known) if (now - asked > kept) this.#known.delete(other);
    return value;
  }
}

type Demanded = z.output<typeof demandSchema>['models'][number];

function toCatalogue(model: Demanded): CatalogueView {
  return {
    id: model.in_catalogue ? (model.id ?? model.name) : null,
    priceIn: model.price_in ?? null,
    priceOut: model.price_out ?? null,
    callsPerHour: model.calls_per_hour ?? null,
  };
}

/** The router's states that the page has words for; of a pause it is the reason. */
const WORDS: ReadonlySet<string> = new Set(['busy', 'idle', 'offline', 'cooling']);

/** This one first, then those that are there, by name. */
function byRank(one: HomesView['homes'][number], other: HomesView['homes'][number]): number {
  return (
    Number(other.isThis) - Number(one.isThis) ||
    Number(other.isOnline) - Number(one.isOnline) ||
    (one.name ?? one.id).localeCompare(other.name ?? other.id)
  );
}

type ToldHome = z.output<typeof homesSchema>['data'][number];

function toHome(home: ToldHome, own: string | null): HomesView['homes'][number] {
  const word = pickWord(home);
  return {
    id: home.id,
    name: home.name ?? null,
    isThis: home.id === own,
    isOnline: home.online,
    sinceAt: toIso(home.since),
    lastSeenAt: toIso(home.last_seen),
    word,
    // A pause is told by its word; of a home that cools down the router says why.
    detail: word === home.reason ? null : (home.reason ?? null),
    models: home.models.map(({ name }) => name),
    slots: home.slots ?? null,
    running: home.running ?? null,
    jobsToday: home.jobs_today ?? null,
    earnedTodayMicro: home.earned_today_micro ?? null,
    earned30Micro: home.earned_30d_micro ?? null,
    earnedDaysMicro: home.earned_days_micro ?? null,
    version: home.version ?? null,
  };
}

function pickWord({ state, reason }: ToldHome): string | null {
  if (state === 'paused') return reason ?? null;
  return state && WORDS.has(state) ? state : null;
}

/** Routers tell ms since epoch or ISO 8601. */
function toIso(time: number | string | null | undefined): string | null {
  return time === null || time === undefined ? null : new Date(time).toISOString();
}
