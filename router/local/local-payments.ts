// `npm start -- --x402`: a chain, a facilitator and a payer with tokens, so that calls without a key can be paid for on this machine. What it uses comes
// with the tools (npm install), so it is loaded only here.
import { randomBytes } from 'node:crypto';
import type { LocalRouterBindings } from './local-router.ts';
import { PAID_MODEL } from './paid-model.ts';
import { StartError } from './start-error.ts';
import type { Started } from './started.ts';

/** A hundred dollars that are worth nothing. */
const PAYER_UNITS = 100_000_000n;

/** The router's settings for payments, and what whoever tries them has to know. */
export interface LocalPayments {
  readonly bindings: LocalRouterBindings;
  readonly told: string;
}

/** Starts both. Throws StartError where the tools are not installed. */
export async function openLocalPayments(started: Started): Promise<LocalPayments> {
  const [chains, facilitators, accounts] = await Promise.all([
    import('./test-chain.ts'),
    import('./x402-facilitator.ts'),
    import('viem/accounts'),
  ]).catch(() => {
    throw new StartError('--x402 needs the tools beside the network: npm install, then start again.');
  });
  const newKey = (): `0x${string}` => `0x${randomBytes(32).toString('hex')}`;
  const [gasKey, payerKey, payTo] = [newKey(), newKey(), accounts.privateKeyToAddress(newKey())];
  const chain = await chains.startTestChain();
  started.add(() => chain.stop());
  await chain.fund(accounts.privateKeyToAddress(gasKey), 0n);
  await chain.fund(accounts.privateKeyToAddress(payerKey), PAYER_UNITS);
  await chain.approve(payerKey);
  const facilitator = await facilitators.startFacilitator({ chainUrl: chain.url, key: gasKey });
  started.add(() => facilitator.stop());
  const bindings = {
    X402_FACILITATOR_URL: facilitator.url,
    X402_RPC_URL: chain.url,
    X402_NETWORK: chains.TEST_NETWORK,
    X402_ASSET: chains.TEST_ASSET,
    X402_PAY_TO: payTo,
  };
  return {
    bindings,
    told: `chain ${chain.url}, facilitator ${facilitator.url}, payer's key ${payerKey}, model ${PAID_MODEL}`,
  };
}
