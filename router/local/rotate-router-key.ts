// `npm run rotate:router-key`: makes a new signing key for the router and has the present one hand over to it (router/README.md, "Keys"). Sends nothing.
import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import * as z from 'zod';
import type { Hex } from '../../schema/bytes.ts';
import { addressOfPrivateKey } from '../../schema/typed-data.ts';
import { readDeployed } from './chain-folder.ts';
import { makeRotation } from './make-rotation.ts';
import { parseWorkerConfig } from './parse-worker-config.ts';

const HELP = `Makes a new signing key for the router; the present one signs that it hands over to it.

  ROUTER_SIGNING_KEY=0x… npm run rotate:router-key -- --out keys.json
      of a deployment: writes both values into a new file that only you may read. Then: npx wrangler secret bulk keys.json, and remove it.
      ROUTER_SIGNING_KEY_PREVIOUS, where it is set there, has to be set here too; CHAIN_ID and VERIFYING_CONTRACT where wrangler.toml has others.
  npm run rotate:router-key -- --state .irori
      of a local network that is stopped: changes its secrets.json.
`;

const keysSchema = z.looseObject({
  ROUTER_SIGNING_KEY: z.string().regex(/^0x[0-9a-f]{64}$/, 'ROUTER_SIGNING_KEY must be 32 bytes in lower-case hex'),
  ROUTER_SIGNING_KEY_PREVIOUS: z.string().exactOptional(),
});
const PRIVATE = 0o600;

process.exitCode = run(process.argv.slice(2));

/** Exit status 0, or 2 with a sentence that says what to do. */
function run(args: string[]): number {
  const { values } = parseArgs({
    args,
    options: { out: { type: 'string' }, state: { type: 'string' }, help: { type: 'boolean' } },
  });
  if (values.help || (values.out === undefined) === (values.state === undefined)) {
    process.stdout.write(HELP);
    return values.help ? 0 : 2;
  }
  try {
    const path = values.out ?? join(values.state ?? '', 'secrets.json');
    const given: unknown = values.state === undefined ? process.env : JSON.parse(readFileSync(path, 'utf8'));
    const keys = keysSchema.parse(given);
    const rotated = makeRotation(keys, {
      domain: readDomain(values.state ?? null),
      privateKey: randomBytes(32),
      now: Date.now(),
    });
    if (values.state === undefined) writeFileSync(path, format(rotated), { mode: PRIVATE, flag: 'wx' });
    else replace(path, format({ ...keys, ...rotated }));
    const address = addressOfPrivateKey(Buffer.from(rotated.ROUTER_SIGNING_KEY.slice(2), 'hex'));
    process.stdout.write(`The new key's address is ${address}; both values stand in ${path}.\n`);
    return 0;
  } catch (error) {
    process.stderr.write(`Nothing was changed: ${error instanceof Error ? error.message : String(error)}\n`);
    return 2;
  }
}

/** Chain and contract that the router signs for. */
function readDomain(state: string | null): { chainId: number; verifyingContract: Hex } {
  const deployed = state === null ? null : readDeployed(state);
  if (deployed) {
    const { chainId, contracts } = deployed;
    return { chainId, verifyingContract: contracts.Payouts.toLowerCase() as Hex };
  }
  const config = parseWorkerConfig(readFileSync(resolve(import.meta.dirname, '../../wrangler.toml'), 'utf8'));
  if (!config.ok) throw new Error(config.error);
  const { CHAIN_ID, VERIFYING_CONTRACT } = { ...config.value.vars, ...process.env };
  return { chainId: Number(CHAIN_ID), verifyingContract: VERIFYING_CONTRACT as Hex };
}

function format(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** Whoever reads it meanwhile sees the old file or the new one. */
function replace(path: string, text: string): void {
  writeFileSync(`${path}.new`, text, { mode: PRIVATE });
  renameSync(`${path}.new`, path);
}
