// GET /assets/{name}: the style and the islands of pages, packed as they are kept, since any browser takes that.
import { Hono } from 'hono';
import { decodeBase64 } from '../../schema/base64.ts';
import { ApiError } from '../errors.ts';
import { findAsset } from '../look/assets.ts';
import type { AppEnv } from '../routes/app-env.ts';

export const assets = new Hono<AppEnv>();

assets.get('/assets/:file', (c) => {
  const asset = findAsset(c.req.param('file'));
  if (!asset) throw new ApiError('not_found', 'There is no such file, or this version of it is no more.');
  const headers = {
    'cache-control': 'public, max-age=31536000, immutable',
    'content-type': asset.type,
    'cross-origin-resource-policy': 'same-origin',
    vary: 'accept-encoding',
    'x-content-type-options': 'nosniff',
  };
  const packed = decodeBase64(asset.packed);
  if (/\bgzip\b/i.test(c.req.header('accept-encoding') ?? ''))
    return new Response(packed, { headers: { ...headers, 'content-encoding': 'gzip' }, encodeBody: 'manual' });
  return new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip')), { headers });
});
