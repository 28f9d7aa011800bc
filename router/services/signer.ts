// The router's signing key, those before it, and what is signed for: chain and contract of the environment.
import * as z from 'zod';
import { fromHex } from '../../schema/bytes.ts';
import type { Hex } from '../../schema/bytes.ts';
import { handoverSchema, listPredecessors, MOST_HANDOVERS } from '../../schema/handover.ts';
import type { Handover } from '../../schema/handover.ts';
import { makeMessageSigner } from '../../schema/receipt.ts';
import type { MessageSigner } from '../../schema/receipt.ts';
import { addressOfPrivateKey } from '../../schema/typed-data.ts';
import type { Domain } from '../../schema/typed-data.ts';
import type { Env } from '../env.ts';
import { makeLog } from '../log.ts';

const log = makeLog('services');

export interface RouterSigner {
  readonly domain: Domain;
  readonly signer: MessageSigner;
  readonly routerKey: Uint8Array;
  readonly routerAddress: Hex;
  /** The router's addresses, the present one first and then those that have handed over to it: what they have signed is its own. */
  readonly routers: readonly Hex[];
  /** Public: how the addresses before the present one handed over. */
  readonly handovers: readonly Handover[];
}

export function openSigner(env: Env): RouterSigner {
  const domain: Domain = { chainId: Number(env.CHAIN_ID), verifyingContract: env.VERIFYING_CONTRACT as Hex };
  const signer = makeMessageSigner(domain);
  const routerKey = fromHex(env.ROUTER_SIGNING_KEY);
  const routerAddress = addressOfPrivateKey(routerKey);
  const handovers = parseHandovers(env.ROUTER_SIGNING_KEY_PREVIOUS ?? '[]');
  const routers = [routerAddress, ...findPrevious(signer, handovers, routerAddress)];
  return { domain, signer, routerKey, routerAddress, routers, handovers };
}

/** Each object of an isolate opens its own signer, and they all have one list. */
let found: { readonly name: string; readonly previous: readonly Hex[] } | null = null;

function findPrevious(signer: MessageSigner, handovers: readonly Handover[], router: Hex): readonly Hex[] {
  if (handovers.length === 0) return [];
  const name = [router, ...handovers.map(({ signature }) => signature)].join(' ');
  if (found?.name === name) return found.previous;
  const previous = listPredecessors(signer, handovers, router);
  // It works on; homes and receipts of the addresses that are not joined do not know the router again.
  if (previous.length < handovers.length) log.error('handover-leads-nowhere', { count: handovers.length });
  found = { name, previous };
  return previous;
}

const handoversSchema = z.array(handoverSchema).max(MOST_HANDOVERS);

/** ROUTER_SIGNING_KEY_PREVIOUS, as `npm run rotate:router-key` prints it. Throws on what is none. */
function parseHandovers(text: string): Handover[] {
  return handoversSchema.parse(JSON.parse(text));
}
