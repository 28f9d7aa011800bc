// The token in which x402 payments are taken, as the environment writes it. Pure.
import type { Hex } from '../../schema/bytes.ts';

/** `0x… USD Coin 2` as address, name and version; null for what is none. */
export function readAsset(
  text: string,
): { readonly asset: Hex; readonly name: string; readonly version: string } | null {
  const [, asset, name, version] = /^(0x[0-9a-fA-F]{40}) +(\S(?:.*\S)?) +(\S+)$/.exec(text.trim()) ?? [];
  if (asset === undefined || name === undefined || version === undefined) return null;
  return { asset: asset.toLowerCase() as Hex, name, version };
}
