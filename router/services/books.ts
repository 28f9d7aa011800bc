// The doors to what the book tells of itself: statistics, totals of days, projections, the audit.
import { makeAudit } from '../billing/audit.ts';
import type { Audit } from '../billing/audit.ts';
import { makeBookCopy } from '../billing/book-copy.ts';
import type { BookCopy } from '../billing/book-copy.ts';
import { makeReadBookState } from '../billing/book-state.ts';
import type { ReadBookState } from '../billing/book-state.ts';
import type { Catalogue } from '../billing/catalogue.ts';
import { makeCreditHistory } from '../billing/credit-history.ts';
import type { CreditHistory } from '../billing/credit-history.ts';
import { makeDayTotals } from '../billing/day-totals.ts';
import type { DayTotals } from '../billing/day-totals.ts';
import { makeJobAccount } from '../billing/job-account.ts';
import type { JobAccount } from '../billing/job-account.ts';
import { makeJobList } from '../billing/job-list.ts';
import type { JobList } from '../billing/job-list.ts';
import { makeJobLog } from '../billing/job-log.ts';
import type { JobLog } from '../billing/job-log.ts';
import { makeOddJobs } from '../billing/odd-jobs.ts';
import type { OddJobs } from '../billing/odd-jobs.ts';
import type { Projections } from '../billing/projection-check.ts';
import type { Env } from '../env.ts';
import { openProjections } from './shared.ts';

export interface BookDoors {
  readonly bookCopy: BookCopy;
  readonly jobLog: JobLog;
  readonly dayTotals: DayTotals;
  readonly jobList: JobList;
  readonly jobAccount: JobAccount;
  readonly creditHistory: CreditHistory;
  readonly projections: Projections;
  readonly audit: Audit;
  readonly oddJobs: OddJobs;
  readonly readBookState: ReadBookState;
}

export function openBooks(env: Env, catalogue: Catalogue): BookDoors {
  return {
    bookCopy: makeBookCopy(env.DB),
    jobLog: makeJobLog({
      db: env.DB,
      publicModels: async () => new Set((await catalogue.list(Date.now())).map(({ id }) => id)),
    }),
    dayTotals: makeDayTotals(env.DB),
    jobList: makeJobList(env.DB),
    jobAccount: makeJobAccount(env.DB),
    creditHistory: makeCreditHistory(env.DB),
    projections: openProjections(env),
    audit: makeAudit(env.DB, () => Date.now()),
    oddJobs: makeOddJobs(env.DB),
    readBookState: makeReadBookState(env.DB),
  };
}
