// Who looks at a page: the cookie read once, and what pages may ask of it.
import type { Context, MiddlewareHandler } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import type { Scope } from '../../schema/key-rights.ts';
import type { Caller } from '../auth/judge-key.ts';
import { hashToken } from '../auth/make-session-token.ts';
import type { Membership, Person } from '../auth/people.ts';
import { isFresh, SESSION_LIFE_MS } from '../auth/sessions.ts';
import type { Session } from '../auth/sessions.ts';
import { ApiError } from '../errors.ts';
import type { Refusal } from '../look/refusal.ts';
import { pickLocale } from '../look/words.ts';
import type { Locale } from '../look/words.ts';
import type { AppEnv } from '../routes/app-env.ts';
import { LOCALE_COOKIE } from '../routes/page-locale.ts';
import { letPartsTake } from './or-null.ts';
import { SignInFirst } from './sign-in-first.ts';

/** Somebody who is signed in. */
export interface SignedIn {
  readonly session: Session;
  readonly person: Person;
  readonly memberships: readonly Membership[];
  /** As which member pages are shown; null for who is a member of nothing. */
  readonly membership: Membership | null;
  /** What each form of theirs carries: of the session, and of the member as whom its page is shown. */
  readonly csrf: string;
}

export interface Visit {
  readonly locale: Locale;
  /** Of the page, with its query. */
  readonly path: string;
  readonly signedIn: SignedIn | null;
}

export interface ConsoleEnv extends AppEnv {
  Variables: AppEnv['Variables'] & {
    visit: Visit;
    /** What a form was sent with, once it is read. */
    typed?: Readonly<Record<string, string | readonly string[]>>;
    /** The page that is shown tells why its form was refused. */
    refusal?: {
      readonly status: number;
      readonly refusal: Refusal;
      /** Of the field that was wrong, once its form was written. */
      readonly seen: { readonly label: string | null };
    };
  };
}

/** The same to who may not know what is there, and to who mistyped. */
export const NO_PAGE = 'Its address may be mistyped, or what stood here is gone.';

const SECURE_COOKIE = '__Host-irori_session';
/** Not every browser keeps secure cookies of http://localhost. */
const LOCAL_COOKIE = 'irori_session';
const YEAR_S = 31_536_000;

const isSecure = (c: Context): boolean => new URL(c.req.url).protocol === 'https:';

/** Stands before all pages. */
export const readVisit: MiddlewareHandler<ConsoleEnv> = async (c, next) => {
  c.set('isOwnPage', true);
  const { pathname, search } = new URL(c.req.url);
  const path = pathname + search;
  // What is told where nobody can be asked who looks.
  c.set('visit', { locale: findLocale(c, null), path, signedIn: null });
  letPartsTake(c.get('services').timings.pagePartMs);
  const token = getCookie(c, isSecure(c) ? SECURE_COOKIE : LOCAL_COOKIE) ?? '';
  const signedIn = token === '' ? null : await findSignedIn(c, token);
  c.set('visit', { locale: findLocale(c, signedIn), path, signedIn });
  await next();
};

function findLocale(c: Context, signedIn: SignedIn | null): Locale {
  return pickLocale(signedIn?.person.locale ?? getCookie(c, LOCALE_COOKIE), c.req.header('accept-language'));
}

async function findSignedIn(c: Context<ConsoleEnv>, token: string): Promise<SignedIn | null> {
  const { sessions, people } = c.get('services');
  const now = Date.now();
  const session = await sessions.find(token, now);
  if (!session) return null;
  // Only where a page is read: the answer to a form must carry the token that its page was made with.
  const next = c.req.method === 'GET' ? await sessions.rotate(session, now) : null;
  if (next !== null) keepSession(c, next);
  const { person } = session;
  const memberships = await people.listMemberships(person.id);
  const membership = memberships.find(({ memberId }) => memberId === session.memberId) ?? memberships[0] ?? null;
  const csrf = csrfOf(next ?? token, membership?.memberId ?? '');
  return { session, person, memberships, membership, csrf };
}

const SESSION_DIGITS = 32;

/**
 * What a form carries: whoever cannot read the cookie cannot make it. Another tab may have gone over to another account since, or the member was removed: what
 * was written for the one is never done at the other's cost.
 */
