// One executable for people without Node: this Node with the built agent inside (Node's single executable applications), and beside it its sha256 and, with
// --key FILE (an Ed25519 private key, PEM), its signature:
//   npm run pack:single -w node-agent -- [--key FILE] [--out FOLDER]
// Everything the program needs is inside, the demo model too; its first start lays that out in the user's cache folder. Tried on Linux only.
import { execFileSync } from 'node:child_process';
import { createHash, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { chmod, copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';

const here = fileURLToPath(new URL('.', import.meta.url));
const { values } = parseArgs({
  options: { key: { type: 'string' }, out: { type: 'string', default: join(here, 'dist-single') } },
});
const { version } = JSON.parse(await readFile(join(here, 'package.json'), 'utf8'));
/** Of every Node binary: where it looks whether a program was put in. */
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';
const POSTJECT = 'postject@1.0.0-alpha.6';
const IN_PACKAGE = ['dist', 'models', 'package.json', 'LICENSE', 'README.md'];

execFileSync(process.execPath, [join(here, 'build.mjs')], { stdio: 'inherit' });
const work = await mkdtemp(join(tmpdir(), 'irori-single-'));
const out = resolve(values.out);
await mkdir(out, { recursive: true });
const name = `irori-node-${version}-${process.platform}-${process.arch}${process.platform === 'win32' ? '.exe' : ''}`;
const program = join(out, name);
try {
  await writeFile(join(work, 'program'), await archive());
  await inject(program);
  await tell(program);
} finally {
  await rm(work, { recursive: true, force: true });
}

/** A line of JSON, [path, bytes] for each file, and behind it their bytes; compressed. */
async function archive() {
  const files = (await Promise.all(IN_PACKAGE.map((path) => list(join(here, path))))).flat();
  files.sort((a, b) => a.localeCompare(b));
  const contents = await Promise.all(files.map((path) => readFile(path)));
  const index = files.map((path, at) => [relative(here, path).replaceAll('\\', '/'), contents[at].length]);
  return gzipSync(Buffer.concat([Buffer.from(`${JSON.stringify(index)}\n`), ...contents]), { level: 9 });
}

async function list(path) {
  if (!(await stat(path)).isDirectory()) return [path];
  const names = await readdir(path);
  return (await Promise.all(names.map((one) => list(join(path, one))))).flat();
}

async function inject(path) {
  const blob = join(work, 'program.blob');
  const config = join(work, 'sea.json');
  const settings = { main: join(here, 'single-start.cjs'), output: blob, disableExperimentalSEAWarning: true };
  await writeFile(config, JSON.stringify({ ...settings, assets: { program: join(work, 'program') } }));
  execFileSync(process.execPath, ['--experimental-sea-config', config], { stdio: 'inherit' });
  await rm(path, { force: true });
  await copyFile(process.execPath, path);
  await chmod(path, 0o755);
  const isMac = process.platform === 'darwin';
  if (isMac) execFileSync('codesign', ['--remove-signature', path]);
  const more = isMac ? ['--macho-segment-name', 'NODE_SEA'] : [];
  const isWindows = process.platform === 'win32';
  const args = ['--yes', POSTJECT, path, 'NODE_SEA_BLOB', blob, '--sentinel-fuse', FUSE, ...more];
  execFileSync(isWindows ? 'npx.cmd' : 'npx', args, { stdio: ['ignore', 'ignore', 'inherit'], shell: isWindows });
  if (isMac) execFileSync('codesign', ['--sign', '-', path]);
}

async function tell(path) {
  const bytes = await readFile(path);
  const hash = createHash('sha256').update(bytes).digest('hex');
  await writeFile(`${path}.sha256`, `${hash}  ${name}\n`);
  process.stdout.write(`${path}\n${(bytes.length / 1e6).toFixed(0)} MB, sha256 ${hash}\n`);
  if (values.key === undefined) {
    process.stdout.write('Not signed: name an Ed25519 private key with --key FILE.\n');
    return;
  }
  const key = createPrivateKey(await readFile(values.key));
  if (key.asymmetricKeyType !== 'ed25519') throw new Error(`${values.key} holds no Ed25519 private key`);
  const signature = sign(null, bytes, key);
  if (!verify(null, bytes, createPublicKey(key), signature)) throw new Error('the signature does not verify');
  await writeFile(`${path}.sig`, `${signature.toString('base64')}\n`);
  process.stdout.write(`signed: ${path}.sig\n`);
}
