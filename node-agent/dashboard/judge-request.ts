// Whether a request to the owner's page may come in at all, before anybody looks at who asks. Pure. A browser that some web site drives reaches 127.0.0.1
// too: by a name of that site's that points here (DNS rebinding), from a page of another port, or by a plain form. Each is turned away here.

export interface AskedHead {
  readonly method: string;
  /** Headers as they came; undefined where there is none. */
  readonly host: string | undefined;
  readonly origin: string | undefined;
  /** Sec-Fetch-Site: browsers say it, and pages cannot forge it. */
  readonly fetchSite: string | undefined;
  readonly contentType: string | undefined;
}

export type HeadFault = 'foreign-host' | 'foreign-origin' | 'foreign-site' | 'no-origin' | 'not-json' | 'method';

/** Null for what may come in. `port`: where the page is; `isPage`: the document itself, which other pages may link to since it tells nothing by itself. */
export function judgeRequest(asked: AskedHead, port: number, isPage: boolean): HeadFault | null {
  const { method, host, origin, fetchSite, contentType } = asked;
  // Of port 80 browsers do not speak.
  const end = port === 80 ? '' : `:${port}`;
  const hosts = [`127.0.0.1${end}`, `localhost${end}`];
  if (host === undefined || !hosts.includes(host)) return 'foreign-host';
  if (method !== 'GET' && method !== 'POST') return 'method';
  if (origin !== undefined && origin !== `http://${host}`) return 'foreign-origin';
  if (!isPage && isForeignSite(fetchSite)) return 'foreign-site';
  if (method === 'GET') return null;
  if (origin === undefined) return 'no-origin';
  return /^application\/json(?:;|$)/.test(contentType ?? '') ? null : 'not-json';
}

/** True where a browser says that another site's page asks, a page of another port of this machine among them. */
export function isForeignSite(fetchSite: string | undefined): boolean {
  return fetchSite !== undefined && fetchSite !== 'same-origin' && fetchSite !== 'none';
}

/** Of the cookies of a request the one of this name; null where there is none. A name that comes twice counts as none: somebody put one in between. */
export function readCookie(header: string | undefined, name: string): string | null {
  const values = (header ?? '')
    .split(';')
    .map((one) => one.trim())
    .filter((one) => one.startsWith(`${name}=`))
    .map((one) => one.slice(name.length + 1));
  const [value] = values;
  return values.length === 1 && value !== undefined && value !== '' ? value : null;
}
