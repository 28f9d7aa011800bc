// Files that pages load: the style and the islands, each under a name that its bytes decide, so that a browser keeps it for ever.
import type { Asset } from './asset.ts';
import { BUILT_ASSETS } from './built-assets.ts';

const ASSETS: ReadonlyMap<string, Asset> = new Map(Object.entries(BUILT_ASSETS));

/** Where a page finds it. Throws for one that was not built (`npm run build:console`). */
export function assetPath(name: string): string {
  const asset = ASSETS.get(name);
  if (!asset) throw new Error(`the asset ${name} was not built`);
  const dot = name.lastIndexOf('.');
  return `/assets/${name.slice(0, dot)}-${asset.tag}${name.slice(dot)}`;
}

/** By the last part of its path; null for none, and for one of another version. */
export function findAsset(file: string): Asset | null {
  const [, stem = '', tag = '', end = ''] = /^(.+)-([0-9a-z]{12})(\.[a-z]+)$/.exec(file) ?? [];
  const asset = ASSETS.get(stem + end);
  return asset?.tag === tag ? asset : null;
}
