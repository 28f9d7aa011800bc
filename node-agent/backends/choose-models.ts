// The owner's choice of models laid over what a server lists. Pure.

import type { ModelInfo } from './backend.ts';
import { hashManifest } from './hash-manifest.ts';
import { isCloudName, type Listing } from './list-models.ts';
import { matchName } from './match-name.ts';
import type { Product } from './probe-server.ts';

/** All models that the server lists, or those that the owner's choice covers; a choice that fits nothing listed is offered as it stands. */
export function chooseModels(product: Product, listing: Listing, choices: readonly string[] | undefined): ModelInfo[] {
  if (choices === undefined) return [...listing.models];
  const listed = listing.models.filter((model) => choices.some((choice) => matchName(choice, model.name)));
  const unlisted = choices
    .filter((choice) => choice.endsWith('*') || isFree(choice, listing))
    .filter((choice) => !isCloudName(choice));
  return [...listed, ...unlisted.map((choice) => describeUnlisted(product, choice))];
}

/** Null when a job may ask this server for `name`, else why not. */
export function refuseModel(name: string, listing: Listing, choices: readonly string[] | undefined): string | null {
  const excluded = listing.excluded.find((entry) => matchName(entry.name, name) || matchName(name, entry.name));
  if (excluded !== undefined) return `${name} is not shared: ${excluded.why}`;
  if (isCloudName(name)) return `${name} is not shared: it runs in a cloud, not on this machine`;
  const offered =
    choices === undefined
      ? listing.models.some((model) => matchName(name, model.name))
      : choices.some((choice) => matchName(choice, name));
  return offered ? null : `this home has no model ${name}`;
}

function isFree(choice: string, listing: Listing): boolean {
  return ![...listing.models, ...listing.excluded].some((model) => matchName(choice, model.name));
}

function describeUnlisted(product: Product, name: string): ModelInfo {
  return {
    name,
    digest: hashManifest({ source: product, name }),
    contextTokens: 4096,
    quantisation: null,
    family: null,
  };
}
