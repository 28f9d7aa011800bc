// What joining asks a router: whether it is one, what models pay, a link by device code, an account. The one door of joining to the router; nothing here
// is signed, since the home has no account yet.
import { createHash, randomBytes } from 'node:crypto';
import * as z from 'zod';
import { parseJson } from '../../schema/json.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { askRouter } from '../link/router-door.ts';
import type { PendingLink } from './join-file.ts';
import { readDemand } from '../link/read-demand.ts';
import type { Demand } from '../link/read-demand.ts';
import type { RouterSight } from './judge-machine.ts';

/** The most that one question about models may name. */
const MODELS_A_QUESTION = 20;

const refusalSchema = z.object({ error: z.object({ code: z.string().nullish(), message: z.string() }) });
const healthSchema = z.object({ status: z.enum(['ok', 'degraded']), presence: z.string() });

/** Whether an Irori router answers at an origin, and how fast: the better of two round trips, the first of which sets up the connection. */
export async function sightRouter(origin: string, now: () => number): Promise<RouterSight> {
  let latencyMs: number | null = null;
  for (let times = 0; times < 2; times += 1) {
    const startedAt = now();
    const answer = await askRouter(`${origin}/health`, {});
    const tookMs = Math.max(1, Math.round(now() - startedAt));
    if (!answer.ok) return { origin, latencyMs: null, fault: answer.error };
    if (!healthSchema.safeParse(parseJson(answer.value.text)).success)
      return { origin, latencyMs: null, fault: 'what answers there is no Irori router' };
    latencyMs = Math.min(latencyMs ?? tookMs, tookMs);
  }
  return { origin, latencyMs, fault: null };
}

/** By name; empty where this router does not tell. */
export async function askDemand(
  origin: string,
  models: readonly { readonly name: string; readonly digest: string }[],
): Promise<Map<string, Demand>> {
  const query = new URLSearchParams();
  for (const { name, digest } of models.slice(0, MODELS_A_QUESTION)) {
    query.append('model', name);
    query.append('digest', digest);
  }
  const answer = await askRouter(`${origin}/node/v1/demand?${query.toString()}`, {});
  return answer.ok && answer.value.status === 200 ? readDemand(parseJson(answer.value.text)) : new Map();
}

export interface LinkMachine {
  readonly name: string;
  readonly platform: string;
  readonly card: string | null;
  readonly models: readonly string[];
}

const linkSchema = z.object({
  device_code: z.string().min(1).max(500),
  user_code: z.string().min(1).max(40),
  verification_uri: z.url().max(500),
  verification_uri_complete: z.url().max(600).optional(),
  expires_in: z.number().positive().max(86_400),
  interval: z.number().positive().max(600).default(5),
});

/** A refusal of the router: `code` where it named one, `status` null where nothing came. */
export interface Refused {
  readonly status: number | null;
  readonly code: string | null;
  readonly sentence: string;
}

/** Begins a link. `now` is ms since epoch. */
export async function startLink(
  origin: string,
  machine: LinkMachine,
  now: number,
): Promise<Result<PendingLink, Refused>> {
  const verifier = randomBytes(32).toString('base64url');
  const challenge = createHash('sha256').update(verifier).digest('base64url');
  const answer = await post(`${origin}/node/v1/links`, { machine, challenge });
  if (!answer.ok) return answer;
  const link = linkSchema.safeParse(answer.value);
  if (!link.success) return err({ status: 200, code: null, sentence: 'The router’s answer is none of a link.' });
  const { device_code, user_code, verification_uri, verification_uri_complete, expires_in, interval } = link.data;
  return ok({
    router: origin,
    deviceCode: device_code,
    verifier,
    userCode: user_code,
    uri: verification_uri,
    uriComplete: verification_uri_complete ?? verification_uri,
    expiresAt: now + expires_in * 1000,
    intervalMs: interval * 1000,
  });
}

const grantSchema = z.object({
  code: z.string().min(1).max(200),
  account: z.string().max(200),
  name: z.string().max(200).nullish(),
});
export type Grant = z.output<typeof grantSchema>;

/** Asks once whether the owner has approved. */
export async function askGrant({ router, deviceCode, verifier }: PendingLink): Promise<Result<Grant, Refused>> {
  const answer = await post(`${router}/node/v1/links/token`, { device_code: deviceCode, verifier });
  if (!answer.ok) return answer;
  const grant = grantSchema.safeParse(answer.value);
  return grant.success
    ? ok(grant.data)
    : err({ status: 200, code: null, sentence: 'The router’s answer is none of a link.' });
}

const accountSchema = z.object({
  account: z.union([z.string(), z.object({ id: z.string() }).transform(({ id }) => id)]),
  key: z.union([z.string(), z.object({ key: z.string() }).transform(({ key }) => key)]),
});
export type NewAccount = z.output<typeof accountSchema>;

/** An account of the owner's own, where this network takes everybody. */
export async function signUp(origin: string, name: string): Promise<Result<NewAccount, Refused>> {
  const answer = await post(`${origin}/v1/accounts`, { name });
  if (!answer.ok) return answer;
  const account = accountSchema.safeParse(answer.value);
  return account.success
    ? ok(account.data)
    : err({ status: 200, code: null, sentence: 'The router’s answer is no account.' });
}

/** Approves a link with the owner's own key, as the router's page does. */
export async function approveLink(origin: string, userCode: string, key: string): Promise<Result<unknown, Refused>> {
  return post(`${origin}/v1/owner/links/${encodeURIComponent(userCode)}`, { decision: 'approve' }, key);
}

async function post(url: string, body: unknown, key?: string): Promise<Result<unknown, Refused>> {
  const headers = key === undefined ? {} : { authorization: `Bearer ${key}` };
  const answer = await askRouter(url, { body: JSON.stringify(body), headers });
  if (!answer.ok) return err({ status: null, code: null, sentence: `The router cannot be reached: ${answer.error}.` });
  const { status, text } = answer.value;
  const json = parseJson(text);
  if (status === 200 || status === 201) return ok(json);
  const refusal = refusalSchema.safeParse(json).data?.error;
  return err({ status, code: refusal?.code ?? null, sentence: refusal?.message ?? `The router answered ${status}.` });
}
