// The router's signing key and what is signed for: chain and contract of the environment.
import { fromHex } from '../../schema/bytes.ts';
import type { Hex } from '../../schema/bytes.ts';
import { makeMessageSigner } from '../../schema/receipt.ts';
import type { MessageSigner } from '../../schema/receipt.ts';
import { addressOfPrivateKey } from '../../schema/typed-data.ts';
import type { Domain } from '../../schema/typed-data.ts';
import type { Env } from '../env.ts';

export interface RouterSigner {
  readonly domain: Domain;
  readonly signer: MessageSigner;
  readonly routerKey: Uint8Array;
  readonly routerAddress: Hex;
}

export function openSigner(env: Env): RouterSigner {
  const domain: Domain = { chainId: Number(env.CHAIN_ID), verifyingContract: env.VERIFYING_CONTRACT as Hex };
  const routerKey = fromHex(env.ROUTER_SIGNING_KEY);
  return { domain, signer: makeMessageSigner(domain), routerKey, routerAddress: addressOfPrivateKey(routerKey) };
}
