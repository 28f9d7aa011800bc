// Which chain pays this home: as the router told it first, kept in the state folder so that it can be asked when the router is gone. What was kept is not
// changed by what the router says later, but for the address of the chain's node.
import { join } from 'node:path';
import * as z from 'zod';
import type { Hex } from '../../schema/bytes.ts';
import { parseJson } from '../../schema/json.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { findTestChain } from '../../schema/test-chains.ts';
import { word } from '../../schema/typed-data.ts';
import { readJsonFile, writeDurably } from '../home/durable-file.ts';
import { askRouter } from '../link/router-door.ts';
import { endSentence } from '../link/tell-network-fault.ts';

/** `chain.json` was something else before version 3. */
const FILE = 'payouts.json';

const address = z
  .string()
  .transform((text) => text.toLowerCase())
  .pipe(word.address);
const rpcUrl = z.url({ protocol: /^https?$/ }).nullable();

const knownSchema = z.object({
  chainId: z.number().int().min(1),
  payouts: address,
  /** Null where it was not told. */
  governor: address.nullable(),
  rpcUrl,
});
export type KnownChain = z.output<typeof knownSchema>;

/** As `GET /audit/chain` answers, in what is not read from the chain itself. */
const toldSchema = z
  .object({ chain_id: z.number().int().min(1), payouts: address, governor: address.nullish(), rpc_url: rpcUrl })
  .transform(({ chain_id: chainId, payouts, governor = null, rpc_url: url }) => ({
    chainId,
    payouts,
    governor,
    rpcUrl: url,
  }));

/** What is kept; null for nothing. Errors: a sentence for the owner. */
export async function readKnownChain(folder: string): Promise<Result<KnownChain | null, string>> {
  const path = join(folder, FILE);
  const value = await readJsonFile(path).catch(() => undefined);
  if (value === null) return ok(null);
  const parsed = knownSchema.safeParse(value);
  if (parsed.success) return ok(parsed.data);
  const field = parsed.error.issues[0]?.path.join('.') || 'the whole';
  return err(`${path} cannot be read (${field}). Mend it or move it away.`);
}

/** What the router says of its chain; null where it has none. Errors are sentences for the owner. */
export async function askKnownChain(router: string): Promise<Result<KnownChain | null, string>> {
  const answer = await askRouter(`${router}/audit/chain`, {});
  if (!answer.ok) return err(`The router at ${router} cannot be reached: ${endSentence(answer.error)}`);
  const { status, text } = answer.value;
  if (status === 404) return ok(null);
  const told = toldSchema.safeParse(status === 200 ? parseJson(text) : null);
  if (!told.success) {
    const field = status === 200 ? told.error.issues[0]?.path.join('.') : `status ${status}`;
    return err(`What the router at ${router} says of its chain cannot be read (${field || 'the whole'}).`);
  }
  const chain = findTestChain(told.data.chainId);
  return chain.ok ? ok(told.data) : chain;
}

/** Keeps what was told. Errors, as sentences: the router names another contract than the one that is kept, which stands. */
export async function keepKnownChain(folder: string, told: KnownChain): Promise<Result<KnownChain, string>> {
  const before = await readKnownChain(folder);
  if (!before.ok) return before;
  const other = findOther(before.value, told);
  if (other !== null)
    return err(
      `The router names another ${other} for payouts than before (${tellPlace(told)}, before ${tellPlace(before.value)}). What was told first stands; if it is right that it changed, move ${join(folder, FILE)} away.`,
    );
  const known = {
    ...told,
    governor: told.governor ?? before.value?.governor ?? null,
    rpcUrl: told.rpcUrl ?? before.value?.rpcUrl ?? null,
  };
  const text = `${JSON.stringify(known)}\n`;
  if (text !== `${JSON.stringify(before.value)}\n`) await writeDurably(join(folder, FILE), text);
  return ok(known);
}

function findOther(before: KnownChain | null, told: KnownChain): 'chain' | 'contract' | null {
  if (!before) return null;
  if (before.chainId !== told.chainId) return 'chain';
  return before.payouts === told.payouts ? null : 'contract';
}

function tellPlace(of: { readonly chainId: number; readonly payouts: Hex } | null): string {
  return of ? `${of.payouts} on chain ${of.chainId}` : 'nothing';
}
