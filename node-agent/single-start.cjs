// The start of the single executable (pack-single.mjs): lays the program that is inside of it beside it, once for each version, and runs it from there.
// The models' threads and the curve's module are files that the program opens by their names.
const { createHash } = require('node:crypto');
const { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } = require('node:fs');
const { createRequire } = require('node:module');
const { homedir, tmpdir } = require('node:os');
const path = require('node:path');
const { getRawAsset } = require('node:sea');
const { gunzipSync } = require('node:zlib');

/** The system's place for what can be made anew. */
function findCache() {
  const env = process.env;
  if (process.platform === 'win32' && env.LOCALAPPDATA) return path.join(env.LOCALAPPDATA, 'irori-node', 'program');
  try {
    const home = homedir();
    if (process.platform === 'darwin') return path.join(home, 'Library', 'Caches', 'irori-node');
    return path.join(
      env.XDG_CACHE_HOME?.startsWith('/') ? env.XDG_CACHE_HOME : path.join(home, '.cache'),
      'irori-node',
    );
  } catch {
    // A user without a home, as in some containers: a folder that nobody else can have laid out before.
    return mkdtempSync(path.join(tmpdir(), 'irori-node-'));
  }
}

/** The archive is a line of JSON, [path, bytes] for each file, and behind it their bytes. Renamed into place whole: a crash leaves nothing half. */
function unpack(packed, folder) {
  const archive = gunzipSync(packed);
  const end = archive.indexOf(10);
  const draft = `${folder}.${process.pid}`;
  let at = end + 1;
  for (const [name, bytes] of JSON.parse(archive.subarray(0, end).toString())) {
    mkdirSync(path.dirname(path.join(draft, name)), { recursive: true, mode: 0o700 });
    writeFileSync(path.join(draft, name), archive.subarray(at, at + bytes), { mode: 0o600 });
    at += bytes;
  }
  try {
    renameSync(draft, folder);
  } catch (error) {
    // Another start was quicker.
    rmSync(draft, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
}

const packed = Buffer.from(getRawAsset('program'));
const version = createHash('sha256').update(packed).digest('hex').slice(0, 16);
const folder = path.join(findCache(), version);
if (!existsSync(folder)) unpack(packed, folder);
createRequire(path.join(folder, 'package.json'))('./dist/irori-node.mjs');
