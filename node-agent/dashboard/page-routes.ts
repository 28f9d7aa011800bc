// The paths of the page's own API, behind its door: each asks the desk one thing. Whoever comes here has shown both secrets.
import { parseJson } from '../../schema/json.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { ACTIONS } from './page-desk.ts';
import type { ActionName, PageAction, PageDesk } from './page-desk.ts';

export interface PageAsk {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: string;
}

export interface PageAnswer {
  readonly status: number;
  readonly type: 'application/json' | 'text/csv; charset=utf-8';
  readonly text: string;
  /** A file's name, for what is saved rather than shown. */
  readonly file?: string;
}

const USUAL_DAYS = 30;
const MOST_DAYS = 62;
const RECEIPT = /^\/api\/receipts\/(job_[0-9a-z]{1,60})$/;
const ACTION = /^\/api\/actions\/([a-z]{1,20})$/;

export function tellRefusal(status: number, code: string, message: string): PageAnswer {
  return { status, type: 'application/json', text: JSON.stringify({ error: { code, message } }) };
}

/** Null for a path that there is not. */
export async function answerPage(desk: PageDesk, ask: PageAsk): Promise<PageAnswer | null> {
  return ask.method === 'GET' ? answerGet(desk, ask) : answerPost(desk, ask);
}

async function answerGet(desk: PageDesk, { path, query }: PageAsk): Promise<PageAnswer | null> {
  const receipt = RECEIPT.exec(path)?.[1];
  if (receipt !== undefined) return toFile(await desk.receipt(receipt), 'application/json', `${receipt}.json`);
  const days = readDays(query.get('days'));
  switch (path) {
    case '/api/view':
      return toJson(ok(await desk.view()));
    case '/api/earnings':
      return days === null ? badDays() : toJson(await desk.earnings(days));
    case '/api/earnings.csv':
      return days === null
        ? badDays()
        : toFile(await desk.earningsCsv(days), 'text/csv; charset=utf-8', 'irori-earnings.csv');
    case '/api/why':
      return toJson(ok(await desk.why()));
    case '/api/forecast':
      return toJson(ok(await desk.forecast()));
    case '/api/homes':
      return toJson(ok(await desk.homes()));
    case '/api/doctor':
      return toJson(await desk.doctor());
    case '/api/logs':
      return toJson(await desk.logs());
    default:
      return null;
  }
}

async function answerPost(desk: PageDesk, { path, query, body }: PageAsk): Promise<PageAnswer | null> {
  const receipt = RECEIPT.exec(path)?.[1];
  if (receipt !== undefined) return toJson(await desk.verify(receipt, query.get('lang') ?? 'en'));
  const name = ACTION.exec(path)?.[1];
  if (name === undefined || !isAction(name)) return null;
  const read = ACTIONS[name].safeParse(parseJson(body));
  if (!read.success) {
    const [issue] = read.error.issues;
    const field = issue?.path.map(String).join('.') ?? '';
    return tellRefusal(
      400,
      'bad_request',
      `${field === '' ? 'The body' : field}: ${issue?.message ?? 'is not right'}.`,
    );
  }
  return toJson(await desk.act({ do: name, ...read.data } as PageAction));
}

function isAction(name: string): name is ActionName {
  return Object.hasOwn(ACTIONS, name);
}

function readDays(text: string | null): number | null {
  if (text === null) return USUAL_DAYS;
  const days = /^\d{1,2}$/.test(text) ? Number(text) : 0;
  return days >= 1 && days <= MOST_DAYS ? days : null;
}

function badDays(): PageAnswer {
  return tellRefusal(400, 'bad_request', `days: a whole number from 1 to ${MOST_DAYS}.`);
}

/** What could not be had is told as it is, in a sentence; the page shows it. */
function toJson(result: Result<unknown, string>): PageAnswer {
  if (!result.ok) return tellRefusal(502, 'unavailable', result.error);
  return { status: 200, type: 'application/json', text: JSON.stringify(result.value) };
}

function toFile(result: Result<string, string>, type: PageAnswer['type'], file: string): PageAnswer {
  if (!result.ok) return toJson(err(result.error));
  return { status: 200, type, text: result.value, file };
}