function csrfOf(token: string, memberId: string): string {
  const [ofSession, ofMember] = [hashToken(`csrf ${token}`), hashToken(`csrf ${token} ${memberId}`)];
  return ofSession.slice(0, SESSION_DIGITS) + ofMember.slice(0, SESSION_DIGITS);
}

/** Whether what came with a form is of this session, whichever account its page was shown for. */
export function isOfSession(said: unknown, { csrf }: Pick<SignedIn, 'csrf'>): said is string {
  return typeof said === 'string' && said.slice(0, SESSION_DIGITS) === csrf.slice(0, SESSION_DIGITS);
}

/** Signs a browser in. */
export function keepSession(c: Context<ConsoleEnv>, token: string): void {
  const secure = isSecure(c);
  setCookie(c, secure ? SECURE_COOKIE : LOCAL_COOKIE, token, {
    path: '/',
    httpOnly: true,
    secure,
    // Who comes back from a shop, or from a mail, is still signed in.
    sameSite: 'Lax',
    maxAge: SESSION_LIFE_MS / 1000,
  });
}

export function dropSession(c: Context<ConsoleEnv>): void {
  const secure = isSecure(c);
  deleteCookie(c, secure ? SECURE_COOKIE : LOCAL_COOKIE, { path: '/', secure });
}

export function keepLocale(c: Context<ConsoleEnv>, locale: Locale): void {
  setCookie(c, LOCALE_COOKIE, locale, { path: '/', sameSite: 'Lax', secure: isSecure(c), maxAge: YEAR_S });
}

/** The page of a form whose answer nobody may have: the one that its path begins with. */
function findPage(path: string): string {
  const [page = '/console'] = /^\/console\/(?:operator\/)?(?!choose)[a-z]+/.exec(path) ?? [];
  return page;
}

/** Throws what the console answers by asking to sign in first. */
export function requirePerson(c: Context<ConsoleEnv>): SignedIn {
  const { signedIn, path } = c.get('visit');
  if (!signedIn) throw new SignInFirst(c.req.method === 'GET' ? path : findPage(c.req.path));
  return signedIn;
}

/** Whether a person can sign in by themselves: by a passkey, or by a link that is mailed. */
async function mayReturn(c: Context<ConsoleEnv>, { id, email }: Person): Promise<boolean> {
  const { passkeys, sendSignInLink } = c.get('services');
  if (sendSignInLink !== null && email !== null) return true;
  return passkeys !== null && (await passkeys.list(id)).length > 0;
}

/**
 * Somebody who signed in just now, for what decides who can sign in: else whoever finds a browser open could. Who has no way to sign in anew may add the first
 * one at any time. Throws what asks to sign in, and leads back to `to`.
 */
export async function requireFresh(c: Context<ConsoleEnv>, to: string): Promise<SignedIn> {
  const signedIn = requirePerson(c);
  if (!isFresh(signedIn.session, Date.now()) && (await mayReturn(c, signedIn.person))) throw new SignInFirst(to, true);
  return signedIn;
}

export interface SignedInMember extends SignedIn {
  readonly membership: Membership;
  /** What the person may do at the account's cost, for desks and routes that ask for a caller. */
  readonly caller: Caller;
}

/** Somebody whose role leaves them these scopes. Throws as requirePerson does; ApiError 403. */
export async function requireMember(c: Context<ConsoleEnv>, ...scopes: readonly Scope[]): Promise<SignedInMember> {
  const signedIn = requirePerson(c);
  const { membership, person } = signedIn;
  if (!membership) throw new ApiError('forbidden', 'You are no member of any account yet.');
  const caller = await c.get('services').people.findCaller(person.id, membership.memberId, Date.now());
  if (!caller) throw new ApiError('forbidden', 'You are no member of this account any more.');
  const lacking = scopes.find((scope) => !caller.scopes.includes(scope));
  if (lacking) throw new ApiError('forbidden', `Your role in this account, ${membership.role}, leaves this to others.`);
  return { ...signedIn, membership, caller };
}

/** Throws as requirePerson does; ApiError 404, since others need not know what is there. */
export function requireOperator(c: Context<ConsoleEnv>): SignedIn {
  const signedIn = requirePerson(c);
  if (!signedIn.person.isOperator) throw new ApiError('not_found', NO_PAGE);
  return signedIn;
}
