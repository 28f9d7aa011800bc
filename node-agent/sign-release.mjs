// Makes and signs the list of the newest version: node node-agent/sign-release.mjs --key FILE --package FILE.tgz --url URL [--serial N] [--notes TEXT] [--days N] [--out FILE]
// Where FILE of --key is not there a new key is made, and its public half printed: it belongs into update/release-keys.json, or into the setting updateKey.
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { encodeCanonical } from './update/encode-canonical.ts';

const options = Object.fromEntries(
  ['key', 'package', 'url', 'serial', 'notes', 'days', 'out', 'version', 'node'].map((name) => [
    name,
    { type: 'string' },
  ]),
);
const { values } = parseArgs({ options });
const said = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
if (!said.key) {
  process.stderr.write('Name the file of the signing key: --key FILE\n');
  process.exit(2);
}
if (!existsSync(said.key)) {
  const { privateKey } = generateKeyPairSync('ed25519');
  writeFileSync(said.key, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600, flag: 'wx' });
  process.stderr.write(`A new key is in ${String(said.key)}: keep it off this repository.\n`);
}
const privateKey = createPrivateKey(readFileSync(said.key));
const key = createPublicKey(privateKey).export({ type: 'spki', format: 'der' }).subarray(-32).toString('hex');
process.stderr.write(`Public key: ${key}\n`);
if (said.package) {
  const bytes = readFileSync(said.package);
  const now = Date.now();
  const own = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));
  const manifest = {
    format: 1,
    product: 'irori-node',
    serial: Number(said.serial ?? Math.floor(now / 1000)),
    version: said.version ?? own.version,
    issuedAt: new Date(now).toISOString(),
    expiresAt: new Date(now + Number(said.days ?? 90) * 86_400_000).toISOString(),
    node: Number(said.node ?? 20),
    notes: said.notes ?? '',
    files: [
      { platform: 'any', url: said.url, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') },
    ],
  };
  const signature = sign(null, Buffer.from(encodeCanonical(manifest)), privateKey).toString('base64url');
  const text = `${JSON.stringify({ manifest, signatures: [{ key, signature }] }, null, 2)}\n`;
  if (said.out) writeFileSync(said.out, text);
  else process.stdout.write(text);
}
