// The page's only way to the agent: its own origin, with the secret that only this port's pages can read.
import type { ActionView } from '../page-view.ts';

const KEY_NAME = 'irori-page-key';

/** What was not done: `isLocked` where this browser has to be let in anew. */
export class NotDone extends Error {
  readonly isLocked: boolean;

  constructor(message: string, isLocked: boolean) {
    super(message);
    this.isLocked = isLocked;
  }
}

/** The token that the address brought, if it brought one: it works once, and need not stand in the history. */
export function takeToken(): string | null {
  const token = /^#open=([\w-]+)$/.exec(location.hash)?.[1] ?? null;
  if (token !== null) history.replaceState(null, '', '/');
  return token;
}

/** True where the agent let this browser in. */
export async function enter(token: string): Promise<boolean> {
  const answer = await fetch('/api/session', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token }),
  }).catch(() => null);
  if (!answer?.ok) return false;
  localStorage.setItem(KEY_NAME, ((await answer.json()) as { key: string }).key);
  return true;
}

/** Rejects with NotDone: a sentence of the agent's, or none where it did not answer. */
export async function ask<T>(path: string): Promise<T> {
  return (await (await send(path, null)).json()) as T;
}

export async function act(name: string, body: object): Promise<ActionView> {
  return (await (await send(`/api/actions/${name}`, body)).json()) as ActionView;
}

export async function post<T>(path: string): Promise<T> {
  return (await (await send(path, {})).json()) as T;
}

/** The router names jobs: none of its names may lead to another path. */
export function receiptPath(job: string): string {
  return `/api/receipts/${encodeURIComponent(job)}`;
}

/** Saves what the agent gives as a file. */
export async function save(path: string, name: string): Promise<void> {
  const url = URL.createObjectURL(await (await send(path, null)).blob());
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser has taken it over by then.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

async function send(path: string, body: object | null): Promise<Response> {
  const headers: Record<string, string> = { 'x-irori-page-key': localStorage.getItem(KEY_NAME) ?? '' };
  if (body !== null) headers['content-type'] = 'application/json';
  const method = body === null ? 'GET' : 'POST';
  const answer = await fetch(path, { method, headers, ...(body === null ? {} : { body: JSON.stringify(body) }) }).catch(
    () => null,
  );
  if (answer === null) throw new NotDone('', false);
  if (answer.ok) return answer;
  const told = (await answer.json().catch(() => null)) as { error?: { message?: string } } | null;
  throw new NotDone(told?.error?.message ?? `${answer.status}`, answer.status === 401);
}
