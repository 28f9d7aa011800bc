// What the owner's page asks of the agent, and what it may tell it to do: the page's server knows nothing else of it.
import * as z from 'zod';
import type { Result } from '../../schema/result.ts';
import type {
  ActionView,
  DoctorView,
  EarningsView,
  ForecastView,
  HomesView,
  LogsView,
  PageView,
  VerifyView,
  WhyView,
} from './page-view.ts';

/** 0 off, 1 eco, 2 full, for each half hour. */
const dayOfWeek = z.string().regex(/^[012]{48}$/);
const name = z.string().trim().min(1).max(60);
const amount = z.number().min(0).max(1_000_000);

/** What the owner can do on the page, by its name in `POST /api/actions/{name}`. */
export const ACTIONS = {
  pause: z.strictObject({
    when: z.enum(['now', 'after-job']).default('now'),
    /** For so long, until then, or, with neither, until told otherwise. */
    forMs: z.number().int().min(1000).max(604_800_000).nullable().default(null),
    untilAt: z.iso.datetime().nullable().default(null),
  }),
  resume: z.strictObject({}),
  rules: z.strictObject({
    week: z.array(dayOfWeek).length(7).optional(),
    apps: z.array(z.string().trim().min(1).max(300)).max(300).optional(),
    limits: z.record(z.string().max(40), z.number().min(0).max(1e12).nullable()).optional(),
  }),
  share: z.strictObject({ model: z.string().min(1).max(200), isShared: z.boolean() }),
  name: z.strictObject({ name }),
  settings: z.strictObject({
    kwhPrice: amount.nullable(),
    currency: z.string().regex(/^[A-Z]{3}$/),
    creditPrice: amount.nullable(),
  }),
  test: z.strictObject({ model: z.string().min(1).max(200).optional() }),
  /** Looked for, or taken when no job runs. */
  update: z.strictObject({ install: z.boolean() }),
  leave: z.strictObject({ confirm: z.string().max(100).optional() }),
} as const;

export type ActionName = keyof typeof ACTIONS;
export type ActionOf<N extends ActionName> = z.output<(typeof ACTIONS)[N]>;
/** Any of them, by its name. */
export type PageAction = { [N in ActionName]: { readonly do: N } & ActionOf<N> }[ActionName];

/** Errors are sentences for the owner. */
export interface PageDesk {
  view(): Promise<PageView>;
  earnings(days: number): Promise<Result<EarningsView, string>>;
  /** A line a job, for a spreadsheet. */
  earningsCsv(days: number): Promise<Result<string, string>>;
  why(): Promise<WhyView>;
  forecast(): Promise<ForecastView>;
  homes(): Promise<HomesView>;
  /** The receipts of a job as a document that anybody can check. */
  receipt(job: string): Promise<Result<string, string>>;
  /** Told in a language: `ja`, or English. */
  verify(job: string, lang: string): Promise<Result<VerifyView, string>>;
  doctor(): Promise<Result<DoctorView, string>>;
  logs(): Promise<Result<LogsView, string>>;
  act(action: PageAction): Promise<Result<ActionView, string>>;
}
