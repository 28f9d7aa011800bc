// The wallet whose tokens a command moves: by its key, whose file its owner names for this one command, or by its address where it signs elsewhere.
import { fromHex } from '../../schema/bytes.ts';
import type { Hex } from '../../schema/bytes.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { addressOfPrivateKey } from '../../schema/typed-data.ts';
import type { OptionValues } from '../config/parse-flags.ts';
import { readKeyFile } from './key-file.ts';

export interface OwnersWallet {
  /** Null where it signs elsewhere. */
  readonly key: Hex | null;
  readonly address: Hex;
}

/** Null where neither was named. Errors are sentences for the owner. */
export async function readOwnersWallet({
  walletKeyFile,
  owner,
}: OptionValues): Promise<Result<OwnersWallet | null, string>> {
  if (typeof walletKeyFile === 'string') {
    const read = await readKeyFile(walletKeyFile, '--wallet-key-file');
    return read.ok ? ok({ key: read.value, address: addressOfPrivateKey(fromHex(read.value)) }) : read;
  }
  if (typeof owner !== 'string') return ok(null);
  return /^0x[0-9a-fA-F]{40}$/.test(owner)
    ? ok({ key: null, address: owner.toLowerCase() as Hex })
    : err('--owner must be an address: 0x and 40 hex digits.');
}
