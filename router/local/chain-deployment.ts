// `npm run chain:deploy`: Irori's contracts on a test chain, for a router that is deployed (router/README.md, "A chain"). Once: a folder that has them is told again.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import * as z from 'zod';
import type { Hex } from '../../schema/bytes.ts';
import { EPOCH_SECONDS } from '../../schema/epoch.ts';
import { openLocalChain } from './local-chain.ts';
import type { LocalChain } from './local-chain.ts';

const HELP = `Deploys Irori's contracts on a test chain and says what to set: test tokens, no value.

  ROUTER_SIGNING_KEY=0x… npm run chain:deploy -- --rpc URL --out FOLDER [--epoch-seconds 86400]
      URL: JSON-RPC of a test network. FOLDER keeps keys and addresses; the first run says which address needs test coins for gas.
      ROUTER_SIGNING_KEY: the router's, whose acceptances count there. --epoch-seconds: the router's EPOCH_SECONDS; it cannot be changed later.
`;

const flagsSchema = z.object({
  rpc: z.url({ protocol: /^https?$/, error: '--rpc takes http://… or https://…' }),
  out: z.string({ error: '--out takes a folder' }).min(1),
  'epoch-seconds': z.coerce.number({ error: '--epoch-seconds takes a number' }).int().min(60).max(604_800),
  key: z
    .string({ error: 'ROUTER_SIGNING_KEY is not set' })
    .regex(/^0x[0-9a-f]{64}$/, 'ROUTER_SIGNING_KEY must be 32 bytes in lower-case hex'),
});

process.exitCode = await run(process.argv.slice(2));

/** Exit status 0, or 2 with a sentence that says what to do. */
async function run(args: string[]): Promise<number> {
  try {
    const { values } = parseArgs({
      args,
      options: {
        rpc: { type: 'string' },
        out: { type: 'string' },
        'epoch-seconds': { type: 'string', default: String(EPOCH_SECONDS) },
        help: { type: 'boolean' },
      },
    });
    if (values.help) {
      process.stdout.write(HELP);
      return 0;
    }
    const flags = flagsSchema.parse({ ...values, key: process.env['ROUTER_SIGNING_KEY'] });
    const chain = await openLocalChain({
      stateDir: flags.out,
      url: flags.rpc,
      routerKey: flags.key as Hex,
      epochSeconds: flags['epoch-seconds'],
    });
    process.stdout.write(tell(chain, flags.out, flags['epoch-seconds']));
    return 0;
  } catch (error) {
    const first = error instanceof z.ZodError ? error.issues[0]?.message : null;
    process.stderr.write(`${first ?? (error instanceof Error ? error.message : String(error))}\n`);
    return 2;
  }
}

/** What is public goes into wrangler.toml; the rest, and the URL, which may have a key in it, into a file that only its owner may read. */
function tell({ bindings, kind }: LocalChain, folder: string, epochSeconds: number): string {
  const path = join(folder, 'chain-secrets.json');
  const { CHAIN_ID, VERIFYING_CONTRACT, CHAIN_GOVERNOR, ...secrets } = bindings;
  writeFileSync(path, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
  const vars = { CHAIN_ID, VERIFYING_CONTRACT, CHAIN_GOVERNOR, EPOCH_SECONDS: String(epochSeconds) };
  const lines = Object.entries(vars).map(([name, value]) => `${name} = "${value}"`);
  return `On ${kind.name}: test tokens, no value. Under [vars] in wrangler.toml:

${lines.join('\n')}

Then: npx wrangler secret bulk ${path}, and remove that file. ${join(folder, 'chain-keys.json')} has all keys: keep it where no server is;
deployer and guardian belong to different people, and holder has what the token starts with.
`;
}
