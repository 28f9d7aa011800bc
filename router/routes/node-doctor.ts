// GET /node/v1/doctor: "would you choose me now?", gate by gate. POST /node/v1/test: one chat through the whole network to exactly the home that asks.
import { Hono } from 'hono';
import type { Context } from 'hono';
import * as z from 'zod';
import { isNeed } from '../../schema/needs.ts';
import { parseChatRequest } from '../../schema/openai.ts';
import type { ChatRequest } from '../../schema/openai.ts';
import { MAX_OUTPUT_TOKENS } from '../../schema/openai.ts';
import { pickByName } from '../../schema/model-names.ts';
import { ownModelKey } from '../../schema/presence.ts';
import { DEFAULT_FIRST_TOKEN_MS } from '../../schema/timings.ts';
import { makeKeylessCaller } from '../auth/make-keyless-caller.ts';
import type { NodeRow } from '../auth/nodes.ts';
import { countPrompt } from '../billing/count-part.ts';
import { ApiError } from '../errors.ts';
import type { LiveModel, NodeWhy } from '../homes/make-why.ts';
import { judgeGates } from '../hub/judge-gates.ts';
import { makeLog } from '../log.ts';
import { readOptional } from './admin-input.ts';
import { answerJob } from './answer-job.ts';
import type { AppEnv } from './app-env.ts';
import { askChat, promptText } from './ask-chat.ts';
import { requireHome } from './asked-nodes.ts';
import { findPlace } from './find-place.ts';
import { fitLimits } from './fit-limits.ts';
import { openJobs } from './job-opening.ts';
import { refuseRequest } from './refuse.ts';
import { nameModels } from './served-models.ts';
import type { ServedModel } from './served-models.ts';

const log = makeLog('edge');

/** Whose usage a test job counts as, beside the account's keys. */
const TEST_KEY = 'home-test';
/** Test jobs of one home: each takes one of its slots. */
const TESTS = { brim: 6, perS: 0.1 };
const LOOKS = { brim: 12, perS: 0.5 };
const PROMPT = 'Say in one short sentence that this home works.';
const MAX_BYTES = 4096;

const testBody = z.strictObject({
  model: z.string().min(1).max(200).nullish(),
  max_tokens: z.number().int().min(1).max(512).default(128),
  stream: z.boolean().default(true),
});

export const nodeDoctor = new Hono<AppEnv>();

nodeDoctor.get('/node/v1/doctor', async (c) => {
  const services = c.get('services');
  const node = await requireHome(c);
  pace(c, 'doctor', node, LOOKS);
  const [why] = await services.findWhy([node.id]);
  const known = why ?? { since: null, coolingUntil: null, coolingReason: null, hub: null };
  const { hub } = known;
  const facts = hub === null ? null : await services.hub(hub).examine(node.id);
  const { wouldChoose, model, gates } = judgeGates(facts, known);
  return c.json({ object: 'doctor', node: node.id, would_choose: wouldChoose, model, gates });
});

nodeDoctor.post('/node/v1/test', async (c) => {
  const node = await requireHome(c);
  const said = await readOptional(c, testBody, MAX_BYTES);
  pace(c, 'test', node, TESTS);
  const { name, served } = await findTested(c, node, said.model ?? null);
  await untilSeen(c, node, served.modelKey);
  const request = makeRequest(node, name, said);
  // Its owner calls it: free, and at no other home.
  const [job] = await openJobs(c, makeKeylessCaller(node.accountId, TEST_KEY), {
    request,
    fit: (found) => fitLimits(request, found, { count: countPrompt(request, found), field: 'messages' }),
    ask: (limits, seed) => askChat(request, { maxTokens: limits.maxTokens, seed }),
    promptText: promptText(request),
    idPrefix: 'chatcmpl-',
    served,
  });
  log.info('home-tested', { nodeId: node.id, jobId: job.id });
  const answer = answerJob(c, job);
  // Its hold must be given back though the home hangs up.
  c.executionCtx.waitUntil(answer.catch(() => undefined));
  const response = await answer;
  response.headers.set('x-irori-job-id', job.id);
  return response;
});

function pace(c: Context<AppEnv>, door: string, { id }: NodeRow, rule: typeof TESTS): void {
  const waitS = c.get('services').paces.take(door, id, { rule, now: Date.now() });
  if (waitS !== null)
    throw new ApiError('rate_limit_exceeded', 'This home was looked at often just now.', { retryAfterS: waitS });
}

