// `npm run bundle`: builds the Worker exactly as `wrangler deploy` would, sends nothing, and fails when it has grown past its ceiling.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';

/**
 * A Worker starts in proportion to its size: raising these is a decision, to be written with its reason. Last raised by bounds on what requests hold and on
 * what answers repeat of them (3 KiB over the ceiling of 2,150); before by the other APIs that callers speak (Responses, Messages, tools, pictures, several
 * answers: 167 KiB and 44 packed) and by what the API tells of itself (/docs and /openapi.json: 31 KiB and 9 packed, made when they are asked for), by seals,
 * journal and packed rows, by which a call costs half of what it did, and by libsecp256k1 as WebAssembly. Limits, spending and alerts of keys: 46 KiB and 12 packed.
 * Epochs and what owners see of their earnings: 57 KiB and 15 packed. Buying, by Stripe and by x402, without a package of either's: 68 KiB and 21 packed.
 * Idempotency-Keys, scopes, members and self service: 54 KiB and 14 packed.
 * Kinds of credit, sponsors, orders and self-dealing: 60 KiB and 17 packed. Usage by day, the audit and what rebuilds projections, a dry run, copies of
 * the books and two secrets at a time: 65 KiB and 16 packed.
 * What owners do without an operator: links and their page in two languages, the doctor's words, demand and forecast: 71 KiB and 22 packed.
 * Energy: what answers, receipts and totals tell of it, the grids of 200 countries, the classes of cards, and the section of /docs; homes by grams: 42 KiB and 12 packed.
 * A test chain: roots on their way there, answers to challenges, what happened there, sponsored claims, the fee by vote, newcomers' bonus, /votes in words and what
 * owners see of it, without a library for it: 135 KiB and 36 packed.
 * The console: some forty pages in two languages with their refusals, made of JSX on the server, the world as one path, their scripts and style kept packed (of
 * which the check of receipts is 50 KiB): 540 KiB and 170 packed. /docs and what a check of receipts finds in Japanese, what became of alerts, searches that lead
 * to what they name: 140 KiB (a Japanese letter takes six bytes unpacked) and 36 packed. The platform's own limit is 64 MiB unpacked by now, and one second to start.
 * Receipts: the page of /verify, kept packed and run by nobody here, 63 KiB and 50 packed; evidence, rotation of the signing key and clones 15 and 4.
 */
const CEILING_RAW_KIB = 3_840;
const CEILING_GZIP_KIB = 1_075;

const ROOT = resolve(import.meta.dirname, '../..');
const WRANGLER = resolve(ROOT, 'node_modules/wrangler/bin/wrangler.js');
/** Wrangler asks the network for nothing with these, and leaves no log in the home folder. */
const quiet = (folder: string): Record<string, string> => ({
  WRANGLER_LOG_PATH: join(folder, 'log'),
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
  WRANGLER_SEND_METRICS: 'false',
  WRANGLER_SEND_ERROR_REPORTS: 'false',
  WRANGLER_HIDE_BANNER: 'true',
});

await main();

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'irori-bundle-'));
  try {
    await promisify(execFile)(process.execPath, [WRANGLER, 'deploy', '--dry-run', '--outdir', join(folder, 'out')], {
      cwd: ROOT,
      env: { ...process.env, ...quiet(folder) },
    });
    const { rawKib, gzipKib } = await measure(join(folder, 'out'));
    const isOver = rawKib > CEILING_RAW_KIB || gzipKib > CEILING_GZIP_KIB;
    const words = `bundle: ${rawKib} KiB (ceiling ${CEILING_RAW_KIB}), ${gzipKib} KiB gzip (ceiling ${CEILING_GZIP_KIB})`;
    process.stdout.write(`${words}${isOver ? ': too large' : ''}\n`);
    process.exitCode = isOver ? 1 : 0;
  } catch (cause) {
    const said =
      cause instanceof Error && 'stderr' in cause && 'stdout' in cause
        ? `${String(cause.stdout)}${String(cause.stderr)}`
        : String(cause);
    process.stderr.write(`wrangler deploy --dry-run failed:\n${said}\n`);
    process.exitCode = 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measure(folder: string): Promise<{ rawKib: number; gzipKib: number }> {
  const names = (await readdir(folder)).filter((name) => !name.endsWith('.map') && name !== 'README.md');
  const files = await Promise.all(names.map(async (name) => readFile(join(folder, name))));
  const whole = Buffer.concat(files);
  return { rawKib: Math.ceil(whole.length / 1024), gzipKib: Math.ceil(gzipSync(whole).length / 1024) };
}
