// The Hono app: a request id on every answer, the environment checked once, routes, and one place where errors become answers.
import { Hono } from 'hono';
import type { Context } from 'hono';
import { getPath } from 'hono/utils/url';
import type { JobKind } from '../schema/job-kinds.ts';
import { AllowedMethods } from './allowed-methods.ts';
import { answerPreflight, shareWithPages } from './browser-access.ts';
import { matchPaths } from './match-path.ts';
import type { AppEnv } from './routes/app-env.ts';
import { readEnv } from './env.ts';
import { ApiError, toErrorResponse } from './errors.ts';
import { makeLog } from './log.ts';
import { makeAdminRoutes } from './routes/admin.ts';
import { makeConsole, showNoPage } from './console/console.ts';
import { audit } from './routes/audit.ts';
import { chatCompletions } from './routes/chat-completions.ts';
import { creditChain } from './routes/credit-chain.ts';
import { creditCheckout } from './routes/credit-checkout.ts';
import { creditGifts } from './routes/credit-gifts.ts';
import { creditHistory } from './routes/credit-history.ts';
import { docs } from './routes/docs.ts';
import { completions } from './routes/completions.ts';
import { embeddings } from './routes/embeddings.ts';
import { health } from './routes/health.ts';
import { images } from './routes/images.ts';
import { isStoreAway } from './routes/is-store-away.ts';
import { jobs } from './routes/jobs.ts';
import { key } from './routes/key.ts';
import { messages } from './routes/messages.ts';
import { models } from './routes/models.ts';
import { auditChain } from './routes/audit-chain.ts';
import { auditEpochs } from './routes/audit-epochs.ts';
import { network } from './routes/network.ts';
import { nodeDemand } from './routes/node-demand.ts';
import { nodeDoctor } from './routes/node-doctor.ts';
import { nodeEarnings } from './routes/node-earnings.ts';
import { nodeClaim } from './routes/node-claim.ts';
import { nodeCredit } from './routes/node-credit.ts';
import { nodeEnrol } from './routes/node-enrol.ts';
import { nodeEpochs } from './routes/node-epochs.ts';
import { nodeLink } from './routes/node-link.ts';
import { nodeLinks } from './routes/node-links.ts';
import { makeNodeSelfRoutes } from './routes/node-self.ts';
import { nodeWhy } from './routes/node-why.ts';
import { ownerNodes } from './routes/owner-nodes.ts';
import { ownerLinks } from './routes/owner-links.ts';
import { ownAlerts } from './routes/own-alerts.ts';
import { ownKeys } from './routes/own-keys.ts';
import { ownMembers } from './routes/own-members.ts';
import { makeOwnNodeRoutes } from './routes/own-nodes.ts';
import { makeOwnPoolRoutes } from './routes/own-pools.ts';
import { discardUnread } from './routes/read-body.ts';
import { receipts } from './routes/receipts.ts';
import { responses } from './routes/responses.ts';
import { signUp } from './routes/signup.ts';
import { stats } from './routes/stats.ts';
import { stripeWebhook } from './routes/stripe-webhook.ts';
import { usage } from './routes/usage.ts';
import { votes } from './routes/votes.ts';
import { transcriptions } from './routes/transcriptions.ts';
import { makeServices } from './services/edge.ts';
import { listPaths, suggestPath, tellPaths } from './suggest-path.ts';

const log = makeLog('edge');

/** The route that takes each kind of job. */
const JOB_ROUTES: Readonly<Record<JobKind, Hono<AppEnv>>> = {
  chat: chatCompletions,
  completion: completions,
  embedding: embeddings,
  transcription: transcriptions,
  image: images,
};

/** What a key calls. */
const CALLER_ROUTES = [...Object.values(JOB_ROUTES), responses, messages, models];

/** What an account reads and changes of itself. */
const ACCOUNT_ROUTES = [
  key,
  ownKeys,
  ownMembers,
  makeOwnPoolRoutes(),
  ownAlerts,
  jobs,
  receipts,
  usage,
  creditHistory,
  creditGifts,
  creditCheckout,
  stripeWebhook,
];

/** What owners do without an operator. */
const OWNER_ROUTES = [signUp, ownerLinks, ownerNodes, makeOwnNodeRoutes(), nodeLinks, nodeDoctor, nodeDemand];

/** What homes ask by themselves. */
const NODE_ROUTES = [nodeEnrol, nodeLink, nodeWhy, nodeCredit, nodeEarnings, nodeEpochs, makeNodeSelfRoutes()];

