// Compiles the contracts of schema/contracts as their artifacts there were made: `npm run contracts` writes them, a test compares.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import solc from 'solc';

const FOLDER = resolve(import.meta.dirname, '../../schema/contracts');
const ARTIFACTS = join(FOLDER, 'artifacts.json');
const INTERFACES = join(FOLDER, 'abi.ts');

const LIBRARY = '@openzeppelin/contracts';

/** The compiler's number of its warning. */
const TOO_LARGE = '5574';

/** A contract without a constructor: its code may be put at any address of a test chain. */
export interface Artifact {
  readonly abi: readonly object[];
  /** What runs, in hex with 0x. */
  readonly code: string;
}

/** A contract with a constructor: it is deployed. */
export interface DeployArtifact {
  readonly abi: readonly object[];
  /** What deploys it, in hex with 0x; its constructor's arguments come behind. */
  readonly init: string;
}

type Compiled = Artifact | DeployArtifact;

interface Output {
  readonly errors?: readonly {
    readonly severity: string;
    readonly errorCode?: string;
    readonly formattedMessage: string;
    readonly sourceLocation?: { readonly file: string };
  }[];
  readonly contracts: Record<
    string,
    Record<
      string,
      {
        abi: { type: string }[];
        evm: { bytecode: { object: string }; deployedBytecode: { object: string; immutableReferences: object } };
      }
    >
  >;
}

/** The committed sources by their files' names. */
export function readSources(): Record<string, string> {
  const names = readdirSync(FOLDER).filter((name) => name.endsWith('.sol'));
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(FOLDER, name), 'utf8')]));
}

/**
 * All contracts by their names. `isOptimised`: as they are deployed; mutants of them are compiled in half the time without. Throws Error with the
 * compiler's words, warnings among them.
 */
export function compileContracts(texts = readSources(), isOptimised = true): Record<string, Compiled> {
  const names = Object.keys(texts);
  const sources = Object.fromEntries(Object.entries(texts).map(([name, content]) => [name, { content }]));
  const settings = {
    evmVersion: 'cancun',
    optimizer: { enabled: isOptimised, runs: 1000 },
    // No hash of the sources in the code: the same contract is the same bytes.
    metadata: { appendCBOR: false, bytecodeHash: 'none' },
    // Ours alone: of the library only what they are made of.
    outputSelection: Object.fromEntries(names.map((name) => [name, { '*': WANTED }])),
  };
  const input = JSON.stringify({ language: 'Solidity', sources, settings });
  const output = JSON.parse(solc.compile(input, { import: readLibrary })) as Output;
  const told = (output.errors ?? [])
    // What is to be changed in the library is its makers' to change.
    .filter((one) => one.severity === 'error' || !one.sourceLocation?.file.startsWith(`${LIBRARY}/`))
    // Code that is never deployed may be larger than a chain takes.
    .filter((one) => isOptimised || one.errorCode !== TOO_LARGE)
    .map((one) => one.formattedMessage);
  if (told.length > 0) throw new Error(told.join('\n'));
  const artifacts: Record<string, Compiled> = {};
  for (const file of Object.keys(output.contracts).toSorted())
    for (const [name, { abi, evm }] of Object.entries(output.contracts[file] ?? {})) {
      const { object, immutableReferences } = evm.deployedBytecode;
      // Abstract, or not the file's own.
      if (object === '' || `${name}.sol` !== file) continue;
      const isDeployed = abi.some(({ type }) => type === 'constructor');
      if (!isDeployed && Object.keys(immutableReferences ?? {}).length > 0)
        throw new Error(`${name} has immutables, which a test chain cannot place`);
      artifacts[name] = isDeployed ? { abi, init: `0x${evm.bytecode.object}` } : { abi, code: `0x${object}` };
    }
  return artifacts;
}

const WANTED = [
  'abi',
  'evm.bytecode.object',
  'evm.deployedBytecode.object',
  'evm.deployedBytecode.immutableReferences',
];

/** A source of the library that the contracts import: nothing else is read, and nothing is fetched. */
function readLibrary(path: string): { contents: string } | { error: string } {
  if (!path.startsWith(`${LIBRARY}/`)) return { error: `only ${LIBRARY} may be imported` };
  const home = dirname(createRequire(import.meta.url).resolve(`${LIBRARY}/package.json`));
  const file = join(home, path.slice(LIBRARY.length));
  return existsSync(file) ? { contents: readFileSync(file, 'utf8') } : { error: 'there is no such file' };
}

/** The text of the artifacts as they stand in the repository. */
export function writeArtifacts(artifacts: Record<string, Compiled>): string {
  const contracts = Object.entries(artifacts).map(([name, { abi, ...hex }]) => {
    const [kind, text] = 'code' in hex ? ['code', hex.code] : ['init', hex.init];
    const lines = abi.map((one) => `      ${JSON.stringify(one)}`).join(',\n');
    return `  "${name}": {\n    "abi": [\n${lines}\n    ],\n    "${kind}": "${text}"\n  }`;
  });
  return `{\n${contracts.join(',\n')}\n}\n`;
}

/** Interfaces of the contracts that are deployed on a network, by the names that they have in `abi.ts`. */
const TOLD = ['Bonds', 'Credits', 'IroriGovernor', 'IroriToken', 'Payouts', 'Rules'];

/** The text of `abi.ts`: interfaces without code, typed, for whoever calls the contracts. */
export function writeInterfaces(artifacts: Record<string, Compiled>): string {
  const tables = TOLD.map((name) => {
    const lines = (artifacts[name]?.abi ?? []).map((one) => `  ${JSON.stringify(one)},\n`).join('');
    return `export const ${nameOf(name)} = [\n${lines}] as const;\n`;
  });
  return `// Made by \`npm run contracts\`: interfaces of the contracts beside this file.\n\n${tables.join('\n')}`;
}

/** IroriToken → TOKEN_ABI. */
function nameOf(contract: string): string {
  return `${contract.replace('Irori', '').toUpperCase()}_ABI`;
}

if (import.meta.main) {
  const artifacts = compileContracts();
  writeFileSync(ARTIFACTS, writeArtifacts(artifacts));
  writeFileSync(INTERFACES, writeInterfaces(artifacts));
  process.stdout.write(`wrote ${ARTIFACTS} and ${INTERFACES}\n`);
}
