// Calls of the admin API and of enrolment, for tests.
import { exports } from 'cloudflare:workers';
import { expect } from 'vitest';
import { PROTOCOL_VERSION } from '../../../schema/frames.ts';
import { NODE_ENROL } from '../../../schema/receipt.ts';
import { ZERO_ADDRESS } from '../../../schema/typed-data.ts';
import { digestEnrolmentCode } from '../../auth/make-enrolment-code.ts';
import { signer } from './make-settlement.ts';
import type { TestNode } from './make-settlement.ts';

export interface Answer {
  readonly status: number;
  // The tests read answers of many shapes.
  readonly json: Record<string, never> & { error?: { code: string; param: string | null; message: string } };
}

export async function call(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await exports.default.fetch(`https://irori.test${path}`, {
    method,
    headers: {
      authorization: 'Bearer admin-secret-of-the-tests',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, json: (await response.json()) as Answer['json'] };
}

export const admin = (method: string, path: string, body?: unknown): Promise<Answer> =>
  call(method, `/admin/v1${path}`, body);

export async function openAccount(): Promise<string> {
  const { status, json } = await admin('POST', '/accounts', { name: 'a caller' });
  expect(status).toBe(201);
  return json['id'] as unknown as string;
}

export async function openCode(accountId: string, wallet?: string): Promise<string> {
  const { json } = await admin('POST', '/nodes/enrolments', { account_id: accountId, ...(wallet ? { wallet } : {}) });
  return json['code'] as unknown as string;
}

export async function openPool(owner: string): Promise<string> {
  const name = `pool ${crypto.randomUUID()}`;
  const { status, json } = await admin('POST', '/pools', { name, owner_account_id: owner });
  expect(status).toBe(201);
  return json['id'] as unknown as string;
}

export function proofOf(
  node: TestNode,
  code: string,
): { code: string; address: string; signature: string; protocol: number; origin: string } {
  const origin = 'https://irori.test';
  const message = { code: digestEnrolmentCode(code), node: node.address, wallet: ZERO_ADDRESS, origin };
  const signature = signer.sign(NODE_ENROL, message, node.key);
  return { code, address: node.address, signature, protocol: PROTOCOL_VERSION, origin };
}
