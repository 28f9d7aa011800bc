// What an owner is told of a server that cannot be shared now: what was seen, and what to do. Pure.

import type { Answer } from './http-door.ts';
import { isCloudName } from './list-models.ts';
import type { Listing } from './list-models.ts';
import { isStatement } from './probe-server.ts';
import type { Product } from './probe-server.ts';
import { noteLinks } from './refuse-server.ts';
import type { ServerUrl } from './refuse-server.ts';

/** Nobody answered; `why` is the system's word for it. */
export function describeSilence({ root }: ServerUrl, why: string): string {
  return `No server answers at ${root} (${why}). Start it, or correct the URL.`;
}

/** Somebody answered, and there is no API that jobs could use: a key is missing, it is starting, or it lies elsewhere. */
export function describeNoApi(server: ServerUrl, answers: ReadonlyMap<string, Answer>, hasKey: boolean): string {
  const { root, api, elsewhere } = server;
  const locked = [...answers.values()].find(({ status }) => status === 401 || status === 403);
  const list = answers.get('models');
  if (locked !== undefined) return describeLocked(root, locked.status, hasKey);
  if (list === undefined || !isStatement(list)) return describeNoList(server, list);
  const redirect = list.why === '' ? '' : `; ${list.why}`;
  const places = elsewhere.map((place) => place.api.slice(new URL(place.api).origin.length) || '/').join(', ');
  return `What answers at ${root} has no OpenAI-compatible API (GET ${api}/models answered ${list.status}${redirect}; looked at ${places} too). Correct the URL.`;
}

function describeLocked(root: string, status: number, hasKey: boolean): string {
  const what = hasKey ? 'does not take the API key that it is given' : 'wants an API key';
  return `The server at ${root} ${what} (${status}). Set the variable IRORI_BACKEND_KEY, or name a key for each server in backend-keys.json in the state folder, and start again.`;
}

/** It is there, and its list of models did not come. An absent list is not an empty one. */
export function describeNoList({ root }: ServerUrl, list: Answer | undefined): string {
  const how = list === undefined || list.status === 0 ? 'does not come' : `is answered with ${list.status}`;
  return `The server at ${root} is there, but its list of models ${how}. It may be starting, or busy; it is asked again.`;
}

/** What of a server is not shared, and what only its owner can know of it. `choices`: the owner's. */
export function describeLeftOut(product: Product, { models, excluded }: Listing, choices: readonly string[]): string[] {
  const left = excluded.map(({ name, why }) => `${name} is left out: ${why}.`);
  const clouds = models.length + excluded.length > 0 ? [] : choices.filter(isCloudName);
  const absent = clouds.map((name) => `${name} is left out: it runs in a cloud, not on this machine.`);
  return [...left, ...absent, ...noteLinks(product)];
}
