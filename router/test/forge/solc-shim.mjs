#!/usr/bin/env node
// The repository's compiler (solc, WebAssembly) as forge wants one: a program that reads its orders from stdin. forge would fetch its own otherwise.
import { readFileSync } from 'node:fs';
import solc from 'solc';

if (process.argv.includes('--standard-json')) {
  process.stdout.write(solc.compile(readFileSync(0, 'utf8')));
} else {
  const version = solc.version().replace('Emscripten.clang', 'Linux.g++');
  process.stdout.write(`solc, the solidity compiler commandline interface\nVersion: ${version}\n`);
}
