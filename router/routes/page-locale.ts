// The language of a page that anybody may look at: what was chosen in this browser, or what the browser likes best.
import type { Context } from 'hono';
import { getCookie } from 'hono/cookie';
import { pickLocale } from '../look/words.ts';
import type { Locale } from '../look/words.ts';

export const LOCALE_COOKIE = 'irori_locale';

export function readLocale(c: Context): Locale {
  return pickLocale(getCookie(c, LOCALE_COOKIE), c.req.header('accept-language'));
}
