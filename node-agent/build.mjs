// Bundles the agent for an installed package: plain JavaScript for Node 20 and newer (types cannot be stripped inside node_modules),
// with everything in it, so that a home installs one package and nothing else. Not minified: an owner may want to read what runs.
import { copyFile, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = fileURLToPath(new URL('.', import.meta.url));
/** Beside this file, since the program looks for its models beside the folder that it is in. */
const out = process.argv[2] ?? 'dist';
// What stands there is deleted first.
if (!/^(?:dist|\.test)[\w-]*$/.test(out)) {
  process.stderr.write(
    `build.mjs writes into a folder beside itself whose name begins with dist or .test, and empties it first: '${out}' is none, and was left as it is.\n`,
  );
  process.exit(2);
}
const inOut = (name) => new URL(`${out}/${name}`, import.meta.url);

await rm(new URL(out, import.meta.url), { recursive: true, force: true });
const { metafile } = await build({
  absWorkingDir: here,
  // The models' worker threads are loaded by their own file names, beside the main program.
  entryPoints: {
    'irori-node': 'main.ts',
    'onnx-worker': 'backends/onnx-worker.ts',
    'embedder-worker': 'backends/embedder-worker.ts',
  },
  outdir: out,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  // A command is loaded when it is asked for: the first screen should not wait for the whole agent. All parts lie beside each other.
  splitting: true,
  chunkNames: 'part-[hash]',
  platform: 'node',
  format: 'esm',
  target: 'node20',
  // The first two have binaries: the runtime is looked up where `irori-node setup` put it, the curve beside the package; the others are optional
  // extras of ws.
  external: ['onnxruntime-node', 'secp256k1', 'bufferutil', 'utf-8-validate'],
  // ws is CommonJS and asks for Node's own modules by require. The curve asks for random bytes once: the web's cryptography would come with them, 3 MB.
  banner: {
    js: `import { createRequire as makeRequire } from 'node:module';
const require = makeRequire(import.meta.url);
const nodesRandom = { getRandomValues: (bytes) => require('node:crypto').randomFillSync(bytes) };`,
  },
  define: { 'globalThis.crypto': 'nodesRandom' },
  plugins: [
    { name: 'one-language', setup: keepOneLanguage },
    { name: 'lean-modules', setup: requireNodesOwn },
  ],
  legalComments: 'none',
  logLevel: 'warning',
  metafile: true,
});
for (const name of await readdir(new URL(out, import.meta.url)))
  if (name.endsWith('.mjs')) await keepPlain(inOut(name));
const curve = new URL('../schema/curve/', import.meta.url);
await copyFile(new URL('curve.wasm', curve), inOut('curve.wasm'));
await writeLicences(Object.keys(metafile.inputs));
// The package is packed from this folder, and its licence stands at the repository's root.
await copyFile(new URL('../LICENSE', import.meta.url), new URL('LICENSE', import.meta.url));

/** The validator's messages in fifty languages would be a third of the program. */
function keepOneLanguage({ onLoad }) {
  const contents = "export { default as en } from './en.js';";
  onLoad({ filter: /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({ contents, loader: 'js' }));
}

/**
 * Node's own modules by require: an import reads everything that a module exports, and so brings what it would load when first asked for. Of node:http
 * that is the whole of fetch and WebSocket, which no home at work uses: 9 MB of memory.
 */
function requireNodesOwn({ onResolve, onLoad }) {
  onResolve({ filter: /^node:/ }, ({ path, kind, namespace }) =>
    kind === 'import-statement' && namespace !== 'nodes-own' ? { path, namespace: 'nodes-own' } : undefined,
  );
  onLoad({ filter: /./, namespace: 'nodes-own' }, ({ path }) => ({
    contents: `module.exports = require(${JSON.stringify(path)});`,
    loader: 'js',
  }));
}

/** With one letter beyond Latin-1 V8 keeps a whole file at two bytes a letter. esbuild leaves them in comments and patterns only, where an escape does. */
async function keepPlain(file) {
  const text = await readFile(file, 'utf8');
  const plain = text.replaceAll(
    /[^\t\n\r -~]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  if (plain !== text) await writeFile(file, plain);
}

/** Every bundled package's licence, as their terms ask. */
async function writeLicences(inputs) {
  const folders = new Set();
  for (const input of inputs) {
    const [folder] = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input) ?? [];
    if (folder) folders.add(folder);
  }
  const texts = [];
  for (const folder of [...folders].sort((a, b) => a.localeCompare(b))) {
    const at = new URL(`${folder}/`, import.meta.url);
    const { name, version, license } = JSON.parse(await readFile(new URL('package.json', at), 'utf8'));
    const file = (await readdir(at)).find((one) => /^licen[cs]e/i.test(one));
    const text = file ? await readFile(new URL(file, at), 'utf8') : `Licensed under ${license}.\n`;
    texts.push(`${name} ${version} (${license})\n\n${text.trim()}\n`);
  }
  const inModule = await readFile(new URL('COPYING-libsecp256k1', curve), 'utf8');
  texts.push(`libsecp256k1 0.8.0, in curve.wasm (MIT)\n\n${inModule.trim()}\n`);
  await writeFile(inOut('LICENSES.txt'), texts.join('\n----------------------------------------\n\n'));
}
