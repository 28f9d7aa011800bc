// A facilitator of x402 for the test chain: /verify, /settle and /supported for the schemes exact (ERC-3009) and upto (Permit2), by viem. Small, and ours,
// so that payments can be tried and tested without anybody else.
import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createPublicClient, createWalletClient, http, parseSignature, verifyTypedData } from 'viem';
import type { Abi, Address, Hex, HttpTransport, PublicClient, WalletClient } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import type { PrivateKeyAccount } from 'viem/accounts';
import { foundry } from 'viem/chains';
import * as z from 'zod';
import {
  isUpto,
  paymentSchema,
  PERMIT2_ADDRESS,
  requirementsSchema,
  UPTO_PROXY_ADDRESS,
  X402_VERSION,
} from '../../schema/x402.ts';
import type { ExactPayload, Payment, Requirements, SettlementResponse, UptoPayload } from '../../schema/x402.ts';
import { DOLLAR_ABI, PERMIT2_ABI, PROXY_ABI, TEST_NETWORK } from './test-chain.ts';

const MAX_BODY_BYTES = 64 * 1024;

const TRANSFER_TYPES = {
  TransferWithAuthorization: [
    { name: 'from', type: 'address' },
    { name: 'to', type: 'address' },
    { name: 'value', type: 'uint256' },
    { name: 'validAfter', type: 'uint256' },
    { name: 'validBefore', type: 'uint256' },
    { name: 'nonce', type: 'bytes32' },
  ],
} as const;

const PERMIT_TYPES = {
  PermitWitnessTransferFrom: [
    { name: 'permitted', type: 'TokenPermissions' },
    { name: 'spender', type: 'address' },
    { name: 'nonce', type: 'uint256' },
    { name: 'deadline', type: 'uint256' },
    { name: 'witness', type: 'Witness' },
  ],
  TokenPermissions: [
    { name: 'token', type: 'address' },
    { name: 'amount', type: 'uint256' },
  ],
  Witness: [
    { name: 'to', type: 'address' },
    { name: 'facilitator', type: 'address' },
    { name: 'validAfter', type: 'uint256' },
  ],
} as const;

const askSchema = z.object({ paymentPayload: paymentSchema, paymentRequirements: requirementsSchema });

export interface Facilitator {
  readonly url: string;
  readonly address: Address;
  /** Amounts that it was asked to settle, each as often as it was asked. */
  readonly asked: readonly string[];
  readonly stop: () => Promise<void>;
}

export interface FacilitatorOptions {
  readonly chainUrl: string;
  /** Pays for gas, and is the only one who may settle what names it. */
  readonly key: Hex;
  readonly port?: number;
  /** Between the transaction and the answer: for tests that lose the answer. */
  readonly beforeAnswer?: () => Promise<void>;
}

/** A call on the chain that settles a payment. */
interface Settling {
  readonly address: Address;
  readonly abi: Abi;
  readonly functionName: string;
  readonly args: readonly unknown[];
}

