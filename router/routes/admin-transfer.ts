// The books out to a file and in from one, page by page: the operator's command (local/books-transfer.ts) asks for one after another, so that a copy of any size
// takes no call long.
import { Hono } from 'hono';
import type { Context } from 'hono';
import * as z from 'zod';
import { AREAS } from '../../schema/places.ts';
import type { ImportFault } from '../billing/book-copy.ts';
import type { CopyPiece } from '../billing/build-copy.ts';
import type { CopyPage, CopyPlace } from '../billing/object-copy.ts';
import { SETTLER } from '../billing/settler-name.ts';
import { ApiError } from '../errors.ts';
import type { Services } from '../services/edge.ts';
import { parseInput, readInput } from './admin-input.ts';
import type { AppEnv } from './app-env.ts';

/** The form of the file; one that is read otherwise has another. */
export const BOOKS_VERSION = 1;
/** Where the next page begins; none behind the last. */
export const NEXT_HEADER = 'x-irori-next';

/** Objects that are told, or asked, in one call. */
const AT_ONCE = 100;
/** Objects whose pages are put into one answer, and the bytes after which no other is asked. */
const OBJECTS_A_PAGE = 50;
const PAGE_CHARS = 1_000_000;
const MOST_IMPORT_BYTES = 16 * 1024 * 1024;

/** The one that closes epochs stands still first, and is copied last. */
const KINDS = ['accounts', 'nodes', 'settler'] as const;
type Kind = (typeof KINDS)[number];

const cell = z.union([z.string(), z.number(), z.null(), z.strictObject({ x: z.string().regex(/^([0-9a-f]{2})*$/) })]);
const name = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/);
const place = z.strictObject({ table: name, after: z.array(cell).readonly().nullable() });
/** What a page begins behind. */
const cursorSchema = z.strictObject({
  of: z.enum([...KINDS, 'book']),
  /** The object whose pages are being given; '' ahead of the first of its kind. */
  id: z.string().max(100),
  place: place.nullable(),
  limit: z.int().min(1).max(10_000),
});
type Cursor = z.infer<typeof cursorSchema>;
const FIRST: Cursor = { of: 'accounts', id: '', place: null, limit: 100 };

const pauseSchema = z.strictObject({
  /** `open`: all goes on. */
  level: z.enum(['draining', 'closed', 'open']),
  of: z.enum(KINDS),
  after: z.string().max(100).default(''),
  /** It ends by itself after so long; null: never. */
  for_s: z.int().min(1).max(86_400).nullable().default(3600),
});
const beginSchema = z.strictObject({
  version: z.literal(BOOKS_VERSION, { error: `must be ${BOOKS_VERSION}: the file is of another form` }),
  name: z.string().regex(/^[0-9a-f]{64}$/),
  migrations: z.array(z.string().max(200)).max(1000),
});
const endSchema = z.strictObject({ name: z.string().regex(/^[0-9a-f]{64}$/) });
/** A line of the file: rows of an object or of the book, or the word that an object is whole. */
const lineSchema = z.union([
  z.strictObject({
    of: z.string().regex(/^(?:book|(?:accounts|nodes|settler)\/[\w-]{1,100})$/),
    table: name,
    sql: z.string().max(10_000).nullable(),
    columns: z.array(name).max(200),
    rows: z.array(z.array(cell)),
    isFirst: z.boolean(),
  }),
  z.strictObject({ of: z.string().regex(/^(?:accounts|nodes|settler)\/[\w-]{1,100}$/), isWhole: z.literal(true) }),
]);
type Line = z.infer<typeof lineSchema>;

/** POST /books/pause, GET /books/owing, GET /books/export, POST /books/import/begin, POST /books/import, POST /books/import/end. */
export function makeAdminTransferRoutes(): Hono<AppEnv> {
  const routes = new Hono<AppEnv>();
  routes.post('/books/pause', async (c) => {
    const { level, of, after, for_s: forS } = await readInput(c, pauseSchema);
    const services = c.get('services');
    const untilAt = forS === null ? null : Date.now() + forS * 1000;
    // The first word is the book's: nothing is summed up or moved meanwhile.
    if (of === 'accounts' && after === '') await services.bookCopy.setPause(level === 'open' ? null : { untilAt });
    const ids = await listIds(services, of, after);
    const data = await Promise.all(
      ids.map(async (id) => {
        const pause = level === 'open' ? null : { level, untilAt };
        return { id, ...(await objectOf(services, of, id).setPause(pause)) };
      }),
    );
    return c.json({ data, next: ids.length === AT_ONCE ? (ids.at(-1) ?? null) : null });
  });
  routes.get('/books/owing', async (c) => {
    const services = c.get('services');
    const hubs = (await Promise.all(AREAS.map((area) => services.area(area).hubs()))).flat();
    const data = await Promise.all(hubs.map(async (hub) => ({ hub, parts: await services.hub(hub).owing() })));
    return c.json({ data, payments: await services.bookCopy.countPayments() });
  });
  routes.get('/books/export', exportPage);
  routes.post('/books/import/begin', async (c) => {
    const input = await readInput(c, beginSchema);
    const fault = await c.get('services').bookCopy.beginImport(input.name, input.migrations);
    if (fault) throw refuseImport(fault);
    return c.json({ ok: true });
  });
  routes.post('/books/import', importPage);
  routes.post('/books/import/end', async (c) => {
    const { name: file } = await readInput(c, endSchema);
    await c.get('services').bookCopy.endImport(file);
    return c.json({ ok: true });
  });
  return routes;
}

async function listIds(services: Services, of: Kind, after: string, limit = AT_ONCE): Promise<string[]> {
  const { accountIds, nodeIds } = services.bookCopy;
  if (of === 'settler') return after === '' ? [SETTLER] : [];
  return of === 'accounts' ? accountIds(after, limit) : nodeIds(after, limit);
}

