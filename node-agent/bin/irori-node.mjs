#!/usr/bin/env node
// Starts the agent: a newer version that an update brought, else the built program of an installed package, or the sources of a checkout.
import { existsSync, readFileSync } from 'node:fs';
import { chooseVersion } from './choose-version.mjs';

const built = new URL('../dist/irori-node.mjs', import.meta.url);
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const runsSources = major > 22 || (major === 22 && minor >= 18);
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const chosen = chooseVersion(process.argv.slice(2), version);

if (chosen !== null) {
  await import(chosen);
} else if (existsSync(built)) {
  await import(built.href);
} else if (runsSources) {
  await import('../main.ts');
} else {
  process.stderr.write(
    `irori-node is not built here, and Node ${process.versions.node} cannot run its sources. Use Node 22.18 or newer, or build it once with \`npm run build -w node-agent\` on a newer Node.\n`,
  );
  process.exit(2);
}
