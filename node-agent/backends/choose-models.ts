// The owner's choice of models laid over what a server lists. Pure.

import { matchesName, pickByName, plainName } from '../../schema/model-names.ts';
import type { ModelInfo } from './backend.ts';
import { hashManifest } from './hash-manifest.ts';
import { isCloudName, type Listing } from './list-models.ts';
import type { Product } from './probe-server.ts';
import { tellName } from './tell-name.ts';

/** Products that list all that they can serve: a pattern there covers what is listed and nothing else. Others may know more names than they list. */
const LISTING_ALL: ReadonlySet<Product> = new Set(['ollama', 'lm-studio', 'llama-server']);

/** How many names a sentence for the owner holds. */
const NAMES_MAX = 6;

/**
 * All models that the server lists, or those that the owner's choice covers. A choice that fits nothing listed is offered as it stands only
 * where the server lists nothing at all; a pattern also where a server may know more names than it lists.
 */
export function chooseModels(product: Product, listing: Listing, choices: readonly string[] | undefined): ModelInfo[] {
  const { listed, unlisted } = choose(product, listing, choices);
  return [...listed, ...unlisted.map((choice) => describeUnlisted(product, choice))];
}

interface Chosen {
  readonly listed: readonly ModelInfo[];
  /** Choices that nothing listed fits, as they stand. */
  readonly unlisted: readonly string[];
}

function choose(product: Product, listing: Listing, choices: readonly string[] | undefined): Chosen {
  if (choices === undefined) return { listed: listing.models, unlisted: [] };
  // Who chose a path and who chose the name that it is told under mean the same file.
  const patterns = choices.map(tellName);
  const listed = listing.models.filter(({ name }) => patterns.some((pattern) => matchesName(pattern, tellName(name))));
  const unlisted = choices.filter((choice) => standsUnlisted(choice, product, listing) && !isCloudName(choice));
  return { listed, unlisted };
}

/** The server's own name of the model that a job asks for by the one it is told under, or why the job may not ask for it. */
export function findModelName(
  name: string,
  { product, listing }: { readonly product: Product; readonly listing: Listing },
  choices: readonly string[] | undefined,
): { readonly name: string } | { readonly refusal: string } {
  const excluded = listing.excluded.find((entry) => plainName(tellName(entry.name)) === plainName(name));
  if (excluded !== undefined) return { refusal: `${name} is not shared: ${excluded.why}` };
  if (isCloudName(name)) return { refusal: `${name} is not shared: it runs in a cloud, not on this machine` };
  const { listed, unlisted } = choose(product, listing, choices);
  const offered = [...listed.map((model) => model.name), ...unlisted];
  const [found] = pickByName(offered, tellName, name);
  if (found === undefined) return { refusal: `this home has no model ${name}` };
  return { name: found.endsWith('*') ? name : found };
}

/** What the owner is told of choices that no server here lists; null when there are none. Names that are close to a choice come first. */
export function explainMissing(choices: readonly string[], listed: readonly string[]): string | null {
  const missing = choices.filter((choice) => !listed.some((name) => matchesName(tellName(choice), name)));
  if (missing.length === 0 || listed.length === 0) return null;
  const distance = (name: string): number => Math.min(...missing.map((choice) => countEdits(choice, name)));
  const near = listed.toSorted((a, b) => distance(a) - distance(b));
  const more = near.length > NAMES_MAX ? ` and ${near.length - NAMES_MAX} more` : '';
  return `This server has no ${missing.join(', ')}. It lists: ${near.slice(0, NAMES_MAX).join(', ')}${more}.`;
}

function standsUnlisted(choice: string, product: Product, listing: Listing): boolean {
  const listsNothing = listing.models.length + listing.excluded.length === 0;
  return listsNothing || (choice.endsWith('*') && !LISTING_ALL.has(product));
}

/** Letters to change, add or leave out to make one name of the other, whatever their case. */
function countEdits(from: string, to: string): number {
  const [a, b] = [plainName(from).toLowerCase(), plainName(to).toLowerCase()];
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 0; i < a.length; i += 1) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j += 1) {
      const kept = (row[j] ?? 0) + (a[i] === b[j] ? 0 : 1);
      next.push(Math.min(kept, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

function describeUnlisted(product: Product, name: string): ModelInfo {
  return {
    name,
    digest: hashManifest({ source: product, name }),
    contextTokens: 4096,
    isContextGuessed: true,
    quantisation: null,
    family: null,
  };
}
