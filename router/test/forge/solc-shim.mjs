#!/usr/bin/env node
// The repository's compiler (solc, WebAssembly) as forge wants one: a program that reads its orders from stdin. forge would fetch its own otherwise.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
if (process.argv.includes('--standard-json')) {
  const { default: solc } = await import('solc');
  process.stdout.write(solc.compile(readFileSync(0, 'utf8')));
} else {
  // Asked at every start of forge, and the compiler itself takes half a second to load.
  const { version } = require('solc/package.json');
  process.stdout.write(
    `solc, the solidity compiler commandline interface\nVersion: ${version}+commit.00000000.Linux.g++\n`,
  );
}