export async function startFacilitator({
  chainUrl,
  key,
  port = 0,
  beforeAnswer,
}: FacilitatorOptions): Promise<Facilitator> {
  const desk = new Desk(chainUrl, key);
  const asked: string[] = [];
  // One transaction at a time: its account numbers them.
  let last: Promise<unknown> = Promise.resolve();
  const settle = (payment: Payment, requirements: Requirements): Promise<SettlementResponse> => {
    const settled = last.then(() => desk.settle(payment, requirements));
    last = settled.catch(() => undefined);
    return settled;
  };
  const answer = async (path: string, body: string): Promise<object | null> => {
    if (path === '/supported') return desk.supported;
    if (path !== '/verify' && path !== '/settle') return null;
    const parsed = askSchema.safeParse(JSON.parse(body));
    if (!parsed.success)
      return path === '/verify' ? { isValid: false, invalidReason: 'invalid_payload' } : refuse('invalid_payload');
    const { paymentPayload, paymentRequirements } = parsed.data;
    if (path === '/verify') {
      const invalidReason = await desk.verify(paymentPayload, paymentRequirements);
      return {
        isValid: invalidReason === null,
        payer: payerOf(paymentPayload),
        ...(invalidReason !== null && { invalidReason }),
      };
    }
    asked.push(paymentRequirements.amount);
    const settled = await settle(paymentPayload, paymentRequirements);
    await beforeAnswer?.();
    return settled;
  };
  const server = createServer((request, response) => {
    void readBody(request)
      .then((body) => answer(request.url ?? '', body))
      .then((told) => ({ status: told ? 200 : 404, told: told ?? { error: 'there is nothing here' } }))
      .catch((cause: unknown) => ({
        status: 500,
        told: { error: cause instanceof Error ? cause.message : String(cause) },
      }))
      .then(({ status, told }) => {
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(JSON.stringify(told));
      });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, address: desk.address, asked, stop: () => stopServer(server) };
}

function stopServer(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => void server.close(() => resolve()));
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) throw new Error('the body is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** What the facilitator does, whoever asks. */
class Desk {
  readonly #chain: PublicClient<HttpTransport, typeof foundry>;
  readonly #wallet: WalletClient<HttpTransport, typeof foundry, PrivateKeyAccount>;
  readonly address: Address;

  constructor(chainUrl: string, key: Hex) {
    const account = privateKeyToAccount(key);
    const transport = http(chainUrl);
    this.#chain = createPublicClient({ chain: foundry, transport, pollingInterval: 20 });
    this.#wallet = createWalletClient({ account, chain: foundry, transport });
    this.address = account.address;
  }

  get supported(): object {
    const extra = { facilitatorAddress: this.address };
    const kind = { x402Version: X402_VERSION, network: TEST_NETWORK };
    return {
      kinds: [
        { ...kind, scheme: 'exact' },
        { ...kind, scheme: 'upto', extra },
      ],
      extensions: [],
      signers: { 'eip155:*': [this.address] },
    };
  }

  /** Why a payment is none; null for a good one. */
  async verify(payment: Payment, requirements: Requirements): Promise<string | null> {
    const fault = judge(payment, requirements, this.address) ?? (await checkSignature(payment, requirements));
    if (fault !== null) return fault;
    const { asset } = requirements;
    const payer = payerOf(payment);
    const amount = BigInt(requirements.amount);
    if (!(await this.#isNonceFree(asset, payment))) return 'nonce_already_used';
    if ((await this.#read<bigint>(asset, DOLLAR_ABI, 'balanceOf', [payer])) < amount) return 'insufficient_funds';
    if (isUpto(payment.payload)) {
      const allowed = await this.#read<bigint>(asset, DOLLAR_ABI, 'allowance', [payer, PERMIT2_ADDRESS]);
      if (allowed < amount) return 'permit2_allowance_required';
    }
    const call = describeCall(payment, requirements);
    return this.#chain.simulateContract({ ...call, account: this.address }).then(
      () => null,
      () => 'simulation_failed',
    );
  }

  async settle(payment: Payment, requirements: Requirements): Promise<SettlementResponse> {
    const payer = payerOf(payment);
    const { payload } = payment;
    const { amount } = requirements;
    const most = isUpto(payload) ? payload.permit2Authorization.permitted.amount : amount;
    if (BigInt(amount) > BigInt(most)) return refuse('settlement_exceeds_amount', payer);
    const fault = await this.verify(payment, { ...requirements, amount: most });
    if (fault !== null) return refuse(fault, payer);
    if (BigInt(amount) === 0n) return { success: true, transaction: '', network: TEST_NETWORK, payer, amount };
    const transaction = await this.#wallet.writeContract(describeCall(payment, requirements));
    const { status } = await this.#chain.waitForTransactionReceipt({ hash: transaction });
    if (status !== 'success') return refuse('transaction_failed', payer);
    return { success: true, transaction, network: TEST_NETWORK, payer, amount };
  }

  async #isNonceFree(asset: Address, { payload }: Payment): Promise<boolean> {
    if (!isUpto(payload)) {
      const { from, nonce } = payload.authorization;
      return !(await this.#read<boolean>(asset, DOLLAR_ABI, 'authorizationState', [from, nonce]));
    }
    const nonce = BigInt(payload.permit2Authorization.nonce);
    const args = [payload.permit2Authorization.from, nonce >> 8n];
    const bits = await this.#read<bigint>(PERMIT2_ADDRESS, PERMIT2_ABI, 'nonceBitmap', args);
    return ((bits >> (nonce & 255n)) & 1n) === 0n;
  }

  async #read<T>(address: Address, abi: Abi, functionName: string, args: readonly unknown[]): Promise<T> {
    return (await this.#chain.readContract({ address, abi, functionName, args })) as T;
  }
}

function refuse(errorReason: string, payer: Address | null = null): SettlementResponse {
  return { success: false, errorReason, transaction: '', network: TEST_NETWORK, payer };
}

function payerOf({ payload }: Payment): Address {
  return isUpto(payload) ? payload.permit2Authorization.from : payload.authorization.from;
}

/** What can be told without the chain. At verification the amount of an `upto` payment is the most; of an `exact` one it is all. */
function judge({ accepted, payload }: Payment, requirements: Requirements, own: Address): string | null {
  const nowS = BigInt(Math.floor(Date.now() / 1000));
  if (accepted.scheme !== requirements.scheme || isUpto(payload) !== (requirements.scheme === 'upto'))
    return 'invalid_scheme';
  if (requirements.network !== TEST_NETWORK || accepted.network !== requirements.network) return 'invalid_network';
  if (!isUpto(payload)) {
    const { to, value, validAfter, validBefore } = payload.authorization;
    if (to !== requirements.payTo) return 'recipient_mismatch';
    if (value !== requirements.amount) return 'invalid_authorization_value';
    if (BigInt(validAfter) > nowS) return 'not_yet_valid';
    return BigInt(validBefore) < nowS + 6n ? 'expired' : null;
  }
  const { permitted, spender, witness, deadline } = payload.permit2Authorization;
  if (spender !== UPTO_PROXY_ADDRESS) return 'invalid_permit2_spender';
  if (witness.to !== requirements.payTo) return 'recipient_mismatch';
  if (witness.facilitator !== own.toLowerCase()) return 'facilitator_mismatch';
  if (permitted.token !== requirements.asset) return 'permit2_token_mismatch';
  if (permitted.amount !== requirements.amount) return 'permit2_amount_mismatch';
  if (BigInt(witness.validAfter) > nowS) return 'not_yet_valid';
  return BigInt(deadline) < nowS + 6n ? 'expired' : null;
}

async function checkSignature({ payload }: Payment, { asset, extra }: Requirements): Promise<string | null> {
  const chainId = foundry.id;
  const isRight = isUpto(payload)
    ? await verifyTypedData({
        address: payload.permit2Authorization.from,
        domain: { name: 'Permit2', chainId, verifyingContract: PERMIT2_ADDRESS },
        types: PERMIT_TYPES,
        primaryType: 'PermitWitnessTransferFrom',
        message: toPermit(payload),
        signature: payload.signature as Hex,
      })
    : await verifyTypedData({
        address: payload.authorization.from,
        domain: {
          name: String(extra?.['name']),
          version: String(extra?.['version']),
          chainId,
          verifyingContract: asset,
        },
        types: TRANSFER_TYPES,
        primaryType: 'TransferWithAuthorization',
        message: toTransfer(payload),
        signature: payload.signature as Hex,
      });
  return isRight ? null : 'invalid_signature';
}

function describeCall({ payload }: Payment, { asset, amount }: Requirements): Settling {
  if (isUpto(payload)) {
    const { permitted, nonce, deadline, witness } = toPermit(payload);
    const { from } = payload.permit2Authorization;
    const args = [{ permitted, nonce, deadline }, BigInt(amount), from, witness, payload.signature];
    return { address: UPTO_PROXY_ADDRESS, abi: PROXY_ABI, functionName: 'settle', args };
  }
  const { from, to, value, validAfter, validBefore, nonce } = toTransfer(payload);
  const { r, s, yParity } = parseSignature(payload.signature as Hex);
  const args = [from, to, value, validAfter, validBefore, nonce, 27 + yParity, r, s];
  return { address: asset, abi: DOLLAR_ABI, functionName: 'transferWithAuthorization', args };
}

function toTransfer({ authorization }: ExactPayload) {
  const { from, to, value, validAfter, validBefore, nonce } = authorization;
  return {
    from,
    to,
    value: BigInt(value),
    validAfter: BigInt(validAfter),
    validBefore: BigInt(validBefore),
    nonce: nonce as Hex,
  };
}

function toPermit({ permit2Authorization }: UptoPayload) {
  const { permitted, spender, nonce, deadline, witness } = permit2Authorization;
  return {
    permitted: { token: permitted.token, amount: BigInt(permitted.amount) },
    spender,
    nonce: BigInt(nonce),
    deadline: BigInt(deadline),
    witness: { to: witness.to, facilitator: witness.facilitator, validAfter: BigInt(witness.validAfter) },
  };
}
