// The figures of the audit as anyone reads them: which of the book's promises hold, and what it comes to. No account is named. Pure.
import type { AuditFigures } from '../billing/audit.ts';
import { makeDocument } from '../docs/make-document.ts';
import { formatCreditsWhole } from '../look/format-money.ts';
import { formatCount } from '../look/format-number.ts';
import type { Locale } from '../look/words.ts';
import { AUDIT_NAMES_JA, AUDIT_WORDS } from './audit-words.ts';

export interface AuditJson {
  readonly object: 'audit';
  readonly at: string;
  readonly unit: string;
  readonly ok: boolean;
  /** Each with the figure that decides it. */
  readonly invariants: Readonly<
    Record<string, { readonly told: string; readonly holds: boolean; readonly value: number }>
  >;
  readonly totals: Readonly<Record<string, number | null>>;
}

export function tellAudit(figures: AuditFigures): AuditJson {
  const { total, unbalanced, drifted, overdrawn, fees, paid, earned, kept } = figures;
  const none = (told: string, value: number): AuditJson['invariants'][string] => ({ told, holds: value === 0, value });
  const invariants = {
    postings_sum: none('the sum of all postings is 0', total),
    unbalanced: none('every event and every day sums to 0: those that do not', unbalanced),
    drifted: none('every balance is the sum of its postings: those that are not', drifted),
    negative_accounts: none('no account has less than nothing: those that do', overdrawn),
    fees: { told: 'the fees are never below 0', holds: fees >= 0, value: fees },
    paid_earned_fees: none(
      'what callers paid, less what owners earned and what the fees kept, is 0',
      paid - earned - kept,
    ),
  };
  return {
    object: 'audit',
    at: new Date(figures.at).toISOString(),
    unit: 'micro-credits (1,000,000 = 1 credit)',
    ok: Object.values(invariants).every(({ holds }) => holds),
    invariants,
    totals: {
      paid_micro: paid,
      earned_micro: earned,
      fees_kept_micro: kept,
      fees_micro: fees,
      granted_micro: figures.granted,
      bought_micro: figures.bought,
      operator_micro: figures.operator,
      credit_micro: figures.credit,
      unclaimed_earnings_micro: figures.owned,
      in_transit_micro: figures.transit,
      jobs: figures.jobs,
      parts: figures.parts,
      prompt_tokens: figures.promptTokens,
      completion_tokens: figures.outputTokens,
      // A zero would look measured.
      energy_micro_wh: figures.energyParts > 0 ? figures.energyMicroWh : null,
      energy_known_parts: figures.energyParts,
      flushes_waiting: figures.waiting,
    },
  };
}

/** The same for eyes: one page that loads nothing and runs nothing. */
export function renderAudit({ at, unit, ok, invariants, totals }: AuditJson, locale: Locale = 'en'): string {
  const words = AUDIT_WORDS[locale];
  const name = (key: string, english: string): string => (locale === 'ja' && AUDIT_NAMES_JA[key]) || english;
  const promises = Object.entries(invariants).map(
    ([key, { told, holds, value }]) =>
      `<tr><th scope="row">${name(key, told)}</th><td class="number">${formatCount(value, locale)}</td><td><span class="badge ${holds ? 'good' : 'bad'}">${holds ? words.holds : words.fails}</span></td></tr>`,
  );
  const sums = Object.entries(totals).map(([key, value]) => {
    const [unit, isMicro] = unitOf(key, words);
    const figure = isMicro ? formatCreditsWhole(value ?? 0, locale) : formatCount(value ?? 0, locale);
    const english = key.replace(/_micro(?:_wh)?$/, '').replaceAll('_', ' ');
    return `<tr><th scope="row">${name(key, english)}</th><td class="number">${value === null ? words.unknown : figure}</td><td>${unit}</td></tr>`;
  });
  const head = `<h1>${ok ? words.balance : words.wrong}</h1><p>${words.asOf} <time datetime="${at}">${at}</time>. ${words.unit(unit)} ${words.epochs}: <a href="/audit/epochs">/audit/epochs</a>.</p>`;
  const promised = toTable(words.promises, [words.promise, words.figure, words.it], promises);
  const body = promised + toTable(words.totals, [words.total, words.figure, words.inUnit], sums);
  return makeDocument({ lang: locale, title: `Irori: ${words.title}`, path: '/audit', head, body });
}

/** The second column is figures. */
function toTable(title: string, heads: readonly string[], rows: readonly string[]): string {
  const cells = heads.map((head, at) => `<th scope="col"${at === 1 ? ' class="number"' : ''}>${head}</th>`);
  return `<section><h2>${title}</h2><div class="wide" tabindex="0" role="region" aria-label="${title}"><table><thead><tr>${cells.join('')}</tr></thead><tbody>${rows.join('')}</tbody></table></div></section>`;
}

/** And whether the figure is millionths of it. */
function unitOf(name: string, { credits }: { credits: string }): readonly [unit: string, isMicro: boolean] {
  if (name.endsWith('_micro')) return [credits, true];
  return name.endsWith('_micro_wh') ? ['Wh', true] : ['', false];
}
