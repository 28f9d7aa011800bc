// `npm start -- --x402`: a chain, a facilitator and a payer with tokens, so that calls without a key can be paid for on this machine. What it uses comes
// with the tools (npm install), so it is loaded only here.
import { randomBytes } from 'node:crypto';
import type { LocalRouterBindings } from './local-router.ts';
import { StartError } from './start-error.ts';
import type { Started } from './started.ts';

/** A hundred dollars that are worth nothing. */
const PAYER_UNITS = 100_000_000n;
/** Of the built-in model, which is free: the same under a name that is paid for. */
const PAID_MODEL = 'nano-paid';
const FREE_MODEL = 'nano-demo';

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

/** Lists the built-in model a second time, at a price. Throws StartError when the router refuses it. */
export async function listPaidModel(url: string, adminSecret: string): Promise<void> {
  const headers = { authorization: `Bearer ${adminSecret}`, 'content-type': 'application/json' };
  const listed = (await (await fetch(`${url}/admin/v1/models`, { headers })).json()) as {
    readonly data: readonly { readonly id: string; readonly digests: readonly string[] }[];
  };
  const free = listed.data.find(({ id }) => id === FREE_MODEL);
  const body = {
    description: 'The built-in demo, at a price.',
    digests: free?.digests ?? [],
    price_in: 1_000_000,
    price_out: 2_000_000,
    context_tokens: 512,
    max_output_tokens: 480,
    tokenizer: 'nano',
  };
  const put = await fetch(`${url}/admin/v1/models/${PAID_MODEL}`, {
    method: 'PUT',
    headers,
    body: JSON.stringify(body),
  });
  if (!put.ok) throw new StartError(`The router did not list ${PAID_MODEL}: ${put.status}`);
}
