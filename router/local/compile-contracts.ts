// Compiles the contracts of schema/contracts as their artifacts there were made: `npm run contracts` writes them, a test compares.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import solc from 'solc';

const FOLDER = resolve(import.meta.dirname, '../../schema/contracts');
const ARTIFACTS = join(FOLDER, 'artifacts.json');

/** A contract without a constructor: its code may be put at any address of a test chain. */
export interface Artifact {
  readonly abi: readonly object[];
  /** What runs, in hex with 0x. */
  readonly code: string;
}

interface Output {
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[];
  readonly contracts: Record<
    string,
    Record<string, { abi: object[]; evm: { deployedBytecode: { object: string; immutableReferences: object } } }>
  >;
}

/** All contracts by their names. Throws Error with the compiler's words, warnings among them. */
export function compileContracts(): Record<string, Artifact> {
  const names = readdirSync(FOLDER).filter((name) => name.endsWith('.sol'));
  const sources = Object.fromEntries(
    names.map((name) => [name, { content: readFileSync(join(FOLDER, name), 'utf8') }]),
  );
  const settings = {
    evmVersion: 'cancun',
    optimizer: { enabled: true, runs: 1000 },
    // No hash of the sources in the code: the same contract is the same bytes.
    metadata: { appendCBOR: false, bytecodeHash: 'none' },
    outputSelection: {
      '*': { '*': ['abi', 'evm.deployedBytecode.object', 'evm.deployedBytecode.immutableReferences'] },
    },
  };
  const output = JSON.parse(solc.compile(JSON.stringify({ language: 'Solidity', sources, settings }))) as Output;
  const told = output.errors?.map((one) => one.formattedMessage) ?? [];
  if (told.length > 0) throw new Error(told.join('\n'));
  const artifacts: Record<string, Artifact> = {};
  for (const file of Object.keys(output.contracts).toSorted())
    for (const [name, { abi, evm }] of Object.entries(output.contracts[file] ?? {})) {
      const { object, immutableReferences } = evm.deployedBytecode;
      if (Object.keys(immutableReferences ?? {}).length > 0)
        throw new Error(`${name} has immutables, which a test chain cannot place`);
      if (object !== '' && `${name}.sol` === file) artifacts[name] = { abi, code: `0x${object}` };
    }
  return artifacts;
}

/** The text of the artifacts as they stand in the repository. */
export function writeArtifacts(artifacts: Record<string, Artifact>): string {
  const contracts = Object.entries(artifacts).map(
    ([name, { abi, code }]) =>
      `  "${name}": {\n    "abi": [\n${abi.map((one) => `      ${JSON.stringify(one)}`).join(',\n')}\n    ],\n    "code": "${code}"\n  }`,
  );
  return `{\n${contracts.join(',\n')}\n}\n`;
}

if (import.meta.main) {
  writeFileSync(ARTIFACTS, writeArtifacts(compileContracts()));
  process.stdout.write(`wrote ${ARTIFACTS}\n`);
}
