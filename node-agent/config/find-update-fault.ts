// What is wrong with the settings of updates. Pure.
import { isLoopbackHost } from '../link/parse-router-url.ts';
import type { OptionValues } from './parse-flags.ts';

export const UPDATE_POLICIES = ['notify', 'when-idle', 'off'] as const;
export type UpdatePolicy = (typeof UPDATE_POLICIES)[number];

/** A sentence that names the setting; null where nothing is wrong. */
export function findUpdateFault({ updates, manifest, updateKey }: OptionValues): string | null {
  if (updates !== undefined && !UPDATE_POLICIES.some((one) => one === updates))
    return `--updates must be one of ${UPDATE_POLICIES.join(', ')}.`;
  if (typeof manifest === 'string' && !isWebAddress(manifest))
    return '--manifest must be an https address, or an http one on this machine.';
  if (typeof updateKey === 'string' && !/^[0-9a-fA-F]{64}$/.test(updateKey))
    return '--update-key must be an Ed25519 public key: 64 hex digits.';
  return null;
}

function isWebAddress(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, hostname } = new URL(address);
  return protocol === 'https:' || (protocol === 'http:' && isLoopbackHost(hostname));
}
