// GET /audit/epochs and /audit/epochs/{n}: what every node had earned at the end of an epoch, for anyone: the list with roots and hashes, and the files.
// GET /audit/epochs/{n}/chain: how far its root is on the chain; by itself, since a file never changes.
import { Hono } from 'hono';
import type { ListedEpoch } from '../billing/epoch-shelf.ts';
import type { ToldPost } from '../chain/post-log.ts';
import { endOfEpoch } from '../../schema/epoch.ts';
import { ApiError } from '../errors.ts';
import type { AppEnv } from './app-env.ts';

export const auditEpochs = new Hono<AppEnv>();

auditEpochs.get('/audit/epochs', async (c) => {
  const before = c.req.query('before') ?? String(Number.MAX_SAFE_INTEGER);
  const { shelf, epochSeconds, tellPosts } = c.get('services');
  const { epochs, next } = await shelf.list(readEpoch(before, 'before'));
  const [newest, oldest] = [epochs[0], epochs.at(-1)];
  const posts = newest && oldest && tellPosts ? await tellPosts(oldest.epoch, newest.epoch) : [];
  const data = epochs.map((listed) => ({ ...toEpochJson(listed), ...tellChain(posts, listed.epoch) }));
  return c.json({ object: 'list', epoch_seconds: epochSeconds, data, next });
});

auditEpochs.get('/audit/epochs/:epoch/chain', async (c) => {
  const epoch = readEpoch(c.req.param('epoch'), 'epoch');
  const { shelf, tellPosts } = c.get('services');
  if (!(await shelf.find(epoch))) throw noFile(epoch);
  const posts = tellPosts ? await tellPosts(epoch, epoch) : [];
  return c.json({ object: 'epoch_on_chain', epoch, ...tellChain(posts, epoch) });
});

auditEpochs.get('/audit/epochs/:epoch', async (c) => {
  const epoch = readEpoch(c.req.param('epoch'), 'epoch');
  const { shelf } = c.get('services');
  const listed = await shelf.find(epoch);
  const text = listed && (await shelf.read(epoch));
  if (!listed) throw noFile(epoch);
  if (text === null)
    throw new ApiError(
      'not_found',
      `The file of epoch ${epoch} is not kept any more; its root and its hash are in GET /audit/epochs.`,
    );
  return c.body(text, 200, {
    'content-type': 'application/json; charset=utf-8',
    etag: `"${listed.sha256}"`,
    'x-irori-sha256': listed.sha256,
    // A file is never changed.
    'cache-control': 'public, max-age=31536000, immutable',
  });
});

function noFile(epoch: number): ApiError {
  return new ApiError(
    'not_found',
    `Epoch ${epoch} has no file: it is not closed, or a later one holds it. GET /audit/epochs lists those there are.`,
  );
}

/** Null where there is no chain, or the epoch is older than what is remembered. Times in ms since epoch. */
function tellChain(posts: readonly ToldPost[], of: number): { readonly chain: object | null } {
  const post = posts.find(({ epoch }) => epoch === of);
  if (!post) return { chain: null };
  const { state, tx, finalAt } = post;
  return { chain: { state, tx, final_at: finalAt === null ? null : finalAt * 1000 } };
}

/** Throws ApiError 400. */
export function readEpoch(text: string, param: string): number {
  if (!/^(0|[1-9][0-9]{0,15})$/.test(text))
    throw new ApiError('invalid_value', `'${param}' must be the number of an epoch.`, { param });
  return Number(text);
}

function toEpochJson(listed: ListedEpoch): object {
  const { epoch, seconds, root, sha256, bytes, leaves, kept, publishedAt, hasFile } = listed;
  return {
    epoch,
    ended_at: endOfEpoch(epoch, seconds),
    published_at: publishedAt,
    root,
    sha256,
    bytes,
    nodes: leaves,
    /** Nodes whose account and book did not agree: the file names them. */
    kept,
    totals: {
      earned_micro: listed.earned,
      withheld_micro: listed.withheld,
      bonus_micro: listed.bonus,
      spent_micro: listed.spent,
      count: listed.count,
    },
    has_file: hasFile,
  };
}