/** What everybody may look at. */
const OPEN_ROUTES = [makeConsole(), docs, network, stats, audit, auditEpochs, health];

/** What there is to ask where the network has a chain. */
const CHAIN_ROUTES = [auditChain, creditChain, nodeClaim, votes];

/** Stores that move or restart are back within seconds. */
const STORE_RETRY_AFTER_S = 3;

/** Longer paths are told as far as this. */
const MAX_TOLD_CHARS = 100;

/** Builds the app once per isolate. */
export function makeApp(): Hono<AppEnv> {
  let matchPath: (path: string) => string = (path) => path;
  const app = new Hono<AppEnv>({ getPath: (request) => matchPath(getPath(request)) });
  app.use(shareWithPages);
  app.use(async (c, next) => {
    const requestId = `req_${crypto.randomUUID().replaceAll('-', '')}`;
    c.set('requestId', requestId);
    const env = readEnv(c.env);
    if (!env.ok) {
      log.error('environment-bad', { requestId, reason: env.error });
      throw new ApiError('bad_environment', `The router is not configured: ${env.error}.`);
    }
    c.set('services', makeServices(env.value));
    await next();
    // A socket's handshake is handed on as the hub gave it.
    if (c.res.status !== 101) withRequestId(c, c.res);
  });
  app.use(answerPreflight);
  for (const routes of [CALLER_ROUTES, ACCOUNT_ROUTES, OWNER_ROUTES, NODE_ROUTES, OPEN_ROUTES, CHAIN_ROUTES])
    for (const route of routes) app.route('/', route);
  app.route('/admin/v1', makeAdminRoutes());
  matchPath = matchPaths(app.routes);
  const allowed = new AllowedMethods(app.routes);
  const paths = listPaths(app.routes);
  app.notFound(async (c) => {
    await discardUnread(c);
    const refuse = (): Response => toErrorResponse(refusePath(c, allowed, paths), c.get('encodeError'));
    return withRequestId(c, tellOptions(c, allowed) ?? (await showNoPage(c)) ?? refuse());
  });
  app.onError(async (error, c) => {
    await discardUnread(c);
    const { origin } = new URL(c.req.url);
    return withRequestId(c, toErrorResponse(toApiError(error, c), c.get('encodeError'), origin));
  });
  return app;
}

/** What a path answers to, for who asks that; null for another method, and for a path that does not exist. */
function tellOptions({ req }: Context<AppEnv>, allowed: AllowedMethods): Response | null {
  const methods = req.method === 'OPTIONS' ? allowed.find(req.path) : [];
  if (methods.length === 0) return null;
  const allow = [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].toSorted().join(', ');
  return new Response(null, { status: 204, headers: { allow } });
}

function refusePath(c: Context<AppEnv>, allowed: AllowedMethods, paths: ReturnType<typeof listPaths>): ApiError {
  const { method, path } = c.req;
  const methods = allowed.find(path).join(', ');
  if (methods)
    return new ApiError('method_not_allowed', `${method} is not allowed here; use ${methods}.`, {
      headers: { allow: methods },
    });
  const meant = suggestPath(
    path,
    paths.map((one) => one.path),
  );
  const told = [`There is nothing at ${path.slice(0, MAX_TOLD_CHARS)}: it is the path that is unknown, not the model.`];
  if (meant !== null) told.push(`Did you mean ${meant}?`);
  told.push(`There are ${tellPaths(paths)}. See /docs.`);
  return new ApiError('unknown_path', told.join(' '));
}

function toApiError(error: Error, c: Context<AppEnv>): ApiError {
  if (error instanceof ApiError) return error;
  log.error('request-broke', { requestId: c.get('requestId'), error });
  if (isStoreAway(error)) {
    const told = 'The books of the network cannot be reached right now.';
    return new ApiError('store_away', told, { retryAfterS: STORE_RETRY_AFTER_S });
  }
  return new ApiError('internal_error', `Something broke on our side. Quote ${c.get('requestId')} when you report it.`);
}

function withRequestId(c: Context<AppEnv>, response: Response): Response {
  const requestId = c.get('requestId') ?? 'req_none';
  for (const [name, told] of Object.entries(c.get('leftHeaders') ?? {})) response.headers.set(name, told);
  for (const name of ['x-request-id', c.get('idHeader')]) if (name) response.headers.set(name, requestId);
  return response;
}