type Kept = Pick<
  ReturnType<Services['account']> | ReturnType<Services['nodeAccount']> | ReturnType<Services['settler']>,
  'setPause' | 'copyOut' | 'copyIn' | 'endCopy'
>;

function objectOf(services: Services, of: Kind, id: string): Kept {
  if (of === 'settler') return services.settler();
  return of === 'accounts' ? services.account(id) : services.nodeAccount(id);
}

function refuseImport(fault: ImportFault): ApiError {
  switch (fault.kind) {
    case 'not-empty':
      return new ApiError('invalid_value', 'This deployment has books of its own. Import into one that is new.');
    case 'other-import':
      return new ApiError(
        'invalid_value',
        `Another file is being put in here, ${fault.name.slice(0, 12)}… Go on with that one, or begin with a new deployment.`,
        { param: 'name' },
      );
    case 'other-version':
      return new ApiError(
        'invalid_value',
        `The file is of other migrations than this deployment has (here up to ${fault.here.at(-1) ?? 'none'}). Deploy the version that wrote it, import, then update.`,
        { param: 'migrations' },
      );
  }
}

async function exportPage(c: Context<AppEnv>): Promise<Response> {
  const services = c.get('services');
  const from = readCursor(c.req.query('from'));
  if (from === null) {
    const migrations = await services.bookCopy.migrations();
    const head = { irori: 'books', version: BOOKS_VERSION, at: new Date().toISOString(), migrations };
    return toPage([head], FIRST);
  }
  if (!(await services.bookCopy.isPaused(Date.now())))
    throw new ApiError('invalid_value', 'Only books that stand still are copied: POST /admin/v1/books/pause first.');
  if (from.of === 'book') {
    const { pieces, next, limit } = await services.bookCopy.read(from.place, from.limit);
    return toPage(
      pieces.map((piece) => ({ of: 'book', ...piece })),
      next && { ...from, place: next, limit },
    );
  }
  return exportObjects(services, { ...from, of: from.of });
}

/** Pages of objects, of several small ones together. */
async function exportObjects(services: Services, from: Cursor & { readonly of: Kind }): Promise<Response> {
  const lines: object[] = [];
  let at: Cursor & { readonly of: Kind } = from;
  let chars = 0;
  for (let asked = 0; asked < OBJECTS_A_PAGE && chars < PAGE_CHARS; asked++) {
    const id = at.place === null ? (await listIds(services, at.of, at.id, 1))[0] : at.id;
    if (id === undefined) {
      const following = KINDS[KINDS.indexOf(at.of) + 1] ?? 'book';
      const next: Cursor = { ...FIRST, of: following };
      return toPage(lines, next);
    }
    const { pieces, next } = await copyOut(services, at.of, id, at.place);
    lines.push(...pieces.map((piece) => ({ of: `${at.of}/${id}`, ...piece })));
    if (next === null) lines.push({ of: `${at.of}/${id}`, isWhole: true });
    chars += JSON.stringify(pieces).length;
    at = { ...at, id, place: next };
  }
  return toPage(lines, at);
}

async function copyOut(services: Services, of: Kind, id: string, from: CopyPlace | null): Promise<CopyPage> {
  return objectOf(services, of, id).copyOut(from);
}

function toPage(lines: readonly object[], next: Cursor | null): Response {
  const body = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  const headers: Record<string, string> = { 'content-type': 'application/x-ndjson; charset=utf-8' };
  if (next) headers[NEXT_HEADER] = encodeURIComponent(JSON.stringify(next));
  return new Response(body, { headers });
}

function readCursor(text: string | undefined): Cursor | null {
  if (text === undefined) return null;
  let value: unknown = null;
  try {
    value = JSON.parse(text);
  } catch {
    // Told below with its name.
  }
  return parseInput({ from: value }, z.object({ from: cursorSchema })).from;
}

async function importPage(c: Context<AppEnv>): Promise<Response> {
  const services = c.get('services');
  const text = await c.req.text();
  if (text.length > MOST_IMPORT_BYTES) throw new ApiError('body_too_large', 'Send fewer lines at once.');
  const lines = text.split('\n').flatMap((line, i) => (line === '' ? [] : [readLine(line, i)]));
  if (!(await services.bookCopy.isImporting()))
    throw new ApiError('invalid_value', 'Nothing is being put in here: POST /admin/v1/books/import/begin first.');
  for (let at = 0; at < lines.length;) {
    const { of } = lines[at] ?? { of: '' };
    let end = at;
    while (lines[end]?.of === of) end += 1;
    await put(services, of, lines.slice(at, end));
    at = end;
  }
  return c.json({ lines: lines.length });
}

function readLine(text: string, number: number): Line {
  let value: unknown = null;
  try {
    value = JSON.parse(text);
  } catch {
    // Told below with its number.
  }
  return parseInput({ [`line ${number + 1}`]: value }, z.record(z.string(), lineSchema))[`line ${number + 1}`] as Line;
}

async function put(services: Services, of: string, lines: readonly Line[]): Promise<void> {
  const pieces = lines.flatMap((line): CopyPiece[] => ('table' in line ? [line] : []));
  if (of === 'book') return services.bookCopy.write(pieces);
  const [kind, id = ''] = of.split('/');
  const object = objectOf(services, KINDS.find((one) => one === kind) ?? 'settler', id);
  if (pieces.length > 0) await object.copyIn(pieces);
  if (lines.length === pieces.length) return;
  // The object begins anew with what was put in, and this call ends with its old life.
  await object.endCopy().catch(() => undefined);
}
