// What a picture's address must be: a request tells all that it needs, and neither router nor home fetches anything for it. Both ends hold it: a home
// trusts no router with what its model server reads of the owner's files and network.

const DATA_URI = /^data:image\/(?:png|jpe?g|webp|gif);base64,/i;
const BASE64 = /^[A-Za-z0-9+/]*$/;
/** A pattern's steps are kept in memory: a picture is read piece by piece. */
const PIECE_CHARS = 16_384;

/** For the field's sender. */
export const PICTURE_TOLD =
  "must be a picture as a data URI, such as 'data:image/png;base64,…' (png, jpeg, webp or gif): nothing is fetched from other addresses.";

export function isPictureUri(url: string): boolean {
  const head = DATA_URI.exec(url.slice(0, 40))?.[0].length ?? 0;
  const end = url.length - (url.endsWith('==') ? 2 : url.endsWith('=') ? 1 : 0);
  if (head === 0 || end <= head) return false;
  for (let at = head; at < end; at += PIECE_CHARS)
    if (!BASE64.test(url.slice(at, Math.min(at + PIECE_CHARS, end)))) return false;
  return true;
}