function makeRequest(
  { id }: NodeRow,
  model: string,
  { max_tokens, stream }: Pick<z.output<typeof testBody>, 'max_tokens' | 'stream'>,
): ChatRequest {
  const parsed = parseChatRequest({
    model,
    messages: [{ role: 'user', content: PROMPT }],
    max_tokens,
    stream,
    ...(stream && { stream_options: { include_usage: true } }),
    provider: { pool: 'mine', only: [id], allow_fallbacks: false },
    resume: 'off',
  });
  if (!parsed.ok) throw refuseRequest(parsed.error);
  return parsed.value;
}

/** A home that has just joined is known to its area, and stands in presence as this edge remembers it, a moment after its hub has it. */
const [LIVE_LOOKS, SEEN_LOOKS, LOOK_MS] = [5, 10, 300] as const;

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, LOOK_MS));

/** Of a home that connects just now not its first answer counts: it is looked for again, for a second and a half. */
async function findLive(c: Context<AppEnv>, { id }: NodeRow): Promise<NodeWhy | undefined> {
  const { findWhy } = c.get('services');
  let [why] = await findWhy([id]);
  for (let looks = 1; looks < LIVE_LOOKS && !why?.live; looks += 1) {
    await pause();
    [why] = await findWhy([id]);
  }
  return why;
}

/** Waits until placement sees the home that is tested, three seconds at most: what it does not see it would call absent. */
async function untilSeen(c: Context<AppEnv>, { id }: NodeRow, modelKey: string): Promise<void> {
  const { homes } = c.get('services');
  const place = findPlace(c.req.raw, c.env);
  for (let looks = 1; ; looks += 1) {
    const rows = await homes.serving(modelKey, place);
    if (looks >= SEEN_LOOKS || rows.some(({ node }) => node === id)) return;
    homes.doubt(modelKey);
    if (looks > 1) await pause();
  }
}

/** The model that is tested: the one that is named, as the catalogue or the home calls it, or the home's first. Throws ApiError 404 or 409. */
async function findTested(
  c: Context<AppEnv>,
  node: NodeRow,
  wanted: string | null,
): Promise<{ readonly name: string; readonly served: ServedModel }> {
  const services = c.get('services');
  const [why, listed] = await Promise.all([findLive(c, node), services.catalogue.list(Date.now())]);
  if (!why?.online || !why.live)
    throw new ApiError('conflict', 'This home is not connected: start the agent with irori-node up, and test it then.');
  if (why.pause !== null)
    throw new ApiError(
      'conflict',
      `This home is paused (${why.pause}) and takes no job, its own neither. Resume it first.`,
    );
  const chats = why.live.models.filter(({ can }) => !can.some((word) => isNeed(word) && NO_CHAT.has(word)));
  const named = wanted === null ? chats : pickWanted(chats, wanted, (digest) => nameModels(listed, digest));
  const [model] = named;
  if (!model) {
    const told =
      wanted === null ? 'This home offers no model that chats.' : `This home offers no model '${wanted}' that chats.`;
    throw new ApiError('model_not_found', told, { param: 'model' });
  }
  // Of several entries of these weights the one that was asked for.
  const entries = listed.filter(({ digests }) => digests.includes(model.digest));
  const entry = entries.find(({ id }) => id === wanted) ?? entries[0];
  const free = { priceIn: 0, priceOut: 0, leastPriceIn: 0, leastPriceOut: 0 };
  if (entry) return { name: entry.id, served: { ...entry, ...free, modelKey: entry.id, ownName: null } };
  const { name, contextTokens } = model;
  // A name that stands for many: what is behind the star is for callers to say.
  if (name.endsWith('*'))
    throw new ApiError('model_not_found', `Say which model: this home offers ${name}.`, { param: 'model' });
  return { name, served: toOwn(node, name, contextTokens) };
}

const NO_CHAT: ReadonlySet<string> = new Set(['embeddings', 'transcription', 'image-generation']);

function pickWanted(
  models: readonly LiveModel[],
  wanted: string,
  idsOf: (digest: string) => readonly string[],
): readonly LiveModel[] {
  const byId = models.filter(({ digest }) => idsOf(digest).includes(wanted));
  if (byId.length > 0) return byId;
  // Where the home's own name has a star it is tested under the very name that was asked.
  return pickByName(models, ({ name }) => name, wanted).map((model) => ({ ...model, name: wanted }));
}

function toOwn({ accountId }: NodeRow, ownName: string, contextTokens: number): ServedModel {
  return {
    modelKey: ownModelKey(accountId),
    ownName,
    digests: null,
    contextTokens,
    maxOutputTokens: Math.min(MAX_OUTPUT_TOKENS, contextTokens),
    tokenizer: null,
    minBytesPerToken: 1,
    maxFirstTokenMs: DEFAULT_FIRST_TOKEN_MS,
    priceIn: 0,
    priceOut: 0,
  };
}
