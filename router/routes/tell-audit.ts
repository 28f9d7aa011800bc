// The figures of the audit as anyone reads them: which of the book's promises hold, and what it comes to. No account is named. Pure.
import type { AuditFigures } from '../billing/audit.ts';

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
export function renderAudit({ at, unit, ok, invariants, totals }: AuditJson): string {
  const promises = Object.values(invariants).map(
    ({ told, holds, value }) => `<tr><td>${holds ? '✓' : '✗'}</td><td>${told}</td><td>${tellNumber(value)}</td></tr>`,
  );
  const sums = Object.entries(totals).map(
    ([name, value]) =>
      `<tr><td></td><td>${name.replaceAll('_', ' ')}</td><td>${value === null ? 'unknown' : tellNumber(value)}</td></tr>`,
  );
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Audit</title>
<style>body{font:16px/1.5 system-ui;max-width:46rem;margin:2rem auto;padding:0 1rem}table{border-collapse:collapse;width:100%}
td{padding:.2rem .5rem;border-top:1px solid #8884}td:last-child{text-align:right;font-variant-numeric:tabular-nums}</style></head>
<body><h1>${ok ? 'The books balance' : 'The books do not balance'}</h1><p>As of <time>${at}</time>. Amounts in ${unit}.
Closed epochs: <a href="/audit/epochs">/audit/epochs</a>.</p>
<table>${promises.join('')}</table><h2>Totals</h2><table>${sums.join('')}</table></body></html>`;
}

function tellNumber(value: number): string {
  return String(value).replaceAll(/\B(?=(\d{3})+$)/g, ' ');
}
